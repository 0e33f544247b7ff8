/* open.c: see open.h. */
#include "store/open.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system.h"
#include "store/schema.h"

enum { BUSY_TIMEOUT = 10000 }; /* milliseconds */

/* Lets callers read and change rows, and nothing else: a PRAGMA could turn `synchronous` off, a
 * COMMIT slip past the count, an ATTACH write another file. */
static int authorize(void *owner, int action, const char *first, const char *second,
                     const char *database, const char *inside) {
  const vbo_journal *journal = owner;
  (void)first, (void)second, (void)database, (void)inside;
  if (journal->own) return SQLITE_OK;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
      return SQLITE_OK;
    default:
      return SQLITE_DENY;
  }
}

/* The file may be another user's and hold triggers and views: they call no function with effects. */
static void distrust(sqlite3 *db) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, BUSY_TIMEOUT);
}

/* Returns the path as a URI (RFC 3986 section 2.1) for a file that no program changes. */
static char *immutable_uri(const char *path) {
  static const char kept[] = "/-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const char *tail = "?immutable=1";
  size_t size = strlen("file:") + 3 * strlen(path) + strlen(tail) + 1;
  char *uri = malloc(size);
  if (uri == NULL) return NULL;
  char *to = uri + snprintf(uri, size, "file:");
  for (const char *from = path; *from != '\0'; from++)
    if (strchr(kept, *from) != NULL)
      *to++ = *from;
    else
      to += snprintf(to, 4, "%%%02X", (unsigned char)*from);
  (void)snprintf(to, strlen(tail) + 1, "%s", tail);
  return uri;
}

/* No SQLITE_OPEN_CREATE: the file was made with its mode, or is gone. */
static int connect_file(vbo_journal *journal, bool immutable) {
  const char *path = journal->place.path;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW |
              (journal->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
  if (!immutable) return sqlite3_open_v2(path, &journal->db, flags, NULL);
  char *uri = immutable_uri(path);
  int code = uri != NULL ? sqlite3_open_v2(uri, &journal->db, flags | SQLITE_OPEN_URI, NULL)
                         : SQLITE_NOMEM;
  free(uri);
  return code;
}

static bool connect(vbo_journal *journal, bool immutable, vbo_error *err) {
  int code = journal->place.path != NULL
                 ? connect_file(journal, immutable)
                 : sqlite3_open_v2(":memory:", &journal->db,
                                   SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                   NULL);
  if (code != SQLITE_OK) return vbo_journal_failed(journal, code, "open", false, err);
  distrust(journal->db);
  /* SQLite falls back to reading where it may not write. */
  if (!journal->read_only && sqlite3_db_readonly(journal->db, "main") == 1)
    return vbo_journal_failed(journal, SQLITE_READONLY, "write", false, err);
  return true;
}

/* Two processes that open a new file at once: the change of mode finds it busy and does not wait. */
static bool log_ahead(vbo_journal *journal, vbo_error *err) {
  sqlite3_stmt *statement = NULL;
  int code = SQLITE_BUSY;
  for (int waited = 0; code == SQLITE_BUSY && waited < BUSY_TIMEOUT; waited += 10) {
    if (waited > 0) sqlite3_sleep(10);
    code = sqlite3_prepare_v2(journal->db, "PRAGMA journal_mode=WAL", -1, &statement, NULL);
    if (code == SQLITE_OK) code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    code = code == SQLITE_ROW ? SQLITE_OK : code & 0xff;
  }
  return code == SQLITE_OK || vbo_journal_failed(journal, code, "write", false, err);
}

static bool prepare(vbo_journal *journal, vbo_error *err) {
  bool writes = !journal->read_only && journal->place.path != NULL;
  /* The check of an existing file comes first: one that is not ours stays as it is. */
  return (!writes || vbo_schema_known(journal, err)) && (!writes || log_ahead(journal, err)) &&
         vbo_journal_run(journal, "PRAGMA synchronous=FULL", err) &&
         /* macOS: fsync alone leaves the bytes in the drive's cache. */
         vbo_journal_run(journal, "PRAGMA fullfsync=1", err) &&
         vbo_journal_run(journal, "PRAGMA foreign_keys=1", err) &&
         /* Sorted rows hold what the journal holds, and go into no file elsewhere. */
         vbo_journal_run(journal, "PRAGMA temp_store=MEMORY", err) &&
         vbo_schema_prepare(journal, err);
}

/* Reading in WAL mode writes PATH-shm.  Where that cannot be, as on a read-only disk, a file whose log
 * is empty is whole by itself. */
static bool open_immutable(vbo_journal *journal, vbo_error *err) {
  int code = sqlite3_errcode(journal->db) & 0xff;
  if (!journal->read_only || vbo_place_has_log(&journal->place) ||
      (code != SQLITE_CANTOPEN && code != SQLITE_READONLY))
    return false;
  sqlite3_close(journal->db);
  journal->db = NULL;
  return connect(journal, true, err) && prepare(journal, err);
}

bool vbo_journal_start(vbo_journal *journal, const char *path, bool read_only, vbo_error *err) {
  if (journal->db != NULL)
    return vbo_error_set(err, VBO_ERROR_USAGE, "the journal is open already");
  journal->read_only = read_only && path != NULL;
  journal->process = vbo_process_id();
  if ((path == NULL || vbo_place_find(&journal->place, path, journal->read_only, err)) &&
      ((connect(journal, false, err) && prepare(journal, err)) || open_immutable(journal, err))) {
    sqlite3_set_authorizer(journal->db, authorize, journal);
    if (!journal->read_only) vbo_place_settle(&journal->place);
    return true;
  }
  vbo_journal_stop(journal);
  return false;
}
