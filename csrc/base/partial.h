/* partial.h: files that are not whole yet, and locks.
 *
 * Such a file has no name where the system can give it one later (Linux: O_TMPFILE), so that nothing
 * is left of it however its process ends.  Elsewhere it is made anew (O_EXCL) under an unguessable
 * name, ".vbolua-", 32 hex digits and ".part", and locked (flock) as long as its process lives: a
 * file of that name without a lock was left by a crash.
 *
 * All that returns an int returns an errno, 0 for success. */
#ifndef VBO_PARTIAL_H
#define VBO_PARTIAL_H

#include <stdbool.h>

enum { VBO_PARTIAL_NAME = 48 };

/* Returns whether this is the name of such a file. */
bool vbo_partial_is_name(const char *name);
/* Opens one for reading and writing, and sets its name, "" when it has none. */
int vbo_partial_open(int directory, char name[VBO_PARTIAL_NAME], int *file);
/* Gives it its final name.  Without `replace`: EEXIST when `to` exists, with no moment in which
 * another process could slip in. */
int vbo_partial_commit(int directory, const char name[VBO_PARTIAL_NAME], int file, const char *to,
                       bool replace);
/* Removes what dead processes of this user left in the directory. */
void vbo_partial_sweep(int directory);
/* The same, once for each directory in the life of this process. */
void vbo_partial_sweep_once(int directory);

/* Locks a name in a directory against other processes and threads, by a file that exists as long
 * as the lock is held; EWOULDBLOCK when another holds it. */
int vbo_lock_take(int directory, const char *name, int *lock);
void vbo_lock_release(int directory, const char *name, int lock);

#endif
