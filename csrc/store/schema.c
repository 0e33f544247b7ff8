/* schema.c: see schema.h.
 *
 * A format, once released, never changes: the next one is a new entry of `formats`, the statements
 * that make it from the one before.  spec/fixtures/journals has a journal of each. */
#include "store/schema.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/system.h"
#include "save/digest.h"

/* "vbol", in the file's header, where `file` finds it. */
#define APPLICATION_ID 0x76626f6c

/* Times are milliseconds since 1970, UTC; `mono_*` are of the machine's monotonic clock, which
 * means something within one boot (execution.boot).  Children go with their run. */
static const char *const format_1[] = {
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    /* AUTOINCREMENT: the number is also the place of the run's lock, and is not used again. */
    "CREATE TABLE run("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE NOT NULL, kind TEXT NOT NULL,"
    " script TEXT, script_sha256 TEXT, folder TEXT, arguments TEXT, hidden TEXT, settings TEXT,"
    " options TEXT, reason TEXT, operator TEXT, host TEXT, version TEXT, started INTEGER,"
    " ended INTEGER, state TEXT NOT NULL"
    "  CHECK(state IN ('running', 'ended', 'failed', 'stopped', 'moved')),"
    " status INTEGER, error TEXT, execution INTEGER NOT NULL,"
    " rehearsal INTEGER NOT NULL DEFAULT 0, moved_to TEXT, moved_from TEXT, retry_of TEXT)",
    "CREATE INDEX run_open ON run(id) WHERE state <> 'ended'",
    "CREATE TABLE execution("
    " run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, number INTEGER NOT NULL,"
    " started INTEGER, ended INTEGER, pid INTEGER, boot TEXT, host TEXT, operator TEXT, state TEXT,"
    " status INTEGER, PRIMARY KEY(run, number)) WITHOUT ROWID",
    "CREATE TABLE module("
    " run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, name TEXT NOT NULL, path TEXT,"
    " sha256 TEXT, PRIMARY KEY(run, name)) WITHOUT ROWID",
    "CREATE TABLE step("
    " id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    " key TEXT NOT NULL, occurrence INTEGER NOT NULL, algorithm INTEGER, kind TEXT, effect TEXT,"
    " call TEXT, operation TEXT, api TEXT, server TEXT, title TEXT, parts TEXT, backup TEXT,"
    " state TEXT NOT NULL"
    "  CHECK(state IN ('intent', 'accepted', 'sealed', 'done', 'partial', 'refused', 'failed',"
    "   'unknown', 'local', 'skipped')),"
    " attempt INTEGER NOT NULL DEFAULT 1, execution INTEGER, session TEXT, baseline TEXT,"
    " accepted TEXT, status INTEGER, statistics TEXT, answer TEXT, error TEXT, items INTEGER,"
    " asked INTEGER, ended INTEGER, mono_asked INTEGER, mono_ended INTEGER, date TEXT,"
    " bytes INTEGER, path TEXT, size INTEGER, sha256 TEXT, inode INTEGER, device INTEGER,"
    " modified INTEGER, raised INTEGER, UNIQUE(run, key, occurrence))",
    /* Counts by state read this alone, not the rows. */
    "CREATE INDEX step_state ON step(run, state, kind)",
    "CREATE INDEX step_session ON step(session) WHERE session IS NOT NULL",
    "CREATE INDEX step_accepted ON step(accepted) WHERE accepted IS NOT NULL",
    /* An outcome is overwritten only where the step is tried again. */
    "CREATE TRIGGER step_keeps_outcome BEFORE UPDATE OF state ON step"
    " WHEN NEW.state IN ('intent', 'accepted', 'sealed')"
    "  AND OLD.state NOT IN ('intent', 'accepted', 'sealed') AND NEW.attempt <= OLD.attempt"
    " BEGIN SELECT RAISE(ABORT, 'a step with an outcome needs a new attempt'); END",
    "CREATE TABLE item("
    " step INTEGER NOT NULL REFERENCES step ON DELETE CASCADE, number INTEGER NOT NULL, id TEXT,"
    " title TEXT, target TEXT, status TEXT, error TEXT, PRIMARY KEY(step, number)) WITHOUT ROWID",
    "CREATE TABLE target("
    " step INTEGER NOT NULL REFERENCES step ON DELETE CASCADE, server TEXT, verb TEXT,"
    " destination TEXT, path TEXT)",
    "CREATE INDEX target_path ON target(server, verb, destination, path)",
    "CREATE INDEX target_step ON target(step)",
    "CREATE TABLE session("
    " run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, id TEXT, server TEXT, account TEXT,"
    " host TEXT, workload TEXT, asked INTEGER, opened INTEGER, date TEXT, stopped INTEGER,"
    " state TEXT CHECK(state IN ('asked', 'open', 'stopped', 'left', 'lost')))",
    "CREATE INDEX session_run ON session(run)", "CREATE INDEX session_id ON session(id)",
    "CREATE TABLE point("
    " run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, server TEXT, owner TEXT, options TEXT,"
    " sent INTEGER, point INTEGER, source TEXT, execution INTEGER)",
    "CREATE INDEX point_owner ON point(run, server, owner)", NULL};

/* The statements that make format N of format N - 1. */
static const char *const *const formats[VBO_JOURNAL_FORMAT + 1] = {NULL, format_1};

/* ------------------------------------------------------------------ identity */

static bool set_meta(vbo_journal *journal, const char *name, const char *value, vbo_error *err) {
  sqlite3_stmt *insert = NULL;
  int code = sqlite3_prepare_v2(journal->db, "INSERT INTO meta VALUES(?, ?)", -1, &insert, NULL);
  if (code == SQLITE_OK) {
    sqlite3_bind_text(insert, 1, name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(insert, 2, value, -1, SQLITE_TRANSIENT);
    code = sqlite3_step(insert);
  }
  sqlite3_finalize(insert);
  return code == SQLITE_DONE || vbo_journal_failed(journal, code, "write", false, err);
}

static void to_hex(const unsigned char *bytes, size_t size, char *hex) {
  for (size_t i = 0; i < size; i++)
    (void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

/* A random UUID (RFC 4122 section 4.4). */
static void uuid_of(const unsigned char bytes[16], char uuid[VBO_JOURNAL_ID]) {
  unsigned char b[16];
  char hex[33];
  memcpy(b, bytes, sizeof b);
  b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
  b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
  to_hex(b, sizeof b, hex);
  (void)snprintf(uuid, VBO_JOURNAL_ID, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
                 hex + 16, hex + 20);
}

/* The key never leaves the file: secrets enter keys of steps as HMACs under it. */
static bool name_journal(vbo_journal *journal, vbo_error *err) {
  unsigned char random[48];
  char key[65];
  char uuid[VBO_JOURNAL_ID];
  char created[24];
  if (!vbo_random_bytes(random, sizeof random, err)) return false;
  to_hex(random, 32, key);
  uuid_of(random + 32, uuid);
  (void)snprintf(created, sizeof created, "%lld", (long long)vbo_wall_seconds() * 1000);
  return set_meta(journal, "id", uuid, err) && set_meta(journal, "key", key, err) &&
         set_meta(journal, "created", created, err) &&
         set_meta(journal, "version", vbo_version(), err);
}

static bool from_hex(const char *hex, unsigned char *bytes, size_t size) {
  if (hex == NULL || strlen(hex) != 2 * size) return false;
  for (size_t i = 0; i < size; i++) {
    unsigned value = 0;
    if (strspn(hex + 2 * i, "0123456789abcdef") < 2 || sscanf(hex + 2 * i, "%2x", &value) != 1)
      return false;
    bytes[i] = (unsigned char)value;
  }
  return true;
}

static bool damaged(const vbo_journal *journal, const char *what, vbo_error *err) {
  vbo_error_set(err, VBO_ERROR_JOURNAL, "the journal %s is damaged: %s",
                journal->place.path != NULL ? journal->place.path : "in memory", what);
  vbo_error_hint(err,
                 "keep the file, recover it with sqlite3's .recover, or name another with "
                 "--journal");
  return false;
}

static bool read_identity(vbo_journal *journal, vbo_error *err) {
  sqlite3_stmt *read = NULL;
  bool found = false;
  int code = sqlite3_prepare_v2(journal->db,
                                "SELECT (SELECT value FROM meta WHERE name = 'id'),"
                                " (SELECT value FROM meta WHERE name = 'key')",
                                -1, &read, NULL);
  if (code == SQLITE_OK) code = sqlite3_step(read);
  if (code == SQLITE_ROW) {
    const char *id = (const char *)sqlite3_column_text(read, 0);
    const char *key = (const char *)sqlite3_column_text(read, 1);
    found = id != NULL && strlen(id) == VBO_JOURNAL_ID - 1 &&
            from_hex(key, journal->key, sizeof journal->key);
    if (found) memcpy(journal->id, id, VBO_JOURNAL_ID);
  }
  sqlite3_finalize(read);
  if (code != SQLITE_ROW) return vbo_journal_failed(journal, code, "read", false, err);
  return found || damaged(journal, "it has no id or key", err);
}

/* ------------------------------------------------------------------- formats */

/* Returns the format, 0 for a file without tables. */
static bool find_format(vbo_journal *journal, int64_t *format, vbo_error *err) {
  int64_t application = 0;
  int64_t tables = 0;
  if (!vbo_journal_integer(journal, "PRAGMA application_id", &application, err) ||
      !vbo_journal_integer(journal, "PRAGMA user_version", format, err) ||
      !vbo_journal_integer(journal, "SELECT count(*) FROM sqlite_schema", &tables, err))
    return false;
  if (application == 0 && *format == 0 && tables == 0) return true;
  const char *path = journal->place.path;
  if (application != APPLICATION_ID) {
    vbo_error_set(err, VBO_ERROR_JOURNAL, "%s is a database, but not a journal of vbolua", path);
    vbo_error_hint(err, "name another file with --journal");
    return false;
  }
  if (*format < 1 || tables == 0) return damaged(journal, "it has no format", err);
  if (*format <= VBO_JOURNAL_FORMAT) return true;
  vbo_error_set(err, VBO_ERROR_JOURNAL,
                "the journal %s is of a newer version of vbolua: format %lld, this version knows "
                "up to %d",
                path, (long long)*format, VBO_JOURNAL_FORMAT);
  vbo_error_hint(err, "run the version that wrote it, or name another file with --journal");
  return false;
}

static bool migrate(vbo_journal *journal, int64_t from, vbo_error *err) {
  char version[48];
  for (int64_t next = from + 1; next <= VBO_JOURNAL_FORMAT; next++)
    for (size_t i = 0; formats[next][i] != NULL; i++)
      if (!vbo_journal_run(journal, formats[next][i], err)) return false;
  (void)snprintf(version, sizeof version, "PRAGMA user_version=%d", VBO_JOURNAL_FORMAT);
  if (!vbo_journal_run(journal, version, err)) return false;
  if (from > 0) return true;
  (void)snprintf(version, sizeof version, "PRAGMA application_id=%d", APPLICATION_ID);
  return vbo_journal_run(journal, version, err) && name_journal(journal, err);
}

/* Asks for the format again within the transaction: of two processes that find a new file, one
 * makes the tables, and the other waits and finds them. */
static bool upgrade(vbo_journal *journal, vbo_error *err) {
  int64_t format = 0;
  if (!vbo_journal_run(journal, "BEGIN IMMEDIATE", err)) return false;
  if (find_format(journal, &format, err) &&
      (format == VBO_JOURNAL_FORMAT || migrate(journal, format, err)) &&
      vbo_journal_run(journal, "COMMIT", err))
    return true;
  if (!sqlite3_get_autocommit(journal->db)) (void)vbo_journal_run(journal, "ROLLBACK", NULL);
  return false;
}

/* Reads every page: a damaged one is found before a run relies on it. */
static bool check_pages(vbo_journal *journal, vbo_error *err) {
  sqlite3_stmt *check = NULL;
  char found[200] = "";
  int code = sqlite3_prepare_v2(journal->db, "PRAGMA quick_check(1)", -1, &check, NULL);
  if (code == SQLITE_OK) code = sqlite3_step(check);
  if (code == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(check, 0);
    (void)snprintf(found, sizeof found, "%s", text != NULL ? text : "");
  }
  sqlite3_finalize(check);
  if (code != SQLITE_ROW) return vbo_journal_failed(journal, code, "check", false, err);
  return strcmp(found, "ok") == 0 || damaged(journal, found, err);
}

/* In one transaction: another process may be making the tables of a new file. */
static bool find_format_alone(vbo_journal *journal, int64_t *format, vbo_error *err) {
  if (!vbo_journal_run(journal, "BEGIN", err)) return false;
  bool found = find_format(journal, format, err);
  if (!sqlite3_get_autocommit(journal->db)) (void)vbo_journal_run(journal, "ROLLBACK", NULL);
  return found;
}

bool vbo_schema_known(vbo_journal *journal, vbo_error *err) {
  int64_t format = 0;
  return find_format_alone(journal, &format, err);
}

bool vbo_schema_prepare(vbo_journal *journal, vbo_error *err) {
  int64_t format = 0;
  if (!find_format_alone(journal, &format, err)) return false;
  if (journal->read_only && format == 0)
    return vbo_error_set(err, VBO_ERROR_NOT_FOUND, "there is no journal %s", journal->place.path);
  if (journal->read_only && format < VBO_JOURNAL_FORMAT) {
    vbo_error_set(err, VBO_ERROR_JOURNAL, "the journal %s is of the older format %lld",
                  journal->place.path, (long long)format);
    vbo_error_hint(err, "open it once for writing, which brings it to the present format");
    return false;
  }
  if (format > 0 && !check_pages(journal, err)) return false;
  return (format == VBO_JOURNAL_FORMAT || upgrade(journal, err)) && read_identity(journal, err);
}
