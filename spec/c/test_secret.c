/* Secrets and where they come from. */
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "harness.h"

#include "secret.h"

static void lives_on_the_secure_heap(void **state) {
  (void)state;
  vbo_secret *secret = vbo_secret_new("a\0b", 3, NULL);
  assert_int_equal(vbo_secret_size(secret), 3);
  assert_memory_equal(vbo_secret_bytes(secret), "a\0b", 4);
  assert_true(CRYPTO_secure_allocated(vbo_secret_bytes(secret)));
  vbo_secret *shared = vbo_secret_share(secret);
  size_t used = CRYPTO_secure_used();
  vbo_secret_free(secret);
  assert_int_equal(CRYPTO_secure_used(), used);
  assert_memory_equal(vbo_secret_bytes(shared), "a\0b", 3);
  vbo_secret_free(shared);
  assert_true(CRYPTO_secure_used() < used);
  assert_null(vbo_secret_share(NULL));
}

static void outlives_a_full_heap(void **state) {
  (void)state;
  enum { COUNT = 40 };
  char block[32768];
  memset(block, 'k', sizeof block);
  vbo_secret *secrets[COUNT];
  int outside = 0;
  for (int i = 0; i < COUNT; i++) {
    secrets[i] = vbo_secret_new(block, sizeof block, NULL);
    assert_non_null(secrets[i]);
    outside += !CRYPTO_secure_allocated(vbo_secret_bytes(secrets[i]));
  }
  assert_in_range(outside, 1, COUNT - 1);
  for (int i = 0; i < COUNT; i++) {
    assert_memory_equal(vbo_secret_bytes(secrets[i]), block, sizeof block);
    vbo_secret_free(secrets[i]);
  }
}

static void reads_the_environment(void **state) {
  (void)state;
  vbo_error err = {0};
  setenv("VBO_TEST_SECRET", "hush", 1);
  vbo_secret *secret = vbo_secret_from_env("VBO_TEST_SECRET", &err);
  assert_string_equal(vbo_secret_bytes(secret), "hush");
  vbo_secret_free(secret);
  setenv("VBO_TEST_SECRET", "", 1);
  assert_null(vbo_secret_from_env("VBO_TEST_SECRET", &err));
  assert_kind(err, NOT_FOUND);
  unsetenv("VBO_TEST_SECRET");
  assert_null(vbo_secret_from_env("VBO_TEST_SECRET", &err));
  assert_kind(err, NOT_FOUND);
  assert_contains(err.message, "VBO_TEST_SECRET");
}

static char path[64];

static int make_file(void **state) {
  (void)state;
  snprintf(path, sizeof path, "/tmp/vbolua-secret-XXXXXX");
  int file = mkstemp(path);
  return file < 0 ? -1 : close(file);
}

static int remove_file(void **state) {
  (void)state;
  return unlink(path);
}

static void write_file(const char *text, size_t size) {
  FILE *file = fopen(path, "w");
  assert_int_equal(fwrite(text, 1, size, file), size);
  fclose(file);
}

static void reads_the_first_line_of_a_private_file(void **state) {
  (void)state;
  static const char *const texts[] = {"hush", "hush\n", "hush\r\n", "hush\nmore\n"};
  vbo_error err = {0};
  for (int i = 0; i < 4; i++) {
    write_file(texts[i], strlen(texts[i]));
    vbo_secret *secret = vbo_secret_from_file(path, &err);
    if (secret == NULL) fail_msg("%s", err.message);
    assert_string_equal(vbo_secret_bytes(secret), "hush");
    assert_int_equal(vbo_secret_size(secret), 4);
    vbo_secret_free(secret);
  }
  static const mode_t open_modes[] = {0640, 0604, 0620, 0666};
  for (int i = 0; i < 4; i++) {
    chmod(path, open_modes[i]);
    assert_null(vbo_secret_from_file(path, &err));
    assert_kind(err, TRUST);
    assert_contains(err.hint, "chmod 600");
  }
  chmod(path, 0600);
  write_file("\nmore", 5);
  assert_null(vbo_secret_from_file(path, &err));
  assert_kind(err, NOT_FOUND);
  static char large[20000];
  memset(large, 'x', sizeof large);
  write_file(large, sizeof large);
  assert_null(vbo_secret_from_file(path, &err));
  assert_kind(err, LIMIT);
  assert_null(vbo_secret_from_file("/nonexistent/secret", &err));
  assert_kind(err, NOT_FOUND);
  assert_null(vbo_secret_from_file("/tmp", &err));
  assert_kind(err, DISK);
}

/* Types `keys` at a terminal of the child's own; what came of it, and what was
 * shown.  The child's exit status is the kind of its failure. */
static int type_at_terminal(const char *keys, char *shown, size_t capacity) {
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
    print_message("skipped: no pseudo terminal\n");
    skip();
  }
  int result[2];
  assert_int_equal(pipe(result), 0);
  pid_t child = fork();
  if (child == 0) {
    setsid();
    int terminal = open(ptsname(master), O_RDWR);
    ioctl(terminal, TIOCSCTTY, 0);
    vbo_error err = {0};
    vbo_secret *secret = vbo_secret_from_terminal("Password of x: ", &err);
    struct termios after;
    tcgetattr(terminal, &after);
    if ((after.c_lflag & ECHO) == 0) _exit(99);
    if (secret != NULL && write(result[1], vbo_secret_bytes(secret), vbo_secret_size(secret)) < 0)
      _exit(98);
    vbo_secret_free(secret);
    _exit((int)err.kind);
  }
  close(result[1]);
  size_t used = 0;
  while (used < capacity - 1 && (used == 0 || shown[used - 1] != ' ' || used < 15)) {
    ssize_t got = read(master, shown + used, 1); /* up to the prompt's end */
    if (got <= 0) break;
    used++;
  }
  assert_int_equal(write(master, keys, strlen(keys)), (ssize_t)strlen(keys));
  int status = 0;
  char typed[64] = "";
  ssize_t size = read(result[0], typed, sizeof typed - 1);
  waitpid(child, &status, 0);
  close(result[0]);
  fcntl(master, F_SETFL, O_NONBLOCK);
  ssize_t more = read(master, shown + used, capacity - used - 1);
  shown[used + (more > 0 ? (size_t)more : 0)] = '\0';
  close(master);
  if (strstr(shown, "s3") != NULL) fail_msg("the secret was shown: %s", shown);
  snprintf(shown, capacity, "%.*s", (int)(size > 0 ? size : 0), typed);
  return WEXITSTATUS(status);
}

static void reads_the_terminal_without_echo(void **state) {
  (void)state;
  char text[128];
  assert_int_equal(type_at_terminal("s3cret\r", text, sizeof text), VBO_OK);
  assert_string_equal(text, "s3cret");
  assert_int_equal(type_at_terminal("s3\xC3\xA9\x7Fx\n", text, sizeof text), VBO_OK);
  assert_string_equal(text, "s3x");
  assert_int_equal(type_at_terminal("wrong\x15s3\r", text, sizeof text), VBO_OK);
  assert_string_equal(text, "s3");
  assert_int_equal(type_at_terminal("s3\x03", text, sizeof text), VBO_ERROR_CANCELLED);
}

static void says_when_there_is_no_terminal(void **state) {
  (void)state;
  pid_t child = fork();
  if (child == 0) {
    setsid(); /* which has none */
    vbo_error err = {0};
    vbo_secret *secret = vbo_secret_from_terminal("?", &err);
    _exit(secret == NULL ? (int)err.kind : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  assert_int_equal(WEXITSTATUS(status), VBO_ERROR_USAGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lives_on_the_secure_heap),
      cmocka_unit_test(outlives_a_full_heap),
      cmocka_unit_test(reads_the_environment),
      cmocka_unit_test_setup_teardown(reads_the_first_line_of_a_private_file, make_file,
                                      remove_file),
      cmocka_unit_test(reads_the_terminal_without_echo),
      cmocka_unit_test(says_when_there_is_no_terminal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
