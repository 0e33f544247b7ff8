/* system.h: what differs between operating systems, and nothing else.
 * A port to another system is a port of system.c. */
#ifndef VBO_SYSTEM_H
#define VBO_SYSTEM_H

#include "base/error.h"

/* Milliseconds that only ever grow (they do not follow the wall clock). */
int64_t vbo_monotonic_ms(void);
/* Seconds since 1970, UTC. */
int64_t vbo_wall_seconds(void);
/* Unpredictable bytes from the system; false when it has none. */
bool vbo_random(void *out, size_t size);
/* Tells this process from one that was forked off it. */
int64_t vbo_process_id(void);

/* --- descriptors --- */

/* Moves a descriptor that is 0, 1 or 2 to one above, closed in children; others are left.  Of a
 * program that was started without standard error the next one opened would be 2, and what is
 * logged would go into it: a document, or a connection.  -1 with errno when there is no other. */
int vbo_off_standard(int file);
/* Opens /dev/null where 0, 1 or 2 is closed, the wrong way round: reading and writing them goes on
 * to fail.  For the start of a program. */
void vbo_standard_files(void);
/* From now on vbo_files_seal closes in children what this process opens (0 to 2 excepted) and what
 * others' code has opened without saying so: sockets of libraries, files of Lua.  What was open
 * before, a parent has handed down on purpose. */
void vbo_files_inherited(void);
void vbo_files_seal(void);
void vbo_file_seal(int file);
/* Whether each of the first descriptors is open; what was opened since is closed in children. */
enum { VBO_FILES_SEEN = 1024 };
typedef struct vbo_files {
  bool open[VBO_FILES_SEEN];
} vbo_files;
void vbo_files_look(vbo_files *files);
void vbo_files_seal_since(const vbo_files *before);

/* --- a directory and the files in it; all return an errno, 0 for success --- */

int vbo_directory_open(const char *path, int *directory);
/* The longest name the directory can hold. */
size_t vbo_directory_name_max(int directory);
typedef enum vbo_found {
  VBO_FOUND_NOTHING,
  VBO_FOUND_FILE, /* or a link to one, or to nothing */
  VBO_FOUND_DIRECTORY,
  VBO_FOUND_OTHER /* a device, a FIFO, a socket, or a link to one */
} vbo_found;
/* What has this name. */
int vbo_file_look(int directory, const char *name, vbo_found *found);
/* All of it, or the errno. */
int vbo_file_write(int file, const void *bytes, size_t size);
int vbo_file_empty(int file);
/* Has the system set room aside for `size` bytes; the file's own size stays.  0
 * without `*done` where the system cannot, or it would cost more than it gives. */
int vbo_file_reserve(int file, int64_t size, bool *done);
/* How many bytes this user can still write to the file's disk, and which disk
 * that is.  False when the system does not say. */
bool vbo_file_space(int file, int64_t *space, uint64_t *disk);
int vbo_file_sync(int file);
/* Asks for the errors that some file systems (NFS, quotas) tell only at a
 * close, with the file and its lock still held. */
int vbo_file_flush(int file);
void vbo_file_close(int file);
/* Opens a plain file for reading; EINVAL for what is none, EISDIR for a directory. */
int vbo_plain_open(const char *path, int *file);
void vbo_file_unlink(int directory, const char *name);
/* Sets when its content was changed last: seconds since 1970, UTC.  Not every file system can. */
void vbo_file_set_modified(int file, int64_t seconds);
void vbo_directory_sync(int directory);

/* --- files that are not whole yet ---
 *
 * Such a file has no name where the system can give it one later (Linux: O_TMPFILE), so that nothing
 * is left of it when its process ends, however that comes.  Elsewhere it is made anew (O_EXCL) under
 * an unguessable name, ".vbolua-" and 32 hex digits and ".part", and locked (flock) as long as its
 * process lives: one that nobody locks was left by a crash.  */

enum { VBO_PARTIAL_NAME = 48 };

/* Is this a name of such files? */
bool vbo_partial_is_name(const char *name);
/* Opens one for reading and writing, and sets its name, "" when it has none. */
int vbo_partial_open(int directory, char name[VBO_PARTIAL_NAME], int *file);
/* Gives it its final name.  Without `replace` it is EEXIST when `to` is there already, with no
 * moment in which another process could slip in. */
int vbo_partial_commit(int directory, const char name[VBO_PARTIAL_NAME], int file, const char *to,
                       bool replace);
/* Removes what dead processes of this user left in the directory. */
void vbo_partial_sweep(int directory);
/* The same, once for each directory in the life of this process. */
void vbo_partial_sweep_once(int directory);

/* Locks a name in a directory against other processes and threads; EWOULDBLOCK when one holds it.
 * Its file is gone when nobody does. */
int vbo_lock_take(int directory, const char *name, int *lock);
void vbo_lock_release(int directory, const char *name, int lock);

/* --- secrets --- */

/* Opens a file and says whether only its owner (this user or root) can read it. */
int vbo_private_open(const char *path, int *file, bool *is_private);
/* Up to `size` bytes; -1 with errno. */
int64_t vbo_file_read(int file, void *bytes, size_t size);
/* The terminal, without echo, keys as they come (Ctrl-C too, as a byte).
 * False when there is none. */
typedef struct vbo_terminal vbo_terminal;
vbo_terminal *vbo_terminal_open(void);
void vbo_terminal_write(vbo_terminal *terminal, const char *text);
/* The next byte, -1 at the end. */
int vbo_terminal_key(vbo_terminal *terminal);
void vbo_terminal_close(vbo_terminal *terminal);

/* --- memory --- */

/* Zeroed pages of at least `size` bytes between guard pages, which core dumps leave out.
 * `*given` is their size, `*locked` whether they are kept out of swap.  NULL when memory is out. */
void *vbo_secret_pages(size_t size, size_t *given, bool *locked);
/* Wipes nothing. */
void vbo_secret_pages_free(void *pages, size_t size);

/* Keeps the library that holds this code in memory until the process ends.  For those that leave
 * addresses of ours with a library that may outlive us: a host that closes its last Lua state
 * unloads vbo.core, and goes on with libcurl. */
void vbo_stay_loaded(void);

/* Keeps this process's memory from core dumps (of the kind that RLIMIT_CORE does not stop, too) and
 * from other processes of the same user, as far as the system can.  For the start of a program. */
void vbo_memory_private(void);

/* The size that malloc really gave (at least what was asked for). */
size_t vbo_allocation_size(void *memory);

/* --- sockets --- */

/* A new socket that children do not get, and not 0, 1 or 2; -1 with errno. */
int64_t vbo_socket_open(int family, int type, int protocol);
/* Does the socket still connect these two ports, and is something (bytes, or
 * the end) waiting to be read on it? */
bool vbo_socket_is(int64_t socket, int local_port, int remote_port);
bool vbo_socket_readable(int64_t socket);

#endif
