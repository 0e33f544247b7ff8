/* permit.h: leave to send one change of a journaled client, once.
 *
 * The journal issues it with a step's intent, when that is committed. It is bound to the exact
 * request, so that the intent that was recorded is the one that is sent. */
#ifndef VBO_PERMIT_H
#define VBO_PERMIT_H

#include "base/error.h"

/* Creates the permit of one attempt of a step, for a request with this method, path and body
 * (`body` NULL: none; with its secrets' placeholders). NULL with an error. */
vbo_permit *vbo_permit_new(int64_t step, int64_t attempt, const char *method, const char *path,
                           const char *body, size_t body_size, vbo_error *err);
/* Ties it to the journal that issued it, whose latch takes it back. */
void vbo_permit_tie(vbo_permit *permit, vbo_journal *journal);
/* Returns whether the permit is unspent and that of this request; `permit` may be NULL. JOURNAL
 * with the reason otherwise. */
bool vbo_permit_check(const vbo_permit *permit, const char *method, const char *path,
                      const char *body, size_t body_size, vbo_error *err);
/* Spends it: no other request goes out with it. */
void vbo_permit_spend(vbo_permit *permit);
/* Return the step and the attempt that it was issued for. */
int64_t vbo_permit_step(const vbo_permit *permit);
int64_t vbo_permit_attempt(const vbo_permit *permit);

#endif
