/* lock.c: see lock.h. */
#include "store/lock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/system.h"

static bool failed(const vbo_journal *journal, int why, vbo_error *err) {
  vbo_error_os(err, VBO_ERROR_JOURNAL, why, "cannot lock a run in %s-runs", journal->place.path);
  return false;
}

static bool note(vbo_journal *journal, int64_t run, vbo_error *err) {
  int64_t *more = realloc(journal->locked, (journal->locked_count + 1) * sizeof *more);
  if (more == NULL) return vbo_error_memory(err);
  journal->locked = more;
  journal->locked[journal->locked_count++] = run;
  return true;
}

/* A journal in memory has no other process. */
bool vbo_journal_lock(vbo_journal *journal, int64_t run, bool *taken, vbo_error *err) {
  *taken = false;
  if (!vbo_journal_is_open(journal, err)) return false;
  if (run < 1) return vbo_error_set(err, VBO_ERROR_USAGE, "a run's number must be 1 or more");
  if (vbo_journal_holds(journal, run)) {
    *taken = true;
    return true;
  }
  if (journal->place.path != NULL) {
    if (journal->place.runs < 0) return failed(journal, EROFS, err);
    int failure = vbo_system_lock_byte(journal->place.runs, run);
    if (failure == EAGAIN || failure == EACCES) return true;
    if (failure != 0) return failed(journal, failure, err);
  }
  *taken = true;
  return note(journal, run, err);
}

void vbo_journal_unlock(vbo_journal *journal, int64_t run) {
  for (size_t i = 0; i < journal->locked_count; i++) {
    if (journal->locked[i] != run) continue;
    journal->locked[i] = journal->locked[--journal->locked_count];
    if (journal->place.runs >= 0) (void)vbo_system_unlock_byte(journal->place.runs, run);
    return;
  }
}

/* Without the file no run was ever locked. */
bool vbo_journal_live(vbo_journal *journal, int64_t run, bool *live, vbo_error *err) {
  *live = false;
  if (!vbo_journal_is_open(journal, err)) return false;
  *live = vbo_journal_holds(journal, run);
  if (*live || journal->place.runs < 0 || run < 1) return true;
  int failure = vbo_system_byte_locked(journal->place.runs, run, live);
  return failure == 0 || failed(journal, failure, err);
}
