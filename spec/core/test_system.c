/* Tests what a process exposes to other processes. */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include "harness.h"

#include "http/http.h"
#include "base/descriptor.h"
#include "base/system.h"

/* Runs in a process of its own, with descriptors and limits of its own. */
static void apart(int (*body)(void)) {
  int status = -1;
  pid_t child = fork();
  if (child == 0) _exit(body());
  assert_true(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

static bool is_sealed(int file) {
  return (fcntl(file, F_GETFD) & FD_CLOEXEC) != 0;
}

static int without_standard_files(void) {
  close(0);
  close(1);
  close(2);
  int made = (int)vbo_socket_open(AF_INET, SOCK_STREAM, 0);
  if (made <= 2 || !is_sealed(made)) return 1;
  if (fcntl(0, F_GETFD) >= 0 || fcntl(2, F_GETFD) >= 0) return 2;
  vbo_standard_files();
  char byte = 0;
  if (fcntl(0, F_GETFD) < 0 || fcntl(1, F_GETFD) < 0 || fcntl(2, F_GETFD) < 0) return 3;
  /* They fail as closed ones do: what cannot be written must not pass for written. */
  if (read(0, &byte, 1) >= 0 || write(1, "x", 1) >= 0 || write(2, "x", 1) >= 0) return 4;
  return 0;
}

static int sealing(void) {
  int before = open("/dev/null", O_RDONLY);
  vbo_files_inherited();
  int after = open("/dev/null", O_RDONLY);
  int far = fcntl(after, F_DUPFD, VBO_FILES_SEEN + 10);
  vbo_files_seal();
  if (is_sealed(before) || !is_sealed(after)) return 1;
  if (far >= 0 && !is_sealed(far)) return 2;
  return is_sealed(0) || is_sealed(2) ? 3 : 0;
}

static int engine(void) {
  vbo_files before;
  vbo_files_look(&before);
  vbo_engine *made = vbo_engine_new(NULL);
  if (made == NULL) return 1;
  int count = 0;
  for (int file = 3; file < VBO_FILES_SEEN; file++) {
    if (before.open[file] || fcntl(file, F_GETFD) < 0) continue;
    if (!is_sealed(file)) return 2;
    count++;
  }
  vbo_engine_free(made);
  return count > 0 ? 0 : 3; /* libcurl's own pair */
}

static int memory(void) {
  struct rlimit core;
  vbo_memory_private();
#if defined(__linux__)
  if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return 1;
#endif
  return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 ? 0 : 2;
}

static void keeps_off_the_standard_files(void **state) {
  (void)state;
  apart(without_standard_files);
}

static void seals_what_was_opened_since(void **state) {
  (void)state;
  apart(sealing);
}

static void seals_what_libcurl_opens(void **state) {
  (void)state;
  apart(engine);
}

static void keeps_memory_private(void **state) {
  (void)state;
  apart(memory);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_off_the_standard_files),
      cmocka_unit_test(seals_what_was_opened_since),
      cmocka_unit_test(seals_what_libcurl_opens),
      cmocka_unit_test(keeps_memory_private),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
