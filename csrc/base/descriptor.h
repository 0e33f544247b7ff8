/* descriptor.h: which descriptors this process has, and which its children get. */
#ifndef VBO_DESCRIPTOR_H
#define VBO_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

/* Moves a descriptor that is 0, 1 or 2 to one above, closed in children; leaves others.  In a
 * program that was started without standard error the next one opened would be 2, and log lines
 * would go into it: a document, or a connection.  -1 with errno when there is no other. */
int vbo_off_standard(int file);
/* Opens /dev/null where 0, 1 or 2 is closed, the wrong way round: reading and writing them goes on
 * to fail.  For the start of a program. */
void vbo_standard_files(void);

enum { VBO_FILES_SEEN = 1024 };
/* Whether each of the first descriptors is open. */
typedef struct vbo_files {
  bool open[VBO_FILES_SEEN];
} vbo_files;

/* Closes a descriptor in children (FD_CLOEXEC). */
void vbo_file_seal(int file);
/* Notes which descriptors are open. */
void vbo_files_look(vbo_files *files);
/* Closes in children the descriptors above 2 that were opened since: by other people's code, which
 * has no way to ask for it (sockets of libraries, files of Lua). */
void vbo_files_seal_since(const vbo_files *before);
/* Notes which descriptors this process inherited: its parent handed them down on purpose. */
void vbo_files_inherited(void);
/* Closes in children all others above 2.  Does nothing before vbo_files_inherited. */
void vbo_files_seal(void);

/* Opens a socket that children do not get, and not 0, 1 or 2; -1 with errno. */
int64_t vbo_socket_open(int family, int type, int protocol);
/* Returns whether the socket still connects these two ports. */
bool vbo_socket_is(int64_t socket, int local_port, int remote_port);
/* Returns whether bytes, or the end, wait to be read on it. */
bool vbo_socket_readable(int64_t socket);

#endif
