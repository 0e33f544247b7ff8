/* progress.c: what an engine tells of its transfers while it runs.
 *
 * Transfers move and end inside libcurl's callbacks; there they are only put into
 * lists, and the lists are told when libcurl is done. */
#include "client/progress.h"

#include <stdlib.h>
#include <string.h>

#include "client/engine.h"
#include "base/system.h"
#include "base/redact.h"
#include "base/text.h"
#include "client/transfer.h"

enum {
  INTERVAL = 100,     /* between two events of a transfer under way */
  SMOOTHING = 3000,   /* the time over which the rate follows a change */
  LONGEST_GAP = 10000 /* this process was stopped: such a gap says nothing about the rate */
};

static void on_timer(void *owner) {
  (void)owner; /* the engine woke up, and that was all */
}

void vbo_teller_init(vbo_teller *teller) {
  vbo_list_init(&teller->fresh);
  vbo_list_init(&teller->live);
  vbo_list_init(&teller->ended);
  teller->timer = (vbo_timer){.fire = on_timer, .owner = teller};
}

/* ---------------------------------------------------------------- transfers */

/* The last part of the path, safe to print. */
static bool name_file(vbo_told *told, const char *file, vbo_error *err) {
  const char *slash = strrchr(file, '/');
  const char *last = slash != NULL ? slash + 1 : file;
  size_t size = strlen(last);
  told->name = malloc(size + 1); /* cleaning makes nothing longer */
  if (told->name == NULL) return vbo_error_memory(err);
  vbo_text_clean(told->name, size + 1, last, size);
  vbo_redact_line(told->name);
  return true;
}

bool vbo_told_begin(vbo_teller *teller, vbo_transfer *transfer, const char *file, vbo_error *err) {
  transfer->told.rate = -1;
  if (file != NULL && !name_file(&transfer->told, file, err)) return false;
  vbo_list_append(&teller->fresh, &transfer->told.node, transfer);
  return true;
}

void vbo_told_end(vbo_teller *teller, vbo_transfer *transfer) {
  if (!vbo_node_linked(&transfer->told.node)) return; /* a login */
  vbo_node_unlink(&transfer->told.node);
  if (teller->callback != NULL) vbo_list_append(&teller->ended, &transfer->told.node, transfer);
}

/* -------------------------------------------------------------------- rates */

static void measure(vbo_told *told, const vbo_progress *progress, int64_t now) {
  if (progress->phase != VBO_PHASE_RECEIVING || progress->attempts != told->attempts ||
      progress->received < told->received) {
    /* Another attempt is another connection. */
    *told = (vbo_told){.node = told->node, .begun = told->begun, .name = told->name, .rate = -1};
    told->attempts = progress->attempts;
    told->received = progress->received;
  }
  if (progress->phase != VBO_PHASE_RECEIVING) return;
  int64_t passed = now - told->at;
  if (told->at != 0 && passed <= 0) return;
  if (told->at != 0 && passed <= LONGEST_GAP) {
    double rate = (double)(progress->received - told->received) * 1000 / (double)passed;
    double share = (double)passed / (double)(passed + SMOOTHING);
    told->rate = told->rate < 0 ? rate : told->rate + (rate - told->rate) * share;
  }
  told->at = now;
  told->received = progress->received;
}

static int64_t mean(const vbo_progress *progress) {
  int64_t moving = progress->elapsed - progress->waited;
  return moving > 0 ? progress->received * 1000 / moving : -1;
}

/* ------------------------------------------------------------------- events */

static void tell(vbo_teller *teller, vbo_transfer *transfer, vbo_event_kind kind) {
  vbo_told *told = &transfer->told;
  vbo_event event = {.kind = kind, .rate = -1, .left = -1};
  if (teller->callback == NULL) return;
  event.name = told->name != NULL ? told->name : transfer->path;
  vbo_transfer_progress(transfer, &event.progress);
  bool over = kind == VBO_EVENT_DONE || kind == VBO_EVENT_FAILED;
  if (kind == VBO_EVENT_FAILED) event.error = &transfer->error;
  if (over) {
    event.rate = mean(&event.progress);
  } else {
    measure(told, &event.progress, vbo_monotonic_ms());
    event.rate = (int64_t)told->rate;
    int64_t missing = event.progress.expected - event.progress.received;
    double left = told->rate >= 1 ? (double)missing / told->rate * 1000 : -1;
    if (event.progress.expected >= 0 && missing >= 0 && left < 9e15) event.left = (int64_t)left;
  }
  teller->telling = true;
  teller->callback(teller->owner, transfer, &event);
  teller->telling = false;
}

static void tell_start(vbo_teller *teller, vbo_transfer *transfer) {
  if (transfer->told.begun) return;
  transfer->told.begun = true;
  tell(teller, transfer, VBO_EVENT_START);
}

static void tell_end(vbo_teller *teller, vbo_transfer *transfer) {
  tell_start(teller, transfer);
  tell(teller, transfer, transfer->error.kind == VBO_OK ? VBO_EVENT_DONE : VBO_EVENT_FAILED);
}

static void tell_progress(vbo_teller *teller, vbo_transfer *transfer) {
  vbo_progress progress;
  vbo_transfer_progress(transfer, &progress);
  tell(teller, transfer,
       progress.phase == VBO_PHASE_PREPARING ? VBO_EVENT_PREPARING : VBO_EVENT_PROGRESS);
}

/* The callback may start and cancel transfers, which moves them between the lists: each is in
 * the list where it belongs before it is told, and those that are left are found by their list. */
static void tell_live(vbo_teller *teller) {
  vbo_list left;
  vbo_list_init(&left);
  vbo_list_move(&left, &teller->live);
  vbo_transfer *transfer = NULL;
  while ((transfer = vbo_list_take(&left)) != NULL) {
    vbo_list_append(&teller->live, &transfer->told.node, transfer);
    tell_progress(teller, transfer);
  }
}

static void tell_ends(vbo_teller *teller) {
  vbo_transfer *transfer = NULL;
  while ((transfer = vbo_list_take(&teller->ended)) != NULL)
    tell_end(teller, transfer);
}

void vbo_teller_run(vbo_teller *teller, vbo_timers *timers) {
  if (teller->callback == NULL || teller->telling) return;
  vbo_transfer *transfer = NULL;
  while ((transfer = vbo_list_take(&teller->fresh)) != NULL) {
    vbo_list_append(&teller->live, &transfer->told.node, transfer);
    tell_start(teller, transfer);
  }
  int64_t now = vbo_monotonic_ms();
  if (now >= teller->due) {
    tell_live(teller);
    teller->due = now + INTERVAL;
  }
  tell_ends(teller);
  bool live = teller->live.head.next != &teller->live.head;
  if (live && teller->callback != NULL)
    vbo_timer_set(timers, &teller->timer, teller->due);
  else
    vbo_timer_stop(timers, &teller->timer);
}

void vbo_told_free(vbo_teller *teller, vbo_transfer *transfer) {
  /* It ended, and nothing ran since. */
  if (vbo_node_linked(&transfer->told.node)) {
    vbo_node_unlink(&transfer->told.node);
    tell_end(teller, transfer);
  }
  free(transfer->told.name);
}

void vbo_teller_close(vbo_teller *teller, vbo_timers *timers) {
  tell_ends(teller);
  teller->callback = NULL;
  vbo_timer_stop(timers, &teller->timer);
}

void vbo_engine_on_progress(vbo_engine *engine, vbo_event_callback *callback, void *owner) {
  engine->teller.callback = callback;
  engine->teller.owner = owner;
}
