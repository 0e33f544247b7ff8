/* lock.h: which runs are alive.  A run holds a lock on one byte of PATH-runs, at its number; it ends
 * with the process, however that ends. */
#ifndef VBO_LOCK_H
#define VBO_LOCK_H

#include "store/journal.h"

/* Locks the run for this journal; `*taken` is false when another process, or another journal of
 * this one, holds it. */
bool vbo_journal_lock(vbo_journal *journal, int64_t run, bool *taken, vbo_error *err);
/* Gives the lock up, if it is held here. */
void vbo_journal_unlock(vbo_journal *journal, int64_t run);
/* Returns whether the run's lock is held, here or elsewhere. */
bool vbo_journal_live(vbo_journal *journal, int64_t run, bool *live, vbo_error *err);

#endif
