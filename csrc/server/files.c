/* files.c: calls of POSIX that differ between systems, and opening of files beneath a folder.
 *
 * A world and a request both come from outside. vbo_beneath_open is the only way to a file of a
 * world: Linux has openat2(RESOLVE_BENEATH) for this, which macOS and older kernels lack, so that
 * the path is walked here. */
#include "server/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Asks without reading: bytes that the client sent are libmicrohttpd's. POLLRDHUP (Linux) reports a
 * half-closed connection; elsewhere only a full close or an error shows. */
bool vbo_socket_left(int fd) {
  struct pollfd look = {.fd = fd};
#if defined(POLLRDHUP)
  look.events = POLLRDHUP;
  const short left = POLLRDHUP | POLLHUP | POLLERR;
#else
  const short left = POLLHUP | POLLERR;
#endif
  return poll(&look, 1, 0) > 0 && (look.revents & left) != 0;
}

/* With a linger time of 0, close() sends RST instead of FIN and discards what was not sent
 * (SO_LINGER). */
void vbo_socket_reset(int fd) {
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
#if defined(__linux__)
  /* Dissolving the association sends the reset now, before TLS can say an orderly goodbye. */
  struct sockaddr nobody;
  memset(&nobody, 0, sizeof nobody);
  nobody.sa_family = AF_UNSPEC;
  (void)!connect(fd, &nobody, sizeof nobody);
#endif
}

/* accept4 and SOCK_CLOEXEC are not in macOS: the flags are set afterwards. */
bool vbo_socket_prepare(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
         fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* The character set alone: messages and numbers stay as they are. The caller frees it. */
locale_t vbo_locale_utf8(void) {
  static const char *const names[] = {"C.UTF-8", "en_US.UTF-8", "UTF-8", NULL};
  locale_t locale = (locale_t)0;
  for (const char *const *name = names; *name && !locale; name++)
    locale = newlocale(LC_CTYPE_MASK, *name, (locale_t)0);
  return locale;
}

/* Opens the first component of `path` in a directory, and moves on to the next. Returns an errno;
 * `*path` moves behind the component and its slash. */
static int step(int directory, const char **path, bool want_directory, int *next) {
  char name[NAME_MAX + 1];
  const char *end = strchr(*path, '/');
  size_t length = end ? (size_t)(end - *path) : strlen(*path);
  if (length > NAME_MAX) return ENAMETOOLONG;
  memcpy(name, *path, length);
  name[length] = '\0';
  /* Empty components ("a//b", "/a") are refused together with the two special ones: no legal name
   * of a world has them. */
  if (length == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return EINVAL;
  *path = end ? end + 1 : *path + length;
  /* Not blocking: a path that was a file may be a pipe without a writer by now. O_NOFOLLOW concerns
   * the last component only (POSIX open), and each call has only one. */
  int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  if (end || want_directory) flags |= O_DIRECTORY;
  *next = openat(directory, name, flags);
  return *next < 0 ? errno : 0;
}

/* Each directory is closed once the next one is open: a rename of a parent meanwhile cannot lead
 * out of the root. */
int vbo_beneath_open(const char *root, const char *path, bool directory, int *file) {
  int here = open(root, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  if (here < 0) return errno;
  while (*path != '\0') {
    int next = -1;
    int why = step(here, &path, directory, &next);
    close(here);
    if (why != 0) return why;
    here = next;
  }
  /* The type is tested on the open descriptor, so that the path cannot change between the test and
   * its use. */
  struct stat found;
  int why = fstat(here, &found) != 0 ? errno : 0;
  if (why == 0 && !(directory ? S_ISDIR(found.st_mode) : S_ISREG(found.st_mode)))
    why = directory ? ENOTDIR : EINVAL;
  if (why != 0) {
    close(here);
    return why;
  }
  *file = here;
  return 0;
}
