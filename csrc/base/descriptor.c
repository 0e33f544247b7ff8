/* descriptor.c: see descriptor.h.
 *
 * Descriptors of other people's code cannot be opened with O_CLOEXEC. They are found by comparing
 * what is open before and after, or against what the process inherited. */
#include "base/descriptor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/system.h"

/* ----------------------------------------------------------- standard files */

int vbo_off_standard(int file) {
  if (file < 0 || file > STDERR_FILENO) return file;
  int above = fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  /* Kept for the caller across the close. */
  int failure = errno;
  close(file);
  errno = failure;
  return above;
}

void vbo_standard_files(void) {
  for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
    if (fcntl(file, F_GETFD) < 0 && errno == EBADF)
      (void)!open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY); /* the lowest: `file` */
}

/* ----------------------------------------------------------------- children */

void vbo_file_seal(int file) {
  int flags = fcntl(file, F_GETFD);
  if (flags >= 0 && (flags & FD_CLOEXEC) == 0) (void)fcntl(file, F_SETFD, flags | FD_CLOEXEC);
}

/* The descriptors this process was started with; set once, before any thread. */
static vbo_files inherited;
static bool have_inherited;

/* Asks by F_GETFD, which changes nothing and fails for a closed number: unlike /proc/self/fd it
 * works everywhere. */
void vbo_files_look(vbo_files *files) {
  for (int file = 0; file < VBO_FILES_SEEN; file++)
    files->open[file] = fcntl(file, F_GETFD) >= 0;
}

void vbo_files_seal_since(const vbo_files *before) {
  /* 0, 1 and 2 are left: children are meant to get them. */
  for (int file = STDERR_FILENO + 1; file < VBO_FILES_SEEN; file++)
    if (!before->open[file]) vbo_file_seal(file);
}

void vbo_files_inherited(void) {
  vbo_files_look(&inherited);
  have_inherited = true;
}

void vbo_files_seal(void) {
  if (!have_inherited) return;
  vbo_files_seal_since(&inherited);
  /* One call for the rest where the system has it, instead of up to 65,536. */
  if (vbo_system_seal_above(VBO_FILES_SEEN)) return;
  int limit = vbo_system_file_limit();
  for (int file = VBO_FILES_SEEN; file < limit; file++)
    vbo_file_seal(file);
}

/* ------------------------------------------------------------------ sockets */

static int port_of(const struct sockaddr_storage *address) {
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
  switch (address->ss_family) {
    case AF_INET:
      /* Copied rather than cast, which would break the rules of aliasing (C11 6.5). */
      memcpy(&in, address, sizeof in);
      return ntohs(in.sin_port);
    case AF_INET6:
      memcpy(&in6, address, sizeof in6);
      return ntohs(in6.sin6_port);
    default:
      return -1;
  }
}

int64_t vbo_socket_open(int family, int type, int protocol) {
  return vbo_off_standard((int)vbo_system_socket(family, type, protocol));
}

bool vbo_socket_is(int64_t socket, int local_port, int remote_port) {
  struct sockaddr_storage address;
  memset(&address, 0, sizeof address);
  socklen_t size = sizeof address;
  if (getsockname((int)socket, (struct sockaddr *)&address, &size) != 0 ||
      port_of(&address) != local_port)
    return false;
  size = sizeof address;
  return getpeername((int)socket, (struct sockaddr *)&address, &size) == 0 &&
         port_of(&address) == remote_port;
}

/* Takes a failed poll(2) for readable: the caller then uses a fresh connection. */
bool vbo_socket_readable(int64_t socket) {
  struct pollfd wait = {.fd = (int)socket, .events = POLLIN};
  return poll(&wait, 1, 0) != 0;
}
