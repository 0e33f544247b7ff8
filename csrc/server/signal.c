/* signal.c: turns SIGINT and SIGTERM into bytes in a pipe, so that poll or select returns for them.
 *
 * The self-pipe of D. J. Bernstein: a flag alone would be missed by a signal that comes between its
 * test and the wait. One server of a process can take the signals, as their disposition belongs to
 * the process. */
#include "server/signal.h"

#include "base/error.h"
#include "server/files.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

static const int signals[] = {SIGINT, SIGTERM};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

/* The pipe's end to write; -1 while the signals are not taken. Lock-free, as a handler needs. */
static atomic_int out = -1;
static struct sigaction before[SIGNALS];

/* Async-signal-safe: write() only, and errno is restored, since the handler may interrupt any other
 * call. */
static void on_signal(int number) {
  int saved = errno;
  unsigned char byte = (unsigned char)number;
  int fd = atomic_load(&out);
  if (fd >= 0) /* a full pipe is as readable as a pipe gets */
    (void)!write(fd, &byte, 1);
  errno = saved;
}

/* The pipe is in place before the handlers are installed. Both ends do not block: neither the
 * handler nor vbo_signal_came may wait. */
int vbo_signal_take(vbo_error *err) {
  int ends[2];
  int nobody = -1;
  if (pipe(ends) != 0) {
    vbo_error_os(err, VBO_ERROR_NETWORK, errno, "no pipe for signals");
    return -1;
  }
  if (!vbo_socket_prepare(ends[0]) || !vbo_socket_prepare(ends[1]) ||
      !atomic_compare_exchange_strong(&out, &nobody, ends[1])) {
    close(ends[0]);
    close(ends[1]);
    vbo_error_set(err, VBO_ERROR_USAGE, "another server of this process takes the signals");
    return -1;
  }
  struct sigaction action = {.sa_handler = on_signal};
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < SIGNALS; i++)
    sigaction(signals[i], &action, &before[i]);
  return ends[0];
}

/* Empties the pipe, so that several signals count as one. */
bool vbo_signal_came(int fd) {
  unsigned char bytes[64];
  bool any = false;
  while (fd >= 0 && read(fd, bytes, sizeof bytes) > 0)
    any = true;
  return any;
}

/* The handlers go first: none writes to a descriptor that is closed, or by then another file's. */
void vbo_signal_give_back(int fd) {
  if (fd < 0) return;
  for (int i = 0; i < SIGNALS; i++)
    sigaction(signals[i], &before[i], NULL);
  close(atomic_exchange(&out, -1));
  close(fd);
}
