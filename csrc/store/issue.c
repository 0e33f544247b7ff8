/* issue.c: see issue.h. */
#include "store/issue.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "store/permit.h"

static size_t place_of(const vbo_issued *issued, size_t room, int64_t step) {
  /* Fibonacci hashing spreads ids that follow each other. */
  size_t at = (size_t)((uint64_t)step * 11400714819323198485u >> 20) & (room - 1);
  while (issued[at].step != 0 && issued[at].step != step)
    at = (at + 1) & (room - 1);
  return at;
}

static bool make_room(vbo_journal *journal, vbo_error *err) {
  if (journal->issued_count * 2 < journal->issued_room) return true;
  size_t room = journal->issued_room > 0 ? journal->issued_room * 2 : 64;
  vbo_issued *more = calloc(room, sizeof *more);
  if (more == NULL) return vbo_error_memory(err);
  for (size_t i = 0; i < journal->issued_room; i++)
    if (journal->issued[i].step != 0)
      more[place_of(more, room, journal->issued[i].step)] = journal->issued[i];
  free(journal->issued);
  journal->issued = more;
  journal->issued_room = room;
  return true;
}

/* Reads what the row says: the state "intent", of this execution. */
static bool look_at_step(vbo_journal *journal, int64_t step, int64_t *run, int64_t *attempt,
                         vbo_error *err) {
  sqlite3_stmt *read = NULL;
  *attempt = 0;
  int code = sqlite3_prepare_v2(journal->db,
                                "SELECT step.run, step.attempt FROM step JOIN run ON"
                                " run.id = step.run WHERE step.id = ? AND step.state = 'intent'"
                                " AND step.execution = run.execution",
                                -1, &read, NULL);
  if (code == SQLITE_OK) code = sqlite3_bind_int64(read, 1, step);
  if (code == SQLITE_OK) code = sqlite3_step(read);
  if (code == SQLITE_ROW) {
    *run = sqlite3_column_int64(read, 0);
    *attempt = sqlite3_column_int64(read, 1);
  }
  sqlite3_finalize(read);
  return code == SQLITE_ROW || code == SQLITE_DONE ||
         vbo_journal_failed(journal, code, "read", true, err);
}

static bool may_send(vbo_journal *journal, int64_t step, int64_t *attempt, vbo_error *err) {
  int64_t run = 0;
  if (!vbo_journal_unlatched(journal, err) || !vbo_journal_in_place(journal, err)) return false;
  if (vbo_journal_busy(journal))
    return vbo_error_set(err, VBO_ERROR_JOURNAL, "the intent is not committed");
  if (!look_at_step(journal, step, &run, attempt, err)) return false;
  if (*attempt == 0)
    return vbo_error_set(err, VBO_ERROR_JOURNAL, "step %lld has no intent of this execution",
                         (long long)step);
  if (!vbo_journal_holds(journal, run))
    return vbo_error_set(err, VBO_ERROR_JOURNAL, "this program does not hold the lock of the run");
  return true;
}

vbo_permit *vbo_journal_permit(vbo_journal *journal, int64_t step, const char *method,
                               const char *path, const void *body, size_t size, vbo_error *err) {
  int64_t attempt = 0;
  if (!may_send(journal, step, &attempt, err) || !make_room(journal, err)) return NULL;
  vbo_issued *entry = &journal->issued[place_of(journal->issued, journal->issued_room, step)];
  if (entry->step == step && entry->attempt >= attempt) {
    vbo_error_set(err, VBO_ERROR_JOURNAL, "step %lld has had its permit", (long long)step);
    return NULL;
  }
  vbo_permit *permit = vbo_permit_new(step, attempt, method, path, body, size, err);
  if (permit == NULL) return NULL;
  if (entry->step == 0) journal->issued_count++;
  *entry = (vbo_issued){.step = step, .attempt = attempt};
  return permit;
}
