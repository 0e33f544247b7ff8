/* issue.c: see issue.h. */
#include "store/issue.h"

#include <stdlib.h>

#include "store/permit.h"
#include "store/statement.h"

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

/* Reads the row; `*attempt` stays 0 unless it has the state "intent", of this execution. */
static bool look_at_step(vbo_journal *journal, int64_t step, int64_t *run, int64_t *attempt,
                         vbo_error *err) {
  static const char sql[] =
      "SELECT step.run, step.attempt FROM step JOIN run ON run.id = step.run WHERE step.id = ? AND"
      " step.state = 'intent' AND step.execution = run.execution";
  vbo_statement read;
  vbo_value value = {.kind = VBO_INTEGER, .integer = step};
  *attempt = 0;
  if (!vbo_statement_open(&read, journal, sql, sizeof sql - 1, false, err)) return false;
  int found = vbo_statement_bind(&read, 1, &value, err) ? vbo_statement_next(&read, err) : -1;
  if (found > 0) {
    vbo_statement_value(&read, 0, &value);
    *run = value.integer;
    vbo_statement_value(&read, 1, &value);
    *attempt = value.integer;
  }
  vbo_statement_close(&read);
  return found >= 0;
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
  vbo_permit_tie(permit, journal);
  if (entry->step == 0) journal->issued_count++;
  *entry = (vbo_issued){.step = step, .attempt = attempt};
  return permit;
}
