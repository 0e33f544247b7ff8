/* issue.h: the journal gives the permit for a change. */
#ifndef VBO_ISSUE_H
#define VBO_ISSUE_H

#include "store/journal.h"

/* Gives the permit for a step: its row must be committed in the state "intent", of the execution
 * that this journal's process runs (vbo_journal_lock), and must not have had one in this attempt. */
vbo_permit *vbo_journal_permit(vbo_journal *journal, int64_t step, const char *method,
                               const char *path, const void *body, size_t size, vbo_error *err);

#endif
