/* signal.h: SIGINT and SIGTERM as something a poll loop sees.
 *
 * A handler that only sets a flag leaves a gap between the look at the flag and the wait; a pipe
 * closes it.  Signals belong to the process, so one owner at a time. */
#ifndef VBO_SERVER_SIGNAL_H
#define VBO_SERVER_SIGNAL_H

#include "vbo.h"

/* Takes both signals; the descriptor becomes readable when one came.  -1 with USAGE when they are
 * taken already. */
int vbo_signal_take(vbo_error *err);
/* Reads what came; true when anything did. */
bool vbo_signal_came(int fd);
/* Restores the handlers of before. */
void vbo_signal_give_back(int fd);

#endif
