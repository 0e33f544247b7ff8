/* signal.c: see server/signal.h. */
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

static void on_signal(int number) {
  int saved = errno;
  unsigned char byte = (unsigned char)number;
  int fd = atomic_load(&out);
  if (fd >= 0) /* a full pipe is as readable as a pipe gets */
    (void)!write(fd, &byte, 1);
  errno = saved;
}

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

bool vbo_signal_came(int fd) {
  unsigned char bytes[64];
  bool any = false;
  while (fd >= 0 && read(fd, bytes, sizeof bytes) > 0)
    any = true;
  return any;
}

void vbo_signal_give_back(int fd) {
  if (fd < 0) return;
  for (int i = 0; i < SIGNALS; i++)
    sigaction(signals[i], &before[i], NULL);
  close(atomic_exchange(&out, -1));
  close(fd);
}
