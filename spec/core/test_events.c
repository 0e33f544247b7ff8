/* The events of real transfers: their names, phases and ends over the wire. */
#include "peer_run.h"

#define TOKEN "token tok 3600\n"

enum { MOST = 2000 };

typedef struct seen {
  vbo_transfer *transfer;
  vbo_event_kind kind;
  char name[64];
  vbo_progress progress;
  int64_t rate;
  int64_t left;
  vbo_error_kind error;
} seen;

typedef struct listener {
  seen events[MOST];
  int count;
  session *session;
  vbo_transfer *started;
} listener;

static void listen_to(void *owner, vbo_transfer *transfer, const vbo_event *event) {
  listener *l = owner;
  assert_true(l->count < MOST);
  seen *t = &l->events[l->count++];
  *t = (seen){.transfer = transfer,
              .kind = event->kind,
              .progress = event->progress,
              .rate = event->rate,
              .left = event->left,
              .error = event->error != NULL ? event->error->kind : VBO_OK};
  snprintf(t->name, sizeof t->name, "%s", event->name);
}

static int count_of(const listener *l, const vbo_transfer *transfer, vbo_event_kind kind) {
  int count = 0;
  for (int i = 0; i < l->count; i++)
    count += l->events[i].transfer == transfer && l->events[i].kind == kind;
  return count;
}

static const seen *last_of(const listener *l) {
  assert_true(l->count > 0);
  return &l->events[l->count - 1];
}

static void tells_a_save_from_its_start_to_its_end(void **state) {
  (void)state;
  session s = begin(TOKEN
                    "on GET /v8/f\npause 350\n"
                    "send HTTP/1.1 200 OK\\r\\nContent-Length: 40000\\r\\n\\r\\n\n"
                    "bytes 20000\npause 350\nbytes 20000\n");
  listener l = {0};
  char path[512];
  snprintf(path, sizeof path, "%s", peer_path(s.peer, "a\033[2J b.zip"));
  vbo_sink_options file = {.kind = VBO_SINK_FILE, .path = path};
  assert_true(vbo_client_login(s.client, &s.err));
  vbo_engine_on_progress(s.engine, listen_to, &l);
  vbo_transfer *t = start(&s, "GET", "/v8/f", false, &file);
  assert_int_equal(l.count, 0); /* only while the engine runs */
  assert_true(vbo_transfer_wait(t, &s.err));

  assert_int_equal(l.events[0].kind, VBO_EVENT_START);
  assert_string_equal(l.events[0].name, "a[2J b.zip");
  assert_int_equal(count_of(&l, t, VBO_EVENT_START), 1);
  assert_true(count_of(&l, t, VBO_EVENT_PREPARING) >= 1);
  assert_int_equal(count_of(&l, t, VBO_EVENT_DONE), 1);
  const seen *last = last_of(&l);
  assert_int_equal(last->kind, VBO_EVENT_DONE);
  assert_int_equal(last->progress.phase, VBO_PHASE_DONE);
  assert_int_equal(last->progress.received, 40000);
  assert_int_equal(last->error, VBO_OK);
  assert_true(last->rate > 0);

  bool halfway = false;
  for (int i = 0; i < l.count; i++) {
    const seen *e = &l.events[i];
    if (e->kind == VBO_EVENT_PREPARING) assert_int_equal(e->progress.phase, VBO_PHASE_PREPARING);
    if (e->kind == VBO_EVENT_PREPARING) assert_int_equal(e->rate, -1);
    halfway |= e->kind == VBO_EVENT_PROGRESS && e->progress.received == 20000 &&
               e->progress.expected == 40000;
  }
  assert_true(halfway);
  /* Ticks are at least 100 ms apart, however slow the machine. */
  assert_true(l.count <= last->progress.elapsed / 100 + 4);
  vbo_transfer_free(t);
  assert_ptr_equal(last_of(&l), last);
  end(&s);
}

static void tells_failures_and_attempts(void **state) {
  (void)state;
  session s = begin(TOKEN
                    "on GET /v8/f times 1\n"
                    "send HTTP/1.1 200 OK\\r\\nContent-Length: 40000\\r\\n\\r\\n\n"
                    "bytes 20000\npause 250\ncut\n"
                    "on GET /v8/f\n"
                    "send HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nabc\n");
  listener l = {0};
  vbo_engine_on_progress(s.engine, listen_to, &l);
  char path[512];
  snprintf(path, sizeof path, "%s", peer_path(s.peer, "saved"));
  vbo_sink_options file = {.kind = VBO_SINK_FILE, .path = path};
  vbo_transfer *t = start(&s, "GET", "/v8/f", false, &file);
  assert_true(vbo_transfer_wait(t, &s.err));
  const seen *last = last_of(&l);
  assert_int_equal(last->kind, VBO_EVENT_DONE);
  assert_int_equal(last->progress.attempts, 2);
  assert_int_equal(last->progress.received, 3);
  assert_int_equal(count_of(&l, t, VBO_EVENT_START), 1);
  int64_t most = 0;
  for (int i = 0; i < l.count; i++)
    if (l.events[i].progress.attempts == 1 && l.events[i].progress.received > most)
      most = l.events[i].progress.received;
  assert_int_equal(most, 20000); /* and then it fell back */
  vbo_transfer_free(t);

  l.count = 0;
  call_fails(&s, "GET", "/v8/none", false, NULL);
  assert_int_equal(last_of(&l)->kind, VBO_EVENT_FAILED);
  assert_int_equal(last_of(&l)->error, VBO_ERROR_NOT_FOUND);
  assert_string_equal(last_of(&l)->name, "/v8/none");
  assert_int_equal(count_of(&l, last_of(&l)->transfer, VBO_EVENT_START), 1);
  end(&s);
}

/* However often a slow machine tells of what is under way. */
static void listen_to_starts_and_ends(void *owner, vbo_transfer *transfer, const vbo_event *event) {
  if (event->kind != VBO_EVENT_PREPARING && event->kind != VBO_EVENT_PROGRESS)
    listen_to(owner, transfer, event);
}

static void tells_each_of_many_once(void **state) {
  (void)state;
  enum { COUNT = 300 };
  session s = begin(TOKEN "on GET /v8/*\njson 200 1\n");
  listener l = {0};
  vbo_engine_on_progress(s.engine, listen_to_starts_and_ends, &l);
  assert_true(vbo_client_login(s.client, &s.err)); /* a login saves nothing: no event */
  assert_int_equal(l.count, 0);
  vbo_transfer *transfers[COUNT];
  for (int i = 0; i < COUNT; i++)
    transfers[i] = start(&s, "GET", "/v8/n", false, NULL);
  while (vbo_engine_run(s.engine, -1, &s.err) > 0) {
  }
  for (int i = 0; i < COUNT; i++) {
    assert_int_equal(count_of(&l, transfers[i], VBO_EVENT_START), 1);
    assert_int_equal(count_of(&l, transfers[i], VBO_EVENT_DONE), 1);
    vbo_transfer_free(transfers[i]);
  }
  end(&s);
}

static void every_start_has_its_end(void **state) {
  (void)state;
  session s = begin(TOKEN "on * /v8/x\nhang\n");
  listener l = {0};
  vbo_engine_on_progress(s.engine, listen_to, &l);
  vbo_transfer *freed = start(&s, "GET", "/v8/x", false, NULL);
  vbo_engine_run(s.engine, 10, NULL);
  vbo_transfer_free(freed);
  assert_int_equal(last_of(&l)->transfer == freed, true);
  assert_int_equal(last_of(&l)->error, VBO_ERROR_CANCELLED);

  l.count = 0;
  vbo_transfer *never = start(&s, "GET", "/v8/x", false, NULL); /* the engine never runs */
  vbo_transfer_free(never);
  assert_int_equal(l.count, 2);
  assert_int_equal(l.events[0].kind, VBO_EVENT_START);
  assert_int_equal(l.events[1].kind, VBO_EVENT_FAILED);

  l.count = 0;
  vbo_transfer *t = start(&s, "GET", "/v8/x", false, NULL);
  vbo_engine_run(s.engine, 10, NULL);
  vbo_engine_free(s.engine);
  assert_int_equal(last_of(&l)->kind, VBO_EVENT_FAILED);
  int count = l.count;
  vbo_transfer_free(t);
  assert_int_equal(l.count, count); /* once */
  s.engine = NULL;
  end(&s);
}

static void nobody_is_told_after_null(void **state) {
  (void)state;
  session s = begin(TOKEN "on * /v8/x\nhang\non * /v8/a\njson 200 1\n");
  listener l = {0};
  vbo_transfer *t = start(&s, "GET", "/v8/x", false, NULL);
  vbo_engine_run(s.engine, 10, NULL);
  vbo_engine_on_progress(s.engine, listen_to, &l); /* one that is under way, too */
  vbo_engine_run(s.engine, 10, NULL);
  assert_int_equal(l.events[0].kind, VBO_EVENT_START);
  vbo_engine_on_progress(s.engine, NULL, NULL);
  int count = l.count;
  get_is(&s, "/v8/a", "1");
  vbo_transfer_free(t);
  assert_int_equal(l.count, count);
  end(&s);
}

static void start_another(void *owner, vbo_transfer *transfer, const vbo_event *event) {
  listener *l = owner;
  listen_to(owner, transfer, event);
  if (l->started != NULL || event->kind != VBO_EVENT_PREPARING) return;
  assert_int_equal(vbo_engine_run(l->session->engine, 0, &l->session->err), -1);
  assert_int_equal(l->session->err.kind, VBO_ERROR_USAGE);
  l->started = start(l->session, "GET", "/v8/a", false, NULL);
  vbo_transfer_cancel(transfer);
}

static void a_callback_may_start_and_cancel(void **state) {
  (void)state;
  session s = begin(TOKEN "on * /v8/x\nhang\non * /v8/a\njson 200 1\n");
  listener l = {.session = &s};
  vbo_engine_on_progress(s.engine, start_another, &l);
  vbo_transfer *t = start(&s, "GET", "/v8/x", false, NULL);
  assert_false(vbo_transfer_wait(t, &s.err));
  assert_kind(s.err, CANCELLED);
  assert_non_null(l.started);
  assert_true(vbo_transfer_wait(l.started, &s.err));
  assert_int_equal(count_of(&l, t, VBO_EVENT_FAILED), 1);
  assert_int_equal(count_of(&l, l.started, VBO_EVENT_DONE), 1);
  vbo_transfer_free(t);
  vbo_transfer_free(l.started);
  end(&s);
}

static void an_engine_needs_a_seat(void **state) {
  (void)state;
  vbo_error err = {0};
  vbo_engine *engine = vbo_engine_new(&err);
  assert_non_null(engine);
  assert_false(vbo_engine_set_limit(engine, 0, &err));
  assert_kind(err, USAGE);
  assert_true(vbo_engine_set_limit(engine, 1, &err));
  vbo_engine_free(engine);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tells_a_save_from_its_start_to_its_end),
      cmocka_unit_test(tells_failures_and_attempts),
      cmocka_unit_test(tells_each_of_many_once),
      cmocka_unit_test(every_start_has_its_end),
      cmocka_unit_test(nobody_is_told_after_null),
      cmocka_unit_test(a_callback_may_start_and_cancel),
      cmocka_unit_test(an_engine_needs_a_seat),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
