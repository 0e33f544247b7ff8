/* files.h: what differs between systems of what only the rehearsal server needs; the
 * client's part is system.h. */
#ifndef VBO_SERVER_SYSTEM_H
#define VBO_SERVER_SYSTEM_H

#include <locale.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif
#include <stdbool.h>

/* Returns whether the client closed its side of the connection. */
bool vbo_socket_left(int fd);
/* Sends a TCP reset: at once where the system can, otherwise when the socket is closed. */
void vbo_socket_reset(int fd);
/* Close-on-exec and not blocking. */
bool vbo_socket_prepare(int fd);
/* Returns a locale whose character set is UTF-8, for uselocale(); 0 when the system has none. */
locale_t vbo_locale_utf8(void);

/* Opens ROOT/PATH for reading, a plain file or (`directory`) a directory, and follows no symbolic
 * link below ROOT; an empty path is ROOT itself.  Returns an errno, 0 for success: ELOOP or ENOTDIR
 * for a link, EINVAL for a path that leads out. */
int vbo_beneath_open(const char *root, const char *path, bool directory, int *file);

#endif
