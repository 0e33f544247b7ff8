/* disk.h: directories and files, by descriptors.  All that returns an int returns an errno, 0 for
 * success. */
#ifndef VBO_DISK_H
#define VBO_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vbo.h"

/* Returns the path with the working directory before it where it is relative, to be freed; NULL for
 * want of memory or of that directory. */
char *vbo_path_absolute(const char *path);
int vbo_directory_open(const char *path, int *directory);
/* Makes the names in the directory last; not every file system can. */
void vbo_directory_sync(int directory);

typedef enum vbo_found {
  VBO_FOUND_NOTHING,
  VBO_FOUND_FILE, /* or a link to one, or to nothing */
  VBO_FOUND_DIRECTORY,
  VBO_FOUND_OTHER /* a device, a FIFO, a socket, or a link to one */
} vbo_found;
/* Finds out what has this name. */
int vbo_file_look(int directory, const char *name, vbo_found *found);

/* Opens a plain file for reading; EISDIR for a directory, EINVAL for anything else. */
int vbo_plain_open(const char *path, int *file);
/* Opens a file for reading and says whether only its owner (this user or root) can read it. */
int vbo_private_open(const char *path, int *file, bool *is_private);
/* Reads up to `size` bytes; -1 with errno. */
int64_t vbo_file_read(int file, void *bytes, size_t size);
/* Writes all bytes. */
int vbo_file_write(int file, const void *bytes, size_t size);
/* Truncates the file and goes to its beginning. */
int vbo_file_empty(int file);
/* Says how many bytes this user can still write to the file's disk, and which disk that is.  False
 * when the system does not say. */
bool vbo_file_space(int file, int64_t *space, uint64_t *disk);
/* Asks for the errors that some file systems (NFS, quotas) report only at a close, with the file
 * and its lock still held. */
int vbo_file_flush(int file);
void vbo_file_close(int file);
void vbo_file_unlink(int directory, const char *name);
/* Finds out which file it is, and its size and time. */
int vbo_file_identify(int file, vbo_identity *out);
/* Sets the modification time, in seconds since 1970 (UTC); not every file system can. */
void vbo_file_set_modified(int file, int64_t seconds);

#endif
