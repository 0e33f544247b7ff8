/* engine.c: see engine.h.
 *
 * One turn of the loop is `drive`. No code of the caller runs inside it: ended transfers go into
 * the ready list, and progress events are sent before and after (vbo_observer_run). */
#include "client/engine.h"

#include <limits.h>
#include <stdlib.h>

#include "base/system.h"

/* curl_multi_poll takes an int; waking up once an hour costs nothing. */
enum { LONGEST_POLL = 60 * 60 * 1000 };

/* A poll that ends so much later than it was to: the process was stopped, or the machine slept. */
enum { STOPPED = 1000 };

/* Each takes a file descriptor, of which a process usually has 1,024. */
enum { TOTAL_AT_ONCE = 256 };

vbo_engine *vbo_engine_new(vbo_error *err) {
  vbo_engine *engine = calloc(1, sizeof *engine);
  if (engine == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  engine->owners = 1;
  atomic_init(&engine->interrupted, false);
  atomic_init(&engine->woken, false);
  vbo_list_init(&engine->clients);
  vbo_list_init(&engine->ready);
  vbo_seats_init(&engine->seats, TOTAL_AT_ONCE, &engine->timers);
  vbo_observer_init(&engine->observer, &engine->timers);
  engine->http = vbo_http_new(err);
  if (engine->http != NULL) return engine;
  free(engine);
  return NULL;
}

/* Adds an owner. The count needs no atomics: an engine, its clients and their transfers stay on one
 * thread. */
vbo_engine *vbo_engine_share(vbo_engine *engine) {
  engine->owners++;
  return engine;
}

void vbo_engine_release(vbo_engine *engine) {
  if (--engine->owners == 0) free(engine);
}

void vbo_engine_free(vbo_engine *engine) {
  if (engine == NULL) return;
  /* First, so that nothing new starts on this engine while its clients end. */
  engine->closed = true;
  vbo_children_end(&engine->clients, "its engine was freed");
  vbo_observer_close(&engine->observer);
  vbo_feeds_free(engine->feeds); /* before http: a worker may still wake the loop */
  engine->feeds = NULL;
  vbo_http_free(engine->http);
  engine->http = NULL;
  vbo_engine_release(engine);
}

/* Runs on a worker's thread, where curl_multi_wakeup may be called. */
static void wake(void *http) {
  vbo_http_wakeup(http);
}

vbo_feeds *vbo_engine_feeds(vbo_engine *engine, vbo_error *err) {
  if (engine->feeds == NULL) engine->feeds = vbo_feeds_new(wake, engine->http, err);
  return engine->feeds;
}

/* Runs inside libcurl's callbacks, too: a list without allocation cannot fail there. */
void vbo_engine_report(vbo_engine *engine, vbo_node *node, vbo_transfer *transfer) {
  engine->moves++;
  if (!vbo_node_linked(node)) vbo_list_append(&engine->ready, node, transfer);
}

vbo_transfer *vbo_engine_next(vbo_engine *engine) {
  return vbo_list_take(&engine->ready);
}

bool vbo_engine_set_limit(vbo_engine *engine, int limit, vbo_error *err) {
  if (limit < 1)
    return vbo_error_set(err, VBO_ERROR_USAGE, "an engine carries at least one transfer at once");
  engine->seats.limit = limit;
  return true;
}

void vbo_engine_interrupt(vbo_engine *engine) {
  /* A lock-free store and, inside libcurl, one write to a socket: both are
   * allowed in a signal handler. */
  atomic_store(&engine->interrupted, true);
  vbo_http_wakeup(engine->http);
}

void vbo_engine_wake(vbo_engine *engine) {
  atomic_store(&engine->woken, true); /* as above, fit for a signal handler */
  vbo_http_wakeup(engine->http);
}

/* Bytes first, then the timers: after this process was stopped or busy, an answer that arrived
 * meanwhile counts before a timeout does. */
static void drive(vbo_engine *engine) {
  vbo_feeds_drive(engine->feeds);
  vbo_congestion_admit(&engine->seats); /* before the poll: what was started since is on its way */
  vbo_http_perform(engine->http);
  vbo_timers_fire(&engine->timers, vbo_monotonic_ms());
  vbo_congestion_admit(&engine->seats); /* those whose pause ended, or whose seat became free */
}

static int until_timer(const vbo_engine *engine, int most) {
  int64_t next = vbo_timers_next(&engine->timers);
  if (next == INT64_MAX) return most;
  int64_t wait = next - vbo_monotonic_ms();
  if (wait < 0) wait = 0;
  return wait < most ? (int)wait : most;
}

static bool interrupted(vbo_engine *engine, vbo_error *err) {
  /* Once for each interrupt: what follows (a clean-up) runs as usual. */
  if (!atomic_exchange(&engine->interrupted, false)) return false;
  vbo_error_set(err, VBO_ERROR_CANCELLED, "interrupted");
  return true;
}

static uint64_t moves(const vbo_engine *engine) {
  return engine->moves + vbo_http_moves(engine->http);
}

/* Waits, and notes the time in which this process was suspended: no answer could be noticed then,
 * and no server must be given up for it (heard_ms in congestion.c). */
static void poll_for(vbo_engine *engine, int timeout_ms) {
  int64_t due = vbo_monotonic_ms() + timeout_ms;
  vbo_http_poll(engine->http, timeout_ms);
  int64_t late = vbo_monotonic_ms() - due;
  if (late > STOPPED) engine->seats.unheard += late;
}

/* Returns as soon as anything has moved, so that the caller sees each event in time; else waits. */
static int run(vbo_engine *engine, int timeout_ms, vbo_error *err) {
  if (interrupted(engine, err)) return -1;
  uint64_t before = moves(engine);
  drive(engine);
  /* A token request goes on after its transfers were freed, and still needs the loop. */
  bool idle = engine->pending == 0 && engine->asking == 0;
  bool woken = atomic_exchange(&engine->woken, false);
  if (woken || moves(engine) != before || timeout_ms == 0 || (timeout_ms < 0 && idle))
    return engine->pending;
  int most = timeout_ms < 0 || timeout_ms > LONGEST_POLL ? LONGEST_POLL : timeout_ms;
  int64_t until = vbo_monotonic_ms() + most;
  for (;;) {
    poll_for(engine, until_timer(engine, most));
    if (interrupted(engine, err)) return -1;
    drive(engine);
    /* With anything under way the caller hears of every move.  With nothing
     * this is a pause, which only an interrupt or a wake cuts short. */
    most = (int)(until - vbo_monotonic_ms());
    if (!idle || most <= 0 || atomic_exchange(&engine->woken, false)) return engine->pending;
  }
}

int vbo_engine_run(vbo_engine *engine, int timeout_ms, vbo_error *err) {
  if (engine->closed) {
    vbo_error_set(err, VBO_ERROR_CLOSED, "the engine is closed");
    return -1;
  }
  /* Running from inside an event would nest loops without a bound. */
  if (engine->observer.notifying) {
    vbo_error_set(err, VBO_ERROR_USAGE, "a progress callback must not run its engine");
    return -1;
  }
  /* While the caller did something else, no answer could be noticed. */
  if (engine->left_at != 0) engine->seats.unheard += vbo_monotonic_ms() - engine->left_at;
  vbo_observer_run(&engine->observer);
  int pending = run(engine, timeout_ms, err);
  vbo_observer_run(&engine->observer);
  engine->left_at = vbo_monotonic_ms();
  return pending < 0 ? pending : engine->pending; /* the callback may start and cancel */
}

void vbo_engine_on_progress(vbo_engine *engine, vbo_event_callback *callback, void *owner) {
  engine->observer.callback = callback;
  engine->observer.owner = owner;
}
