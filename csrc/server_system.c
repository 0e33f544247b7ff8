/* server_system.c: see server_system.h. */
#include "server_system.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

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

bool vbo_socket_prepare(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
         fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

locale_t vbo_locale_utf8(void) {
  static const char *const names[] = {"C.UTF-8", "en_US.UTF-8", "UTF-8", NULL};
  locale_t locale = (locale_t)0;
  for (const char *const *name = names; *name && !locale; name++)
    locale = newlocale(LC_CTYPE_MASK, *name, (locale_t)0);
  return locale;
}
