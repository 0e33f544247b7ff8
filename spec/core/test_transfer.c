/* Pulling, cancelling, interrupting, and freeing in every order. */
#include <pthread.h>

#include "peer_run.h"

#define TOKEN "token tok 3600\n"

static const vbo_sink_options pull = {.kind = VBO_SINK_PULL};

static void pulls_with_bounded_memory(void **state) {
  (void)state;
  enum { SIZE = 20000000 };
  session s = begin(TOKEN "on GET /v8/f\nfile 200 20000000\n");
  vbo_transfer *t = start(&s, "GET", "/v8/f", false, &pull);
  assert_true(vbo_transfer_wait(t, &s.err));
  assert_int_equal(vbo_transfer_status(t), 200);
  assert_string_equal(vbo_transfer_sha256(t), "");
  /* Without a reader the buffer fills; then the engine may run as long as it likes. */
  for (int i = 0; i < 6000 && vbo_transfer_available(t) <= 1 << 19; i++)
    assert_int_equal(vbo_engine_run(s.engine, 10, &s.err), 1);
  for (int i = 0; i < 20; i++)
    assert_int_equal(vbo_engine_run(s.engine, 10, &s.err), 1);
  assert_true(vbo_transfer_available(t) <= 1 << 20);
  assert_true(vbo_transfer_available(t) > 1 << 19);
  assert_false(vbo_transfer_done(t));
  static char block[100000];
  int64_t total = 0;
  for (int64_t got; (got = vbo_transfer_read(t, block, sizeof block, &s.err)) != 0;) {
    if (got < 0) fail_msg("%s", s.err.message);
    for (int64_t i = 0; i < got; i += 997)
      if (block[i] != 'a' + (total + i) % 26)
        fail_msg("wrong byte at %lld", (long long)(total + i));
    total += got;
  }
  assert_int_equal(total, SIZE);
  assert_true(vbo_transfer_done(t));
  assert_int_equal(strlen(vbo_transfer_sha256(t)), 64);
  assert_int_equal(vbo_transfer_read(t, block, sizeof block, &s.err), 0);
  vbo_transfer_free(t);
  end(&s);
}

static void silence_while_held_back_is_ours(void **state) {
  (void)state;
  session s = prepare(TOKEN "on GET /v8/f\nfile 200 8000000\n");
  s.options.idle_timeout = 500;
  s.client = client_open(&s);
  vbo_transfer *t = start(&s, "GET", "/v8/f", false, &pull);
  for (size_t before = 1; before != vbo_transfer_available(t) || before == 0;) {
    before = vbo_transfer_available(t); /* until it is full, and the sender held back */
    vbo_engine_run(s.engine, 50, NULL);
  }
  for (int i = 0; i < 10; i++)
    vbo_engine_run(s.engine, 100, NULL);
  assert_false(vbo_transfer_done(t));
  int64_t total = 0;
  static char block[60000];
  for (int64_t got; (got = vbo_transfer_read(t, block, sizeof block, &s.err)) != 0; total += got)
    if (got < 0) fail_msg("%s", s.err.message);
  assert_int_equal(total, 8000000);
  vbo_transfer_free(t);
  end(&s);
}

static void repeats_a_pull_only_before_bytes_are_out(void **state) {
  (void)state;
  session s = begin(
      TOKEN
      "on GET /v8/f times 1\nsend HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nabc\n"
      "cut\non GET /v8/f\njson 200 [1]\n"
      "on GET /v8/g\nsend HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nabc\npause 300\ncut\n");
  char block[10];
  vbo_transfer *t = start(&s, "GET", "/v8/f", false, &pull);
  while (!vbo_transfer_done(t))
    assert_true(vbo_engine_run(s.engine, -1, &s.err) >= 0);
  assert_int_equal(vbo_transfer_read(t, block, sizeof block, &s.err), 3);
  assert_memory_equal(block, "[1]", 3);
  assert_int_equal(vbo_transfer_read(t, block, sizeof block, &s.err), 0);
  vbo_transfer_free(t);
  t = start(&s, "GET", "/v8/g", false, &pull);
  assert_int_equal(vbo_transfer_read(t, block, sizeof block, &s.err), 3);
  assert_int_equal(vbo_transfer_read(t, block, sizeof block, &s.err), -1);
  assert_kind(s.err, INTEGRITY);
  assert_int_equal(peer_count(s.peer, "GET /v8/g"), 1);
  vbo_transfer_free(t);
  call_fails(&s, "GET", "/v8/none", false, &pull);
  assert_kind(s.err, NOT_FOUND);
  end(&s);
}

static void reports_each_transfer_once(void **state) {
  (void)state;
  session s = begin(TOKEN "on GET /v8/*\njson 200 1\n");
  enum { COUNT = 300 };
  for (int i = 0; i < COUNT; i++) {
    char path[32];
    snprintf(path, sizeof path, "/v8/n%d", i);
    start(&s, "GET", path, false, NULL);
  }
  int reported = 0;
  for (int pending = 1; pending > 0;) {
    pending = vbo_engine_run(s.engine, -1, &s.err);
    if (pending < 0) fail_msg("%s", s.err.message);
    for (vbo_transfer *t; (t = vbo_engine_next(s.engine)) != NULL; reported++) {
      assert_true(vbo_transfer_done(t));
      if (vbo_transfer_error(t) != NULL) fail_msg("%s", vbo_transfer_error(t)->message);
      vbo_transfer_free(t);
    }
  }
  assert_int_equal(reported, COUNT);
  assert_null(vbo_engine_next(s.engine));
  assert_int_equal(vbo_engine_run(s.engine, -1, &s.err), 0); /* with nothing to do: at once */
  end(&s);
}

static void reports_a_pull_again_when_there_is_more(void **state) {
  (void)state;
  session s = begin(TOKEN
                    "on GET /v8/f\nsend HTTP/1.1 200 OK\\r\\nContent-Length: 40000\\r\\n\\r\\n\n"
                    "pieces 1000\nbytes 20000\npause 300\nbytes 20000\n");
  vbo_transfer *t = start(&s, "GET", "/v8/f", false, &pull);
  static char block[40000];
  int reports = 0;
  size_t total = 0;
  while (!vbo_transfer_done(t)) {
    assert_true(vbo_engine_run(s.engine, -1, &s.err) >= 0);
    /* Many blocks have come in since, and it is reported once. */
    if (vbo_transfer_available(t) < 10000 && !vbo_transfer_done(t)) continue;
    assert_ptr_equal(vbo_engine_next(s.engine), t);
    assert_null(vbo_engine_next(s.engine));
    reports++;
    int64_t got = vbo_transfer_read(t, block, sizeof block, &s.err);
    assert_true(got > 0);
    total += (size_t)got;
  }
  assert_int_equal(total, 40000);
  assert_true(reports >= 2);
  vbo_transfer_free(t);
  end(&s);
}

static void run_until(session *s, vbo_transfer *t, vbo_transfer_phase phase) {
  vbo_progress progress;
  for (vbo_transfer_progress(t, &progress); progress.phase != phase;
       vbo_transfer_progress(t, &progress))
    if (vbo_engine_run(s->engine, -1, &s->err) < 0 || progress.phase == VBO_PHASE_DONE)
      fail_msg("phase %d was never reached", (int)phase);
}

static void cancels_at_every_phase(void **state) {
  (void)state;
  session s =
      begin("on POST */token times 1\nhang\n" TOKEN
            "on * /v8/x\nhang\n"
            "on GET /v8/f\nsend HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nabc\nhang\n");
  vbo_transfer *t = start(&s, "GET", "/v8/x", false, NULL); /* waiting for a token */
  while (peer_count(s.peer, "POST /v8/token") == 0)
    vbo_engine_run(s.engine, 10, NULL);
  vbo_transfer_cancel(t);
  assert_true(vbo_transfer_done(t));
  assert_int_equal(vbo_transfer_error(t)->kind, VBO_ERROR_CANCELLED);
  assert_false(vbo_transfer_error(t)->sent);
  assert_ptr_equal(vbo_engine_next(s.engine), t);
  vbo_transfer_cancel(t); /* again: nothing */
  assert_null(vbo_engine_next(s.engine));
  vbo_transfer_free(t);
  vbo_client_free(s.client); /* and with it the request for the token that hangs */
  s.client = client_open(&s);

  t = start(&s, "POST", "/v8/x", true, NULL);
  run_until(&s, t, VBO_PHASE_PREPARING);
  vbo_transfer_cancel(t);
  assert_int_equal(vbo_transfer_error(t)->kind, VBO_ERROR_UNKNOWN_OUTCOME);
  assert_true(vbo_transfer_error(t)->sent);
  vbo_transfer_free(t);

  t = start(&s, "GET", "/v8/x", false, NULL);
  run_until(&s, t, VBO_PHASE_PREPARING);
  vbo_transfer_cancel(t);
  assert_int_equal(vbo_transfer_error(t)->kind, VBO_ERROR_CANCELLED);
  vbo_transfer_free(t);

  char path[512];
  snprintf(path, sizeof path, "%s", peer_path(s.peer, "saved"));
  vbo_sink_options file = {.kind = VBO_SINK_FILE, .path = path};
  t = start(&s, "GET", "/v8/f", false, &file);
  run_until(&s, t, VBO_PHASE_RECEIVING);
  vbo_transfer_cancel(t);
  assert_int_equal(access(path, F_OK), -1);
  vbo_transfer_free(t);

  t = start(&s, "GET", "/v8/x", false, NULL); /* freed in the middle */
  run_until(&s, t, VBO_PHASE_PREPARING);
  vbo_transfer_free(t);
  assert_null(vbo_engine_next(s.engine));
  end(&s);
}

static void any_order_of_freeing_is_defined(void **state) {
  (void)state;
  for (int order = 0; order < 4; order++) {
    session s = begin(TOKEN "on GET /v8/a\njson 200 1\non * /v8/x\nhang\n");
    get_is(&s, "/v8/a", "1");
    vbo_transfer *read = start(&s, "GET", "/v8/x", false, NULL);
    vbo_transfer *change = start(&s, "POST", "/v8/x", true, NULL);
    vbo_transfer *pulled = start(&s, "GET", "/v8/x", false, &pull);
    run_until(&s, read, VBO_PHASE_PREPARING);
    run_until(&s, change, VBO_PHASE_PREPARING);
    if (order % 2 == 0) {
      vbo_engine_free(s.engine);
      assert_false(vbo_client_login(s.client, &s.err));
      assert_kind(s.err, CLOSED);
      vbo_request request = {.method = "GET", .path = "/v8/a"};
      assert_null(vbo_transfer_start(s.client, &request, NULL, &s.err));
      assert_kind(s.err, CLOSED);
    }
    vbo_client_free(s.client);
    if (order % 2 == 1 && order < 2) vbo_engine_free(s.engine);
    assert_int_equal(vbo_transfer_error(read)->kind, VBO_ERROR_CANCELLED);
    assert_int_equal(vbo_transfer_error(change)->kind, VBO_ERROR_UNKNOWN_OUTCOME);
    assert_false(vbo_transfer_wait(read, &s.err));
    assert_kind(s.err, CANCELLED);
    char byte = 0;
    assert_int_equal(vbo_transfer_read(pulled, &byte, 1, &s.err), -1);
    assert_kind(s.err, CANCELLED);
    vbo_transfer_cancel(read);
    assert_int_equal(vbo_transfer_status(read), 0);
    assert_string_equal(vbo_transfer_body(read, NULL), "");
    vbo_progress progress;
    vbo_transfer_progress(read, &progress);
    assert_int_equal(progress.phase, VBO_PHASE_DONE);
    vbo_transfer_free(read);
    vbo_transfer_free(pulled);
    vbo_transfer_free(change);
    if (order == 3) vbo_engine_free(s.engine);
    vbo_secret_free(s.options.password);
    peer_stop(s.peer);
  }
  vbo_transfer_free(NULL);
  vbo_client_free(NULL);
  vbo_engine_free(NULL);
  vbo_secret_free(NULL);
}

static void *interrupt_soon(void *engine) {
  usleep(100000);
  vbo_engine_interrupt(engine);
  return NULL;
}

static void an_interrupt_ends_a_wait_once(void **state) {
  (void)state;
  session s = begin(TOKEN "on * /v8/x\nhang\n");
  pthread_t thread;
  vbo_transfer *t = start(&s, "GET", "/v8/x", false, NULL);
  run_until(&s, t, VBO_PHASE_PREPARING);
  pthread_create(&thread, NULL, interrupt_soon, s.engine);
  assert_false(vbo_transfer_wait(t, &s.err));
  pthread_join(thread, NULL);
  assert_kind(s.err, CANCELLED);
  assert_false(vbo_transfer_done(t)); /* it goes on, unless the caller cancels */
  assert_int_equal(vbo_engine_run(s.engine, 0, &s.err), 1);
  vbo_engine_interrupt(s.engine); /* before a run: the next one returns */
  assert_int_equal(vbo_engine_run(s.engine, -1, &s.err), -1);
  vbo_transfer_free(t);
  /* A pause without any transfer, too. */
  pthread_create(&thread, NULL, interrupt_soon, s.engine);
  assert_int_equal(vbo_engine_run(s.engine, 60000, &s.err), -1);
  pthread_join(thread, NULL);
  /* A call that is interrupted is over, and says so for good. */
  pthread_create(&thread, NULL, interrupt_soon, s.engine);
  call_fails(&s, "POST", "/v8/x", true, NULL);
  pthread_join(thread, NULL);
  if (s.err.kind != VBO_ERROR_UNKNOWN_OUTCOME) assert_kind(s.err, CANCELLED);
  assert_int_equal(vbo_engine_run(s.engine, 0, &s.err), 0);
  end(&s);
}

/* A secret in this process's memory outside the secure heap is found by looking
 * through all of it.  The needle is kept XORed, so as not to find ourselves. */
static bool memory_holds(const char *scrambled, size_t size) {
  FILE *maps = fopen("/proc/self/maps", "r");
  int memory = open("/proc/self/mem", O_RDONLY); /* no FILE: its buffer would hold a copy */
  static char line[512];
  static unsigned char block[1 << 16];
  bool found = false;
  if (maps == NULL || memory < 0) {
    print_message("skipped: no /proc/self/mem\n");
    skip();
  }
  while (fgets(line, sizeof line, maps) != NULL) {
    unsigned long from = 0;
    unsigned long to = 0;
    char rights[8] = "";
    if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || strncmp(rights, "rw", 2) != 0 ||
        strstr(line, "[v") != NULL || to - from > 1UL << 30)
      continue;
    for (unsigned long at = from; at < to; at += sizeof block - 64) {
      unsigned long own = (unsigned long)block;
      if (at < own + sizeof block && own < at + sizeof block) continue;
      size_t wanted = to - at < sizeof block ? to - at : sizeof block;
      ssize_t got = pread(memory, block, wanted, (off_t)at);
      const unsigned char *hit = block;
      while (got > 0 && (hit = memchr(hit, scrambled[0] ^ 0x55, (size_t)(block + got - hit)))) {
        size_t i = (size_t)(hit++ - block);
        if (i + size > (size_t)got) break;
        size_t j = 0;
        while (j < size && (block[i + j] ^ 0x55) == (unsigned char)scrambled[j])
          j++;
        if (j == size) found = true;
      }
      memset(block, 0, sizeof block);
    }
  }
  fclose(maps);
  close(memory);
  return found;
}

static void scramble(char *text) {
  for (; *text != '\0'; text++)
    *text = (char)(*text ^ 0x55);
}

/* The password, the token and a secret in a body: sent over the wire, and not
 * to be found in memory after the client is gone. */
static void leaves_no_secret_in_memory(void **state) {
  (void)state;
  session s =
      prepare("token TopSecretToken 3600\non POST /v8/x\njson 200 {}\non GET /v8/y\njson 200 1\n");
  vbo_secret_free(s.options.password);
  char password[] =
      "\x1d\x20\x3b\x21\x30\x27\x67\x0a\x25\x22\x31\x74\x74\x74"; /* Hunter2_pwd!!! ^ 0x55 */
  size_t size = strlen(password);
  char plain[32];
  strcpy(plain, password);
  scramble(plain);
  s.options.password = vbo_secret_new(plain, size, NULL);
  size = 11;                                 /* what comes before the part that a form encodes */
  assert_true(memory_holds(password, size)); /* the search works */
  s.client = client_open(&s);
  vbo_secret_slot slot = {"\"@1@\"", s.options.password};
  vbo_request request = {.method = "POST",
                         .path = "/v8/x",
                         .body = "{\"p\":\"@1@\"}",
                         .body_size = 11,
                         .secrets = &slot,
                         .secret_count = 1,
                         .change = true};
  vbo_transfer *t = vbo_call(s.client, &request, NULL, &s.err);
  if (t == NULL) fail_msg("%s", s.err.message);
  vbo_transfer_free(t);
  get_is(&s, "/v8/y", "1");
  /* The peer numbers its tokens: SecretToken-1 ^ 0x55, a text that this program never spells. */
  static const char token[] = "\x06\x30\x36\x27\x30\x21\x01\x3a\x3e\x30\x3b\x78\x64";
  assert_true(memory_holds(token, sizeof token - 1));
  memset(plain, 0, sizeof plain);
  volatile char *wiped = plain;
  (void)wiped[0];
  vbo_client_free(s.client);
  s.client = NULL;
  vbo_secret_free(s.options.password);
  s.options.password = NULL;
  assert_false(memory_holds(password, size));
  assert_false(memory_holds(token, sizeof token - 1));
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pulls_with_bounded_memory),
      cmocka_unit_test(silence_while_held_back_is_ours),
      cmocka_unit_test(repeats_a_pull_only_before_bytes_are_out),
      cmocka_unit_test(reports_each_transfer_once),
      cmocka_unit_test(reports_a_pull_again_when_there_is_more),
      cmocka_unit_test(cancels_at_every_phase),
      cmocka_unit_test(any_order_of_freeing_is_defined),
      cmocka_unit_test(an_interrupt_ends_a_wait_once),
      cmocka_unit_test(leaves_no_secret_in_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
