/* transfer_run.c: the attempts of a transfer, one after the other; its state machine.
 *
 * An attempt ends by its exchange (vbo_transfer_ended), by its file, by the timer or by
 * vbo_transfer_end. Each of them first leaves the exchange, then calls `decide` or `conclude`.
 * These may end the transfer or begin the next attempt: nothing of the attempt is used after
 * them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/request.h"
#include "client/retry.h"
#include "base/system.h"
#include "client/transfer.h"

static void decide(vbo_transfer *transfer, const vbo_error *err, bool sent, bool repeat);

void vbo_transfer_arm(vbo_transfer *transfer) {
  int64_t due = transfer->deadline_at;
  if (transfer->state == VBO_STATE_PAUSE && transfer->retry_at < due) due = transfer->retry_at;
  /* Silence counts from the answer's first byte on, and only while we take bytes. */
  if (transfer->state == VBO_STATE_RUNNING && transfer->answered_at != 0 && !transfer->held) {
    int64_t idle = transfer->moved_at + transfer->group->endpoint->idle_timeout;
    if (idle < due) due = idle;
  }
  /* Before that an export may be prepared for minutes: the timer only runs `look`. */
  if (transfer->state == VBO_STATE_RUNNING && transfer->answered_at == 0) {
    int64_t look = transfer->looked_at + transfer->group->endpoint->idle_timeout;
    if (look < due) due = look;
  }
  vbo_timers *timers = &transfer->engine->timers;
  if (transfer->state == VBO_STATE_DONE || due == INT64_MAX)
    vbo_timer_stop(timers, &transfer->timer);
  else
    vbo_timer_set(timers, &transfer->timer, due);
}

/* Takes the exchange's times and head, and ends it. Returns whether its request may have reached
 * the server. */
static bool leave_exchange(vbo_transfer *transfer) {
  if (transfer->exchange == NULL)
    return transfer->state == VBO_STATE_SETTLING && transfer->was_sent;
  bool sent = vbo_exchange_sent(transfer->exchange);
  transfer->sent_at = vbo_exchange_sent_at(transfer->exchange);
  transfer->answered_at = vbo_exchange_answered_at(transfer->exchange);
  vbo_headers_free(&transfer->headers);
  vbo_exchange_take_headers(transfer->exchange, &transfer->headers);
  vbo_exchange_free(transfer->exchange);
  transfer->exchange = NULL;
  return sent;
}

/* Returns what an attempt shows of the server. `err` NULL: it succeeded. */
static vbo_outcome outcome_of(const vbo_transfer *transfer, const vbo_error *err) {
  if (err == NULL || err->status != 0) {
    int status = err != NULL ? err->status : 200;
    if (status == 429 || status == 503) return VBO_OUTCOME_BUSY;
    if (status == 408 || status == 502 || status == 504) return VBO_OUTCOME_TROUBLE;
    /* Exports take minutes to prepare, and changes as long as they take. */
    if (transfer->kind != VBO_SINK_MEMORY || transfer->change || transfer->sent_at == 0)
      return VBO_OUTCOME_GOOD;
    return vbo_congestion_judge(transfer->group->endpoint->congestion,
                                transfer->answered_at - transfer->sent_at);
  }
  switch (err->kind) {
    case VBO_ERROR_NETWORK:
    case VBO_ERROR_TIMEOUT:
    case VBO_ERROR_INTEGRITY:
      return VBO_OUTCOME_TROUBLE;
    default:
      return VBO_OUTCOME_NONE;
  }
}

/* Gives the seat back, together with what the attempt showed of the server. */
static void leave_seat(vbo_transfer *transfer, const vbo_error *err, vbo_outcome outcome) {
  const vbo_endpoint *endpoint = transfer->group->endpoint;
  bool asked = outcome == VBO_OUTCOME_BUSY && err != NULL;
  int64_t pause = asked ? vbo_retry_after(&transfer->headers) : 0;
  /* A Retry-After that fails this request at once does not hold the others that long. */
  if (pause > endpoint->longest_pause) pause = 0;
  vbo_congestion_leave(endpoint->congestion, &transfer->seat, outcome, pause > 0 ? pause : 0);
}

/* Ends the transfer, successful without `err`. From here on it uses its engine alone. */
static void finish(vbo_transfer *transfer, const vbo_error *err) {
  /* Does nothing where the attempt has left its seat already. */
  leave_seat(transfer, err, VBO_OUTCOME_NONE);
  if (err != NULL) {
    transfer->error = *err;
    /* A token request that failed has placed its own error. */
    if (err->server[0] == '\0')
      vbo_endpoint_place(transfer->group->endpoint, transfer->method, transfer->path,
                         &transfer->error);
  }
  /* The state goes before the rest: vbo_transfer_arm then stops the timer. */
  transfer->state = VBO_STATE_DONE;
  transfer->ended_at = vbo_monotonic_ms();
  vbo_transfer_arm(transfer);
  vbo_node_unlink(&transfer->waiter.node);
  vbo_node_unlink(&transfer->child.node);
  vbo_feed_free(transfer->file); /* which removes the partial file unless it was committed */
  transfer->file = NULL;
  vbo_buffer_free(&transfer->request_body);
  transfer->group = NULL; /* which may be freed from now on */
  transfer->engine->pending--;
  vbo_observe_end(&transfer->engine->observer, &transfer->observed);
  vbo_engine_report(transfer->engine, &transfer->ready, transfer);
}

/* ---------------------------------------------------------------- attempts */

static bool build_headers(vbo_transfer *transfer, vbo_buffer *lines, vbo_error *err) {
  lines->secure = !transfer->anonymous;
  const char *accept =
      transfer->kind == VBO_SINK_MEMORY ? "Accept: application/json" : "Accept: */*";
  if (!vbo_buffer_append(lines, accept, strlen(accept) + 1, err) ||
      /* RFC 9110 section 10.1.1: waiting for a 100 (Continue) would delay every body. A name
       * without a value makes libcurl omit its own field (CURLOPT_HTTPHEADER(3)). */
      !vbo_buffer_append(lines, "Expect:", 8, err))
    return false;
  if (transfer->has_body) {
    const char *type = transfer->content_type != NULL ? transfer->content_type : "application/json";
    if (!vbo_buffer_append_text(lines, "Content-Type: ", err) ||
        !vbo_buffer_append(lines, type, strlen(type) + 1, err))
      return false;
  } else if (strcmp(transfer->method, "POST") == 0 &&
             !vbo_buffer_append(lines, "Content-Type:", 14, err)) { /* libcurl's own: none */
    return false;
  }
  return transfer->anonymous || vbo_auth_header(transfer->group->auth, lines, err);
}

static void launch(vbo_transfer *transfer) {
  vbo_error err = {0};
  vbo_buffer lines = {0};
  vbo_transfers *group = transfer->group;
  transfer->state = VBO_STATE_RUNNING;
  transfer->attempts++;
  /* A 401 counts for this token alone: another transfer may have led to a new one by then. */
  transfer->token = group->auth->serial;
  transfer->looked_at = vbo_monotonic_ms();
  if (build_headers(transfer, &lines, &err))
    transfer->exchange = vbo_endpoint_exchange(
        group->endpoint, transfer->method, transfer->path, &lines,
        transfer->has_body ? transfer->request_body.data : NULL, transfer->request_body.size,
        transfer->once, &vbo_transfer_events, transfer, &err);
  if (transfer->exchange == NULL) {
    vbo_buffer_free(&lines);
    decide(transfer, &err, false, false);
    return;
  }
  vbo_transfer_arm(transfer);
}

/* Waits for a token with a seat, or for a login without one: the token's own request takes none. */
static void get_token(vbo_transfer *transfer) {
  transfer->state = VBO_STATE_TOKEN;
  vbo_transfer_arm(transfer);
  vbo_auth *auth = transfer->group->auth;
  vbo_auth_wait(auth, &transfer->waiter); /* which may end the transfer at once */
  if (transfer->urgent) vbo_auth_hurry(auth);
}

void vbo_transfer_begin(vbo_transfer *transfer) {
  if (transfer->login) {
    if (vbo_auth_ready(transfer->group->auth))
      finish(transfer, NULL);
    else
      get_token(transfer);
    return;
  }
  /* Each attempt waits for a seat anew: the server may have been given up meanwhile. */
  transfer->state = VBO_STATE_QUEUE;
  transfer->seat.exclusive = transfer->exclusive;
  transfer->seat.urgent = transfer->urgent;
  vbo_transfer_arm(transfer);
  vbo_congestion_enter(transfer->group->endpoint->congestion, &transfer->seat);
}

void vbo_transfer_on_seat(void *owner, const vbo_error *refusal) {
  vbo_transfer *transfer = owner;
  if (refusal != NULL)
    finish(transfer, refusal);
  else if (transfer->anonymous || vbo_auth_ready(transfer->group->auth))
    launch(transfer);
  else
    get_token(transfer);
}

void vbo_transfer_on_token(void *owner, const vbo_error *failure) {
  vbo_transfer *transfer = owner;
  if (failure == NULL && !transfer->login)
    launch(transfer);
  else
    finish(transfer, failure);
}

/* ------------------------------------------------------------ what follows */

/* Returns whether the request is sent again: within the retries, never after the puller has bytes
 * of an answer that the next one may not repeat, and what must not be carried out twice only when
 * the server itself refused it. */
static bool may_repeat(const vbo_transfer *transfer, bool sent, bool repeat) {
  if (!repeat || transfer->retried >= transfer->group->endpoint->retries) return false;
  if (transfer->once && sent && !transfer->refused) return false;
  /* The clean-up at a program's end does not wait for a given-up server. */
  vbo_load load;
  vbo_congestion_read(transfer->group->endpoint->congestion, &load);
  if (transfer->urgent && load.given_up) return false;
  return !transfer->handed_out;
}

/* Returns whether the outcome of a change is unknown: its answer is lost, so neither "it failed"
 * nor "it was done" would be true. */
static bool outcome_unknown(const vbo_transfer *transfer, const vbo_error *err, bool sent) {
  if (!transfer->change || !sent || transfer->refused) return false;
  /* any answer but a refusal may be a gateway's, or a server's that broke half-way */
  if (err->status != 0) return true;
  /* Then the answer is known; only its file could not be kept. */
  return err->kind != VBO_ERROR_DISK && err->kind != VBO_ERROR_EXISTS &&
         err->kind != VBO_ERROR_JOURNAL;
}

/* Ends the transfer with a failure. A change whose outcome is unknown says so, whatever failed. */
static void conclude(vbo_transfer *transfer, const vbo_error *err, bool sent, bool repeat) {
  vbo_error final = *err;
  final.sent = sent;
  final.refused = sent && transfer->refused;
  final.retryable = repeat && (!transfer->once || !sent || transfer->refused);
  if (outcome_unknown(transfer, err, sent)) {
    char message[sizeof final.message];
    (void)snprintf(message, sizeof message, "%s", err->message);
    final.kind = VBO_ERROR_UNKNOWN_OUTCOME;
    (void)snprintf(final.message, sizeof final.message,
                   "the change was sent, but its outcome is not known: %.400s", message);
    (void)snprintf(
        final.hint, sizeof final.hint,
        "look at the server's events before you repeat it: it may have been carried out");
    final.retryable = false;
    if (final.status == 0) final.status = transfer->headers.complete ? transfer->headers.status : 0;
  }
  finish(transfer, &final);
}

/* Keeps the failure of an attempt for vbo_transfer_lost. */
static void keep_lost(vbo_transfer *transfer, const vbo_error *err) {
  size_t count = (size_t)transfer->lost_count;
  vbo_error *lost = realloc(transfer->lost, (count + 1) * sizeof *lost);
  if (lost == NULL) return; /* only a line of a log is lost */
  lost[count] = *err;
  transfer->lost = lost;
  transfer->lost_count++;
}

static void decide(vbo_transfer *transfer, const vbo_error *err, bool sent, bool repeat) {
  vbo_error trouble = {0};
  vbo_error noted = *err;
  noted.sent = sent;
  noted.refused = sent && transfer->refused;
  bool refused = !transfer->once || !sent || transfer->refused;
  /* A 401 says that nothing was done, so that a change may be repeated, too: once, with a new
   * token. */
  if (err->status == 401 && refused && !transfer->anonymous && !transfer->renewed) {
    transfer->renewed = true;
    keep_lost(transfer, &noted);
    vbo_auth_refused(transfer->group->auth, transfer->token);
    if (vbo_transfer_reset(transfer, &trouble))
      vbo_transfer_begin(transfer);
    else
      conclude(transfer, &trouble, false, false);
    return;
  }
  bool within =
      vbo_retry_note(&transfer->headers, transfer->group->endpoint->longest_pause, &noted);
  /* Retry-After is not obeyed: the clean-up's own pauses are short. */
  if (transfer->urgent) within = true;
  if (!within || !may_repeat(transfer, sent, repeat)) {
    conclude(transfer, &noted, sent, repeat);
    return;
  }
  int64_t now = vbo_monotonic_ms();
  int64_t pause =
      vbo_retry_pause(transfer->retried + 1, transfer->urgent ? NULL : &transfer->headers);
  if (transfer->deadline_at != INT64_MAX && now + pause >= transfer->deadline_at) {
    conclude(transfer, &noted, sent, repeat); /* now rather than at the deadline */
    return;
  }
  if (!vbo_transfer_reset(transfer, &trouble)) {
    conclude(transfer, &trouble, sent, false);
    return;
  }
  transfer->retried++;
  keep_lost(transfer, &noted);
  transfer->retry_at = now + pause;
  transfer->state = VBO_STATE_PAUSE;
  vbo_transfer_arm(transfer);
}

void vbo_transfer_ended(void *owner, const vbo_error *failure) {
  vbo_transfer *transfer = owner;
  vbo_error copy = {0};
  vbo_error err = {0};
  bool repeat = false;
  if (failure != NULL) copy = *failure; /* it belongs to the exchange */
  /* The exchange is freed before the answer is judged: what follows may begin the next attempt. */
  bool sent = leave_exchange(transfer);
  bool good = vbo_transfer_judge(transfer, failure != NULL ? &copy : NULL, &repeat, &err);
  /* The seat is free before a pause: other requests go on meanwhile. */
  leave_seat(transfer, good ? NULL : &err, outcome_of(transfer, good ? NULL : &err));
  if (!good) {
    decide(transfer, &err, sent, repeat);
  } else if (transfer->file == NULL) {
    finish(transfer, NULL);
  } else {
    transfer->state = VBO_STATE_SETTLING;
    /* Noted here, since the exchange is gone while the file settles. */
    transfer->was_sent = sent;
    vbo_transfer_arm(transfer);
    vbo_feed_commit(transfer->file, vbo_headers_get(&transfer->headers, "Content-Type"));
  }
}

/* ---------------------------------------------------------------- the file */

void vbo_transfer_resume(vbo_transfer *transfer) {
  if (!transfer->held) return;
  transfer->held = false;
  transfer->moved_at = vbo_monotonic_ms(); /* the silence so far was ours */
  vbo_transfer_arm(transfer);
  /* Last, since it offers the held bytes at once and they may be held again. */
  if (transfer->exchange != NULL) vbo_exchange_resume(transfer->exchange);
}

static void on_file_ready(void *owner) {
  vbo_transfer_resume(owner);
}

static void saved(vbo_transfer *transfer) {
  memcpy(transfer->sha256, vbo_feed_sha256(transfer->file), sizeof transfer->sha256);
  transfer->saved = true;
  transfer->identity = *vbo_sink_identity(vbo_feed_sink(transfer->file));
  transfer->checked = vbo_sink_checked(vbo_feed_sink(transfer->file));
  (void)snprintf(transfer->unchecked, sizeof transfer->unchecked, "%s",
                 vbo_sink_unchecked(vbo_feed_sink(transfer->file)));
  finish(transfer, NULL);
}

/* Takes the result of the file: its name is there, or the attempt failed. A disk that failed is not
 * tried again. */
static void on_file_ended(void *owner, const vbo_error *failure) {
  vbo_transfer *transfer = owner;
  if (failure == NULL) {
    saved(transfer);
    return;
  }
  vbo_error err = *failure; /* it belongs to the feed */
  /* The disk may fail while the answer still comes in: the exchange ends here then. */
  decide(transfer, &err, leave_exchange(transfer), false);
}

const vbo_feed_events vbo_transfer_file_events = {on_file_ready, on_file_ended};

/* Returns whether the file got its name before it could be cancelled; then the transfer succeeded.
 */
static bool saved_already(vbo_transfer *transfer) {
  if (transfer->state != VBO_STATE_SETTLING || !vbo_feed_too_late(transfer->file)) return false;
  saved(transfer);
  return true;
}

/* --------------------------------------------------------------- the clock */

/* Looks for an answer that has begun without a whole line, which libcurl does not report: as often
 * as a server may be silent. It counts as answering from its first byte on. */
static void look(vbo_transfer *transfer, int64_t now) {
  if (now < transfer->looked_at + transfer->group->endpoint->idle_timeout) return;
  transfer->looked_at = now;
  transfer->answered_at = transfer->moved_at = vbo_exchange_heard_at(transfer->exchange);
}

void vbo_transfer_on_timer(void *owner) {
  vbo_transfer *transfer = owner;
  int64_t now = vbo_monotonic_ms();
  vbo_error err;
  /* The deadline comes first: it ends the transfer in every state. */
  if (now >= transfer->deadline_at) {
    if (saved_already(transfer)) return;
    bool unsent = transfer->attempts == 0;
    bool sent = leave_exchange(transfer);
    vbo_error_set(&err, VBO_ERROR_TIMEOUT, "the deadline of %.1f s has passed%s",
                  (double)(transfer->deadline_at - transfer->started_at) / 1000,
                  unsent ? " before it was sent" : "");
    leave_seat(transfer, &err, unsent ? VBO_OUTCOME_NONE : VBO_OUTCOME_TROUBLE);
    conclude(transfer, &err, sent, true);
    return;
  }
  if (transfer->state == VBO_STATE_PAUSE && now >= transfer->retry_at) {
    vbo_transfer_begin(transfer);
    return;
  }
  if (transfer->state == VBO_STATE_RUNNING && transfer->answered_at == 0) look(transfer, now);
  if (transfer->state == VBO_STATE_RUNNING && transfer->answered_at != 0 && !transfer->held &&
      now >= transfer->moved_at + transfer->group->endpoint->idle_timeout) {
    bool sent = leave_exchange(transfer);
    double seconds = (double)transfer->group->endpoint->idle_timeout / 1000;
    if (transfer->headers.complete)
      vbo_error_set(&err, VBO_ERROR_TIMEOUT, "the server fell silent for %.1f s after %lld bytes",
                    seconds, (long long)transfer->received);
    else
      vbo_error_set(&err, VBO_ERROR_TIMEOUT,
                    "the server fell silent: its answer began, but its head was not complete "
                    "within %.1f s",
                    seconds);
    leave_seat(transfer, &err, VBO_OUTCOME_TROUBLE);
    decide(transfer, &err, sent, true);
    return;
  }
  vbo_transfer_arm(transfer);
}

void vbo_transfer_end(void *owner, const char *why) {
  vbo_transfer *transfer = owner;
  if (transfer->state == VBO_STATE_DONE || saved_already(transfer)) return;
  vbo_error err;
  bool sent = leave_exchange(transfer);
  vbo_error_set(&err, VBO_ERROR_CANCELLED, "cancelled: %s", why);
  conclude(transfer, &err, sent, false);
}
