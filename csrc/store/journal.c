/* journal.c: see journal.h.
 *
 * SQLite's errors become vbo_errors here, in one place, and those that stay set the latch: a change
 * whose intent could not be written never goes out, and after an outcome that could not be written
 * none follows it. */
#include "store/journal.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system.h"
#include "save/digest.h"

static const char *name_of(const vbo_journal *journal) {
  return journal->place.path != NULL ? journal->place.path : "in memory";
}

/* --------------------------------------------------------------------- errors */

void vbo_journal_latch(vbo_journal *journal, const vbo_error *why) {
  if (journal->latched) return;
  journal->latched = true;
  journal->latch = *why;
}

bool vbo_journal_unlatched(const vbo_journal *journal, vbo_error *err) {
  if (!journal->latched) return true;
  vbo_error_copy(err, &journal->latch);
  return false;
}

/* Says a code of SQLite in our words: what to do, and whether it stays. */
typedef struct meaning {
  int code;
  const char *words;
  const char *hint;
  bool stays;
} meaning;

static const meaning meanings[] = {
    {SQLITE_BUSY, "another program has been writing it for 10 s",
     "try again when the other program has finished", false},
    {SQLITE_LOCKED, "another part of this program is writing it", "", false},
    {SQLITE_FULL, "no space left on the disk", "make room on the disk of the journal", true},
    {SQLITE_READONLY, "it is read-only",
     "make the file and its folder writable, or name another with --journal", true},
    {SQLITE_PERM, "access is denied",
     "make the file and its folder writable, or name another with --journal", true},
    {SQLITE_CANTOPEN, "it cannot be opened",
     "make the file and its folder writable, or name another with --journal", true},
    {SQLITE_CORRUPT, "it is damaged",
     "keep the file, recover it with sqlite3's .recover, or name another with --journal", true},
    {SQLITE_NOTADB, "it is not a database", "name another file with --journal", true},
    {SQLITE_NOMEM, "out of memory", "", true},
    {SQLITE_IOERR, "the disk failed", "look at the disk of the journal", true},
};

static const meaning *meaning_of(int code) {
  for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
    if (meanings[i].code == (code & 0xff)) return &meanings[i];
  return NULL;
}

bool vbo_journal_failed(vbo_journal *journal, int code, const char *doing, bool latches,
                        vbo_error *err) {
  vbo_error failure;
  const meaning *found = meaning_of(code);
  int os_error = journal->db != NULL ? sqlite3_system_errno(journal->db) : 0;
  bool by_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
  if (by_system && os_error != 0)
    (void)vbo_error_os(&failure, VBO_ERROR_JOURNAL, os_error, "cannot %s the journal %s", doing,
                       name_of(journal));
  else
    (void)vbo_error_set(&failure, VBO_ERROR_JOURNAL, "cannot %s the journal %s: %s", doing,
                        name_of(journal),
                        found != NULL         ? found->words
                        : journal->db != NULL ? sqlite3_errmsg(journal->db)
                                              : sqlite3_errstr(code));
  if (found != NULL && *found->hint != '\0') vbo_error_hint(&failure, "%s", found->hint);
  if ((code & 0xff) == SQLITE_FULL) (void)snprintf(failure.code, sizeof failure.code, "ENOSPC");
  failure.retryable = (code & 0xff) == SQLITE_BUSY;
  if (latches && found != NULL && found->stays) vbo_journal_latch(journal, &failure);
  vbo_error_copy(err, &failure);
  return false;
}

bool vbo_journal_is_open(const vbo_journal *journal, vbo_error *err) {
  if (journal->db == NULL) return vbo_error_set(err, VBO_ERROR_CLOSED, "the journal is closed");
  return journal->process == vbo_process_id() ||
         vbo_error_set(err, VBO_ERROR_CLOSED, "the journal belongs to the process before the fork");
}

/* ----------------------------------------------------------------- statements */

bool vbo_journal_run(vbo_journal *journal, const char *sql, vbo_error *err) {
  journal->own = true;
  int code = sqlite3_exec(journal->db, sql, NULL, NULL, NULL);
  journal->own = false;
  return code == SQLITE_OK || vbo_journal_failed(journal, code, "write", false, err);
}

bool vbo_journal_integer(vbo_journal *journal, const char *sql, int64_t *value, vbo_error *err) {
  sqlite3_stmt *statement = NULL;
  journal->own = true;
  int code = sqlite3_prepare_v2(journal->db, sql, -1, &statement, NULL);
  journal->own = false;
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  if (code == SQLITE_ROW) *value = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return code == SQLITE_ROW || vbo_journal_failed(journal, code, "read", false, err);
}

/* ---------------------------------------------------------------------- owners */

vbo_journal *vbo_journal_new(vbo_error *err) {
  vbo_journal *journal = calloc(1, sizeof *journal);
  if (journal == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  journal->owners = 1;
  journal->place = (vbo_place){.directory = -1, .runs = -1};
  return journal;
}

/* A fork gives up what it inherited without touching the file: closing it there could check the log
 * into the file under the process that goes on. */
static void forget(vbo_journal *journal) {
  memset(journal->kept, 0, sizeof journal->kept);
  journal->db = NULL;
}

void vbo_journal_stop(vbo_journal *journal) {
  if (journal->db != NULL && journal->process != vbo_process_id()) forget(journal);
  for (size_t i = 0; i < VBO_JOURNAL_STATEMENTS; i++) {
    sqlite3_finalize(journal->kept[i].statement);
    journal->kept[i] = (vbo_kept){0};
  }
  sqlite3 *db = journal->db;
  journal->db = NULL;
  if (db != NULL) {
    sqlite3_set_authorizer(db, NULL, NULL);
    /* Rows that are still being read keep it open; an open transaction is not theirs. */
    if (!sqlite3_get_autocommit(db)) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close_v2(db);
  }
  vbo_place_leave(&journal->place);
  free(journal->issued);
  free(journal->locked);
  journal->issued = NULL;
  journal->locked = NULL;
  journal->issued_room = journal->issued_count = journal->locked_count = 0;
}

vbo_journal *vbo_journal_share(vbo_journal *journal) {
  if (journal != NULL) journal->owners++;
  return journal;
}

void vbo_journal_release(vbo_journal *journal) {
  if (journal == NULL || --journal->owners > 0) return;
  vbo_journal_stop(journal);
  free(journal);
}

bool vbo_journal_holds(const vbo_journal *journal, int64_t run) {
  for (size_t i = 0; i < journal->locked_count; i++)
    if (journal->locked[i] == run) return true;
  return false;
}

/* --------------------------------------------------------------- transactions */

/* A file that was removed or replaced under us takes writes that are lost. */
bool vbo_journal_in_place(vbo_journal *journal, vbo_error *err) {
  int moved = 0;
  if (!vbo_journal_is_open(journal, err)) return false;
  if (journal->place.path == NULL) return true;
  sqlite3_file_control(journal->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (!moved && vbo_place_keeps(&journal->place)) return true;
  vbo_error failure;
  vbo_error_set(&failure, VBO_ERROR_JOURNAL, "the journal %s was removed or replaced while in use",
                name_of(journal));
  vbo_error_hint(&failure, "keep journals where no clean-up removes them, and start again");
  vbo_journal_latch(journal, &failure);
  vbo_error_copy(err, &failure);
  return false;
}

static bool transact(vbo_journal *journal, const char *sql, vbo_error *err) {
  journal->own = true;
  int code = sqlite3_exec(journal->db, sql, NULL, NULL, NULL);
  journal->own = false;
  return code == SQLITE_OK || vbo_journal_failed(journal, code, "write", true, err);
}

bool vbo_journal_begin(vbo_journal *journal, vbo_error *err) {
  return vbo_journal_in_place(journal, err) && transact(journal, "BEGIN IMMEDIATE", err);
}

/* A commit that failed for good leaves nothing half done: what it wrote is taken back. */
bool vbo_journal_commit(vbo_journal *journal, vbo_error *err) {
  if (!vbo_journal_is_open(journal, err)) return false;
  if (!transact(journal, "COMMIT", err)) {
    if (vbo_journal_busy(journal)) (void)transact(journal, "ROLLBACK", NULL);
    return false;
  }
  journal->commits++;
  return vbo_journal_in_place(journal, err);
}

bool vbo_journal_rollback(vbo_journal *journal, vbo_error *err) {
  if (!vbo_journal_is_open(journal, err)) return false;
  return !vbo_journal_busy(journal) || transact(journal, "ROLLBACK", err);
}

bool vbo_journal_busy(const vbo_journal *journal) {
  return journal->db != NULL && sqlite3_get_autocommit(journal->db) == 0;
}

/* ----------------------------------------------------------------------- keys */

bool vbo_journal_hmac(const vbo_journal *journal, const void *bytes, size_t size, char hex[65],
                      vbo_error *err) {
  unsigned char out[VBO_DIGEST_BYTES];
  if (!vbo_journal_is_open(journal, err)) return false;
  if (!vbo_digest_hmac(journal->key, sizeof journal->key, bytes, size, out, err)) return false;
  for (size_t i = 0; i < sizeof out; i++)
    (void)snprintf(hex + 2 * i, 3, "%02x", out[i]);
  return true;
}
