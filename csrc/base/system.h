/* system.h: what differs between operating systems, and nothing else: a port to another system is a
 * port of system.c, which has all its #if.  What POSIX gives alike is in descriptor.h (descriptors,
 * sockets), disk.h (files), partial.h (files that are not whole) and terminal.h. */
#ifndef VBO_SYSTEM_H
#define VBO_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- process --- */

/* Returns milliseconds that only ever grow: they do not follow the wall clock. */
int64_t vbo_monotonic_ms(void);
/* Returns seconds since 1970, UTC. */
int64_t vbo_wall_seconds(void);
/* Fills in unpredictable bytes from the system; false when it has none. */
bool vbo_random(void *out, size_t size);
/* Returns the process id, which tells this process from one that was forked off it. */
int64_t vbo_process_id(void);
/* Fills in an id of the system's start, which tells a process id of this start from one of an
 * earlier start; "" where the system has none.  `size` at least 40. */
void vbo_system_boot(char *id, size_t size);
/* Keeps the library that holds this code in memory until the process ends.  For code that leaves
 * addresses of ours with a library that may outlive us: a host that closes its last Lua state
 * unloads vbo.core, and goes on with libcurl. */
void vbo_stay_loaded(void);

/* --- descriptors --- */

/* Returns the highest number of descriptors, at most 65,536. */
int vbo_system_file_limit(void);
/* Closes in children all descriptors from `first` on, at once; false where the system cannot. */
bool vbo_system_seal_above(int first);
/* Opens a socket that children do not get; -1 with errno. */
int64_t vbo_system_socket(int family, int type, int protocol);

/* --- files; all that returns an int returns an errno, 0 for success --- */

/* Has the system set room aside for `size` bytes; the file's own size stays.  0 without `*done`
 * where the system cannot, or it would cost more than it gives. */
int vbo_file_reserve(int file, int64_t size, bool *done);
struct stat;
/* Returns when the file was modified last, in milliseconds since 1970, UTC. */
int64_t vbo_system_modified_ms(const struct stat *info);
/* Writes the file through to the disk itself. */
int vbo_file_sync(int file);
/* Opens a file without a name that can be given one later; false where the system cannot. */
bool vbo_system_open_unnamed(int directory, int *file);
/* Gives it a name, which must be free. */
int vbo_system_link_unnamed(int directory, int file, const char *to);
/* Locks the byte at `offset` against other openings of the file, in this process and in others, until
 * this one is closed; EAGAIN or EACCES when it is locked. */
int vbo_system_lock_byte(int file, int64_t offset);
int vbo_system_unlock_byte(int file, int64_t offset);
/* Finds out whether another opening of the file holds such a lock. */
int vbo_system_byte_locked(int file, int64_t offset, bool *locked);
/* Returns the name of the file system where it is shared over a network, on which locks and mapped
 * files do not hold between machines; NULL for a local one. */
const char *vbo_system_network_name(int file);
/* Renames within a directory, with EEXIST for a name that exists; ENOSYS where the system cannot. */
int vbo_system_rename_exclusive(int directory, const char *from, const char *to);

/* --- memory --- */

/* Returns zeroed pages of at least `size` bytes between guard pages, which core dumps leave out.
 * `*given` is their size, `*locked` whether they are kept out of swap.  NULL: out of memory. */
void *vbo_secret_pages(size_t size, size_t *given, bool *locked);
/* Frees them without wiping. */
void vbo_secret_pages_free(void *pages, size_t size);
/* Keeps this process's memory from core dumps (of the kind that RLIMIT_CORE does not stop, too) and
 * from other processes of the same user, as far as the system can.  For the start of a program. */
void vbo_memory_private(void);
/* Returns the size that malloc really gave. */
size_t vbo_allocation_size(void *memory);

#endif
