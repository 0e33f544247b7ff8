/* progress.c: see progress.h.
 *
 * Transfers move and end inside libcurl's callbacks, where no code of the caller may run: there
 * they are only put into lists, and the events are sent when libcurl is done. */
#include "client/progress.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/redact.h"
#include "base/text.h"

enum {
  INTERVAL = 100,     /* between two events of a transfer under way */
  SMOOTHING = 3000,   /* the time over which the rate follows a change */
  LONGEST_GAP = 10000 /* this process was stopped: such a gap says nothing about the rate */
};

static void on_timer(void *owner) {
  (void)owner; /* the timer's work is to wake the engine */
}

void vbo_observer_init(vbo_observer *observer, vbo_timers *timers) {
  *observer = (vbo_observer){.timers = timers, .timer = {.fire = on_timer, .owner = observer}};
  vbo_list_init(&observer->fresh);
  vbo_list_init(&observer->live);
  vbo_list_init(&observer->ended);
}

/* ---------------------------------------------------------------- transfers */

/* Copies the last part of the path, safe to print. */
static bool name_file(vbo_observed *observed, const char *file, vbo_error *err) {
  const char *slash = strrchr(file, '/');
  const char *last = slash != NULL ? slash + 1 : file;
  size_t size = strlen(last);
  observed->name = malloc(size + 1); /* cleaning makes nothing longer */
  if (observed->name == NULL) return vbo_error_memory(err);
  vbo_text_clean(observed->name, size + 1, last, size);
  vbo_redact_line(observed->name);
  return true;
}

bool vbo_observe_begin(vbo_observer *observer, vbo_observed *observed, vbo_transfer *transfer,
                       vbo_snapshot_function *snapshot, const char *file, vbo_error *err) {
  *observed = (vbo_observed){.transfer = transfer, .snapshot = snapshot, .rate = -1};
  if (file != NULL && !name_file(observed, file, err)) return false;
  vbo_list_append(&observer->fresh, &observed->node, observed);
  return true;
}

void vbo_observe_end(vbo_observer *observer, vbo_observed *observed) {
  if (!vbo_node_linked(&observed->node)) return; /* a login is not observed */
  vbo_node_unlink(&observed->node);
  /* Without a callback the event is dropped here: one that is set later must not get old ends. */
  if (observer->callback != NULL) vbo_list_append(&observer->ended, &observed->node, observed);
}

/* -------------------------------------------------------------------- rates */

/* Measures the rate, smoothed exponentially over SMOOTHING milliseconds whatever the interval
 * between two calls. */
static void measure(vbo_observed *observed, const vbo_progress *progress, int64_t now) {
  if (progress->phase != VBO_PHASE_RECEIVING || progress->attempts != observed->attempts ||
      progress->received < observed->received) {
    /* Another attempt is another connection. */
    observed->at = 0;
    observed->rate = -1;
    observed->attempts = progress->attempts;
    observed->received = progress->received;
  }
  if (progress->phase != VBO_PHASE_RECEIVING) return;
  int64_t passed = now - observed->at;
  if (observed->at != 0 && passed <= 0) return;
  if (observed->at != 0 && passed <= LONGEST_GAP) {
    double rate = (double)(progress->received - observed->received) * 1000 / (double)passed;
    double share = (double)passed / (double)(passed + SMOOTHING);
    observed->rate = observed->rate < 0 ? rate : observed->rate + (rate - observed->rate) * share;
  }
  observed->at = now;
  observed->received = progress->received;
}

/* Returns bytes a second without the time that the server took to prepare. */
static int64_t mean(const vbo_progress *progress) {
  int64_t moving = progress->elapsed - progress->waited;
  return moving > 0 ? progress->received * 1000 / moving : -1;
}

/* ------------------------------------------------------------------- events */

static void send_event(vbo_observer *observer, vbo_observed *observed, vbo_event_kind kind,
                       const vbo_snapshot *now) {
  vbo_event event = {.kind = kind, .progress = now->progress, .rate = -1, .left = -1};
  event.name = observed->name != NULL ? observed->name : now->name;
  if (kind == VBO_EVENT_FAILED) event.error = now->error;
  if (kind == VBO_EVENT_DONE || kind == VBO_EVENT_FAILED) {
    event.rate = mean(&event.progress);
  } else {
    measure(observed, &event.progress, vbo_timers_now(observer->timers));
    event.rate = (int64_t)observed->rate;
    int64_t missing = event.progress.expected - event.progress.received;
    double left = observed->rate >= 1 ? (double)missing / observed->rate * 1000 : -1;
    /* The bound keeps the cast defined: a double beyond INT64_MAX has no integer (C11 6.3.1.4). */
    if (event.progress.expected >= 0 && missing >= 0 && left < 9e15) event.left = (int64_t)left;
  }
  /* vbo_engine_run refuses to run meanwhile. */
  observer->notifying = true;
  observer->callback(observer->owner, observed->transfer, &event);
  observer->notifying = false;
}

static void send_start(vbo_observer *observer, vbo_observed *observed) {
  vbo_snapshot now = {0};
  if (observed->begun || observer->callback == NULL) return;
  observed->begun = true;
  observed->snapshot(observed->transfer, &now);
  send_event(observer, observed, VBO_EVENT_START, &now);
}

/* Sends START first where it is still due: a transfer may end before its first event. */
static void send_end(vbo_observer *observer, vbo_observed *observed) {
  vbo_snapshot now = {0};
  send_start(observer, observed);
  if (observer->callback == NULL) return; /* START's callback may have taken itself off */
  observed->snapshot(observed->transfer, &now);
  send_event(observer, observed, now.error == NULL ? VBO_EVENT_DONE : VBO_EVENT_FAILED, &now);
}

static void send_progress(vbo_observer *observer, vbo_observed *observed) {
  vbo_snapshot now = {0};
  if (observer->callback == NULL) return;
  observed->snapshot(observed->transfer, &now);
  send_event(observer, observed,
             now.progress.phase == VBO_PHASE_PREPARING ? VBO_EVENT_PREPARING : VBO_EVENT_PROGRESS,
             &now);
}

/* The callback may start and cancel transfers, which moves them between the lists: each is in
 * the list where it belongs before its event is sent, and the rest are found by their list. */
static void send_live(vbo_observer *observer) {
  vbo_list left;
  vbo_list_init(&left);
  vbo_list_move(&left, &observer->live);
  vbo_observed *observed = NULL;
  while ((observed = vbo_list_take(&left)) != NULL) {
    vbo_list_append(&observer->live, &observed->node, observed);
    send_progress(observer, observed);
  }
}

static void send_ends(vbo_observer *observer) {
  vbo_observed *observed = NULL;
  while ((observed = vbo_list_take(&observer->ended)) != NULL)
    send_end(observer, observed);
}

void vbo_observer_run(vbo_observer *observer) {
  if (observer->callback == NULL || observer->notifying) return;
  vbo_observed *observed = NULL;
  while ((observed = vbo_list_take(&observer->fresh)) != NULL) {
    vbo_list_append(&observer->live, &observed->node, observed);
    send_start(observer, observed);
  }
  int64_t now = vbo_timers_now(observer->timers);
  if (now >= observer->due) {
    send_live(observer);
    observer->due = now + INTERVAL;
  }
  send_ends(observer);
  bool live = vbo_list_first(&observer->live) != NULL;
  if (live && observer->callback != NULL)
    vbo_timer_set(observer->timers, &observer->timer, observer->due);
  else
    vbo_timer_stop(observer->timers, &observer->timer);
}

void vbo_observe_free(vbo_observer *observer, vbo_observed *observed) {
  /* It ended, and the engine has not run since. */
  if (vbo_node_linked(&observed->node)) {
    vbo_node_unlink(&observed->node);
    send_end(observer, observed);
  }
  free(observed->name);
  observed->name = NULL;
}

void vbo_observer_close(vbo_observer *observer) {
  send_ends(observer);
  observer->callback = NULL;
  vbo_timer_stop(observer->timers, &observer->timer);
}
