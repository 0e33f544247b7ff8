/* Secrets and where they come from. */
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "harness.h"

#include "base/redact.h"
#include "base/secret.h"

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

/* Sanitizers make nothing of mlock. */
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LOCKS_ARE_SEEN
#endif

#if defined(LOCKS_ARE_SEEN)
/* Whether /proc/self/smaps shows a flag ("lo" locked, "dd" not dumped) for the page of an address. */
static bool page_has(const void *address, const char *flag) {
  FILE *file = fopen("/proc/self/smaps", "r");
  char line[1024];
  bool inside = false;
  bool found = false;
  assert_non_null(file);
  while (!found && fgets(line, sizeof line, file) != NULL) {
    unsigned long from = 0;
    unsigned long to = 0;
    if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
      inside = (uintptr_t)address >= from && (uintptr_t)address < to;
    else if (inside && strncmp(line, "VmFlags:", 8) == 0)
      found = strstr(line, flag) != NULL;
  }
  fclose(file);
  return found;
}
#endif

/* More than any heap of one size holds: each in memory that is locked and in no core dump. */
static void keeps_twenty_thousand(void **state) {
  (void)state;
  enum { COUNT = 20000 };
  static vbo_secret *secrets[COUNT];
  char text[64];
  for (int i = 0; i < COUNT; i++) {
    snprintf(text, sizeof text, "secret number %d of many that are long enough", i);
    secrets[i] = vbo_secret_new(text, strlen(text), NULL);
    assert_non_null(secrets[i]);
  }
  int outside = 0;
  for (int i = 0; i < COUNT; i++) {
    snprintf(text, sizeof text, "secret number %d of many that are long enough", i);
    assert_string_equal(vbo_secret_bytes(secrets[i]), text);
    outside += !CRYPTO_secure_allocated(vbo_secret_bytes(secrets[i]));
  }
  assert_in_range(outside, 1, COUNT);
#if defined(LOCKS_ARE_SEEN)
  for (int i = 0; i < COUNT; i += 997) {
    if (vbo_secrets_locked()) assert_true(page_has(vbo_secret_bytes(secrets[i]), " lo"));
    assert_true(page_has(vbo_secret_bytes(secrets[i]), " dd"));
  }
#endif
  for (int i = 0; i < COUNT; i += 2)
    vbo_secret_free(secrets[i]);
  for (int i = 0; i < COUNT; i += 2) { /* what was freed is used again, and was wiped */
    char zeros[24] = {0};
    void *memory = vbo_secure_alloc(sizeof zeros);
    assert_non_null(memory);
    assert_memory_equal(memory, zeros, sizeof zeros);
    vbo_secure_free(memory, sizeof zeros);
  }
  for (int i = 1; i < COUNT; i += 2)
    vbo_secret_free(secrets[i]);
}

#if defined(LOCKS_ARE_SEEN)
/* Runs `body` in a process of its own that may lock so many bytes; what it says of itself. */
static int limited(size_t bytes, int (*body)(void)) {
  int status = -1;
  pid_t child = fork();
  if (child == 0) {
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};
    /* Root may lock any amount: the capability is left with the user. */
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 || (geteuid() == 0 && setuid(65534) != 0)) _exit(99);
    _exit(body());
  }
  assert_true(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int fill_up(void) {
  vbo_error err = {0};
  char block[100000];
  memset(block, 'k', sizeof block);
  for (int i = 0; i < 100; i++)
    if (vbo_secret_new(block, sizeof block, &err) == NULL)
      return err.kind == VBO_ERROR_MEMORY && strstr(err.message, "locked memory") != NULL &&
                     strstr(err.hint, "ulimit -l") != NULL
                 ? 1
                 : 98;
  return vbo_secrets_locked() ? 97 : 2;
}

static void tells_of_the_limit(void **state) {
  (void)state;
  /* First, while this process has no heap yet that a fork would inherit. */
  assert_int_equal(limited(0, fill_up), 2);           /* nothing is locked, and reported */
  assert_int_equal(limited(1024 * 1024, fill_up), 1); /* what is locked ends with an error */
}
#endif

enum { THREADS = 4, ROUNDS = 20000 };

static void *share_and_free(void *secret) {
  for (int i = 0; i < ROUNDS; i++)
    vbo_secret_free(vbo_secret_share(secret));
  vbo_secret_free(secret);
  return NULL;
}

static void counts_owners_on_all_threads(void **state) {
  (void)state;
  pthread_t threads[THREADS];
  vbo_secret *secret = vbo_secret_new("shared by all", 13, NULL);
  for (int i = 0; i < THREADS; i++) {
    vbo_secret_share(secret);
    assert_int_equal(pthread_create(&threads[i], NULL, share_and_free, secret), 0);
  }
  char text[32];
  for (int i = 0; i < ROUNDS / 100; i++) {
    memcpy(text, "shared by all", 14);
    assert_int_equal(vbo_redact(text, 13, NULL), 3);
  }
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  assert_string_equal(vbo_secret_bytes(secret), "shared by all");
  vbo_secret_free(secret);
  memcpy(text, "shared by all", 14);
  assert_int_equal(vbo_redact(text, 13, NULL), 13);
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

static void reads_the_line_of_a_private_file(void **state) {
  (void)state;
  static const char *const texts[] = {"hush",     "hush\n",     "hush\r\n",
                                      "hush\n\n", "hush\r\n\n", "\xEF\xBB\xBFhush\r\n"};
  vbo_error err = {0};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
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
  write_file("\r\n\n", 3);
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

static void refuses_what_is_no_line(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
    const char *says;
  } cases[] = {{"hush\nmore\n", 10, "has several lines"}, {"\nhush", 5, "has several lines"},
               {"hush\rmore", 9, "has several lines"},    {"\xFF\xFEh\0u\0s\0h\0", 10, "is UTF-16"},
               {"\xFE\xFF\0h\0u\0s\0h", 10, "is UTF-16"}, {"h\0u\0s\0h\0", 8, "zero byte"},
               {"\x30\x82\x0A\x12\0\0", 6, "zero byte"}};
  vbo_error err = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    write_file(cases[i].bytes, cases[i].size);
    assert_null(vbo_secret_from_file(path, &err));
    assert_kind(err, USAGE);
    assert_contains(err.message, cases[i].says);
    assert_contains(err.hint, "whole = true");
    vbo_secret *whole = vbo_secret_from_file_whole(path, &err);
    assert_non_null(whole);
    assert_int_equal(vbo_secret_size(whole), cases[i].size);
    assert_memory_equal(vbo_secret_bytes(whole), cases[i].bytes, cases[i].size);
    vbo_secret_free(whole);
  }
  static char large[1100000];
  memset(large, 'x', sizeof large);
  write_file(large, 1000000);
  vbo_secret *whole = vbo_secret_from_file_whole(path, &err);
  assert_int_equal(vbo_secret_size(whole), 1000000);
  vbo_secret_free(whole);
  write_file(large, sizeof large);
  assert_null(vbo_secret_from_file_whole(path, &err));
  assert_kind(err, LIMIT);
}

static void becomes_base64(const char *bytes, size_t size, const char *wanted) {
  vbo_secret *secret = vbo_secret_new(bytes, size, NULL);
  vbo_secret *coded = vbo_secret_base64(secret, NULL);
  assert_string_equal(vbo_secret_bytes(coded), wanted);
  assert_int_equal(vbo_secret_size(coded), strlen(wanted));
  vbo_secret_free(secret);
  vbo_secret_free(coded);
}

static void encodes_bytes(void **state) {
  (void)state;
  becomes_base64("\x30\x82\0\xFF", 4, "MIIA/w==");
  becomes_base64("MIIA/w==", 8, "MIIA/w==");
  becomes_base64("MIIA\r\n/w==\n", 11, "MIIA/w==");
  becomes_base64("hush!", 5, "aHVzaCE=");
  becomes_base64("", 0, "");
}

static void logs_in_with_one_line_alone(void **state) {
  (void)state;
  vbo_error err = {0};
  vbo_engine *engine = vbo_engine_new(&err);
  static const struct {
    const char *bytes;
    size_t size;
  } cases[] = {{"a\nb", 3}, {"a\r", 2}, {"a\0b", 3}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    vbo_secret *password = vbo_secret_new(cases[i].bytes, cases[i].size, NULL);
    vbo_client_options options = {
        .url = "https://vbo.invalid", .api_version = "v8", .user = "u", .password = password};
    assert_null(vbo_client_open(engine, &options, &err));
    assert_kind(err, USAGE);
    assert_contains(err.message, "the password has several lines or a zero byte");
    vbo_secret_free(password);
  }
  vbo_engine_free(engine);
}

static void trims_variables(void **state) {
  (void)state;
  static const char *const values[][2] = {
      {"\xEF\xBB\xBFhush", "hush"},
      {"hush\r", "hush"},
      {"hush\n", "hush"},
      {"-----BEGIN\nx\n-----END\n", "-----BEGIN\nx\n-----END\n"}};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    setenv("VBO_TEST_SECRET", values[i][0], 1);
    vbo_secret *secret = vbo_secret_from_env("VBO_TEST_SECRET", NULL);
    assert_string_equal(vbo_secret_bytes(secret), values[i][1]);
    vbo_secret_free(secret);
  }
  unsetenv("VBO_TEST_SECRET");
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
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    cmocka_unit_test(tells_of_the_limit), /* before any other makes a secret */
#endif
    cmocka_unit_test(lives_on_the_secure_heap),
    cmocka_unit_test(keeps_twenty_thousand),
    cmocka_unit_test(counts_owners_on_all_threads),
    cmocka_unit_test(outlives_a_full_heap),
    cmocka_unit_test(reads_the_environment),
    cmocka_unit_test_setup_teardown(reads_the_line_of_a_private_file, make_file, remove_file),
    cmocka_unit_test_setup_teardown(refuses_what_is_no_line, make_file, remove_file),
    cmocka_unit_test(encodes_bytes),
    cmocka_unit_test(logs_in_with_one_line_alone),
    cmocka_unit_test(trims_variables),
    cmocka_unit_test(reads_the_terminal_without_echo),
    cmocka_unit_test(says_when_there_is_no_terminal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
