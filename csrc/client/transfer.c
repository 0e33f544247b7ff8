/* transfer.c: the public functions of a transfer.
 *
 * A transfer that is done uses its engine alone: its client may be freed before it. Queries answer
 * in every state, also between two attempts. */
#include "client/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "client/request.h"
#include "base/system.h"
#include "base/text.h"

/* Copies all that the caller gave: it may free its own at once. The secrets in the body are kept
 * for redaction: a server's event may repeat one long after the request. */
static bool copy_request(vbo_transfer *transfer, const vbo_request *request, vbo_error *err) {
  transfer->method = vbo_text_copy(request->method);
  transfer->path = vbo_text_copy(request->path);
  transfer->content_type = vbo_text_copy(request->content_type);
  transfer->change = request->change;
  transfer->anonymous = request->anonymous;
  transfer->exclusive = request->exclusive;
  /* A change, and an explore: a repeated one would leave a second session open on the server. */
  transfer->once = request->change || request->once;
  transfer->urgent = request->urgent;
  transfer->has_body = request->body != NULL;
  if (transfer->method == NULL || transfer->path == NULL ||
      (transfer->content_type == NULL) != (request->content_type == NULL))
    return vbo_error_memory(err);
  if (!vbo_request_body(request, &transfer->request_body, err)) return false;
  for (size_t i = 0; i < request->secret_count; i++)
    vbo_endpoint_keep(transfer->group->endpoint, request->secrets[i].secret);
  return true;
}

static bool open_file(vbo_transfer *transfer, const vbo_sink_options *options, vbo_error *err) {
  if (options->path == NULL)
    return vbo_error_set(err, VBO_ERROR_USAGE, "a file to save to needs a path");
  vbo_feeds *feeds = vbo_engine_feeds(transfer->engine, err);
  if (feeds == NULL) return false;
  vbo_check *check = NULL;
  if (options->check != NULL && (check = vbo_check_new(options->check, err)) == NULL) return false;
  /* Opened before anything is sent: an existing file, a missing folder and a full disk fail at
   * no cost. */
  vbo_sink *sink = vbo_sink_open(options->path, options->overwrite, !options->no_fsync, err);
  if (sink == NULL) {
    vbo_check_free(check);
    return false;
  }
  if (check != NULL)
    vbo_check_expect(check, options->name, options->size_listed ? options->size : -1);
  vbo_sink_check(sink, check);
  if (options->dated) vbo_sink_modified(sink, options->modified);
  if (options->no_sha256) vbo_sink_unhashed(sink);
  transfer->file = vbo_feed_new(feeds, sink, &vbo_transfer_file_events, transfer, err);
  return transfer->file != NULL &&
         (options->seal == NULL || vbo_feed_seal(transfer->file, options->seal, options->seal_owner,
                                                 options->seal_tag, options->path, err));
}

static bool open_sink(vbo_transfer *transfer, const vbo_sink_options *options, vbo_error *err) {
  static const vbo_sink_options memory = {.kind = VBO_SINK_MEMORY};
  if (options == NULL) options = &memory;
  transfer->kind = options->kind;
  switch (options->kind) {
    case VBO_SINK_MEMORY:
      transfer->body_limit = options->limit != 0 ? options->limit : transfer->group->body_limit;
      return true;
    case VBO_SINK_FILE:
      return open_file(transfer, options, err);
    case VBO_SINK_PULL:
      transfer->digest = vbo_digest_new(err);
      return transfer->digest != NULL;
  }
  return vbo_error_set(err, VBO_ERROR_USAGE, "an unknown kind of sink");
}

/* Makes a transfer that has not begun. */
static vbo_transfer *new_transfer(vbo_transfers *group, vbo_error *err) {
  vbo_transfer *transfer = calloc(1, sizeof *transfer);
  if (transfer == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  /* The engine's memory outlives the transfer, also after vbo_engine_free. */
  transfer->engine = vbo_engine_share(group->engine);
  transfer->group = group;
  transfer->checked = "";
  /* The parent ends it through this, without knowing its type (list.h). */
  transfer->child = (vbo_child){.end = vbo_transfer_end, .owner = transfer};
  vbo_headers_init(&transfer->headers);
  transfer->timer = (vbo_timer){.fire = vbo_transfer_on_timer, .owner = transfer};
  transfer->waiter = (vbo_auth_waiter){.answered = vbo_transfer_on_token, .owner = transfer};
  transfer->seat = (vbo_seat){.admitted = vbo_transfer_on_seat, .owner = transfer};
  transfer->state = VBO_STATE_DONE; /* until it really begins */
  transfer->deadline_at = INT64_MAX;
  return transfer;
}

/* Joins the group before the first step, which may end the transfer at once and then unlinks it. */
static void begin(vbo_transfer *transfer) {
  transfer->started_at = vbo_monotonic_ms();
  vbo_child_join(&transfer->group->live, &transfer->child);
  transfer->engine->pending++;
  vbo_transfer_begin(transfer);
}

/* Shows the transfer to the observer, which does not know its type (progress.h). */
static void take_snapshot(const vbo_transfer *transfer, vbo_snapshot *out) {
  out->name = transfer->path;
  out->error = vbo_transfer_error(transfer);
  vbo_transfer_progress(transfer, &out->progress);
}

vbo_transfer *vbo_transfer_open(vbo_transfers *group, const vbo_request *request,
                                const vbo_sink_options *sink, vbo_error *err) {
  vbo_transfer *transfer = new_transfer(group, err);
  if (transfer == NULL) return NULL;
  const char *file = sink != NULL && sink->kind == VBO_SINK_FILE ? sink->path : NULL;
  if (!copy_request(transfer, request, err) || !open_sink(transfer, sink, err) ||
      !vbo_observe_begin(&group->engine->observer, &transfer->observed, transfer, take_snapshot,
                         file, err)) {
    vbo_transfer_free(transfer);
    return NULL;
  }
  int64_t deadline = request->deadline != 0 ? request->deadline : group->deadline;
  int64_t now = vbo_monotonic_ms();
  /* A deadline beyond the clock's range has no effect. */
  if (deadline != 0 && deadline < INT64_MAX - now) transfer->deadline_at = now + deadline;
  begin(transfer);
  return transfer;
}

/* Opens a login without an observer and a deadline: it has no bytes of its own, and the token
 * request has a deadline. */
vbo_transfer *vbo_transfer_open_login(vbo_transfers *group, const char *path, vbo_error *err) {
  vbo_transfer *transfer = new_transfer(group, err);
  if (transfer == NULL) return NULL;
  transfer->login = true;
  transfer->method = vbo_text_copy("POST");
  transfer->path = vbo_text_copy(path);
  if (transfer->method != NULL && transfer->path != NULL) {
    begin(transfer);
    return transfer;
  }
  vbo_transfer_free(transfer);
  vbo_error_memory(err);
  return NULL;
}

/* ------------------------------------------------------------------ waiting */

static bool failed(const vbo_transfer *transfer, vbo_error *err) {
  if (transfer->error.kind == VBO_OK) return false;
  vbo_error_copy(err, &transfer->error);
  return true;
}

bool vbo_transfer_wait(vbo_transfer *transfer, vbo_error *err) {
  /* A pulled one is ready with its head; waiting for its end would fill the ring and stop. */
  while (transfer->state != VBO_STATE_DONE && !(transfer->kind == VBO_SINK_PULL && transfer->head))
    if (vbo_engine_run(transfer->engine, -1, err) < 0) return false;
  return !failed(transfer, err);
}

int64_t vbo_transfer_read(vbo_transfer *transfer, void *buffer, size_t size, vbo_error *err) {
  if (transfer->kind != VBO_SINK_PULL) {
    vbo_error_set(err, VBO_ERROR_USAGE, "only a pulled transfer is read from");
    return -1;
  }
  if (size == 0) {
    vbo_error_set(err, VBO_ERROR_USAGE, "there is no room to read into");
    return -1;
  }
  while (transfer->ring.size == 0) {
    if (transfer->state == VBO_STATE_DONE) return failed(transfer, err) ? -1 : 0;
    if (vbo_engine_run(transfer->engine, -1, err) < 0) return -1;
  }
  size_t taken = vbo_ring_take(&transfer->ring, buffer, size);
  transfer->handed_out = true;
  /* At half, not at each byte: libcurl resumes at the cost of a loop. */
  if (transfer->ring.size <= VBO_RING_CAPACITY / 2) vbo_transfer_resume(transfer);
  return (int64_t)taken;
}

void vbo_transfer_cancel(vbo_transfer *transfer) {
  vbo_transfer_end(transfer, "by the caller");
}

void vbo_transfer_free(vbo_transfer *transfer) {
  if (transfer == NULL) return;
  vbo_transfer_end(transfer, "it was freed");
  vbo_node_unlink(&transfer->ready);
  /* Before the strings are freed: an event that is still due shows the path. */
  vbo_observe_free(&transfer->engine->observer, &transfer->observed);
  vbo_headers_free(&transfer->headers);
  vbo_buffer_free(&transfer->request_body);
  vbo_buffer_free(&transfer->body);
  vbo_ring_free(&transfer->ring);
  vbo_digest_free(transfer->digest);
  vbo_feed_free(transfer->file);
  /* Released last: this may be its last owner. */
  vbo_engine *engine = transfer->engine;
  free(transfer->method);
  free(transfer->path);
  free(transfer->content_type);
  free(transfer->lost);
  free(transfer);
  vbo_engine_release(engine);
}

/* ------------------------------------------------------------------ queries */

bool vbo_transfer_done(const vbo_transfer *transfer) {
  return transfer->state == VBO_STATE_DONE;
}

const vbo_error *vbo_transfer_error(const vbo_transfer *transfer) {
  return transfer->error.kind != VBO_OK ? &transfer->error : NULL;
}

const vbo_error *vbo_transfer_lost(const vbo_transfer *transfer, int attempt) {
  return attempt >= 1 && attempt <= transfer->lost_count ? &transfer->lost[attempt - 1] : NULL;
}

/* Returns the head of the present attempt, else of the last. */
static const vbo_headers *headers_of(const vbo_transfer *transfer) {
  return transfer->exchange != NULL ? vbo_exchange_headers(transfer->exchange) : &transfer->headers;
}

int vbo_transfer_status(const vbo_transfer *transfer) {
  const vbo_headers *headers = headers_of(transfer);
  return headers->complete ? headers->status : 0;
}

const char *vbo_transfer_header(const vbo_transfer *transfer, const char *name) {
  const vbo_headers *headers = headers_of(transfer);
  return headers->complete ? vbo_headers_get(headers, name) : NULL;
}

const char *vbo_transfer_body(const vbo_transfer *transfer, size_t *size) {
  if (size != NULL) *size = transfer->body.size;
  return transfer->body.data != NULL ? transfer->body.data : "";
}

vbo_buffer *vbo_transfer_buffer(vbo_transfer *transfer) {
  return &transfer->body;
}

size_t vbo_transfer_available(const vbo_transfer *transfer) {
  return transfer->ring.size;
}

const char *vbo_transfer_sha256(const vbo_transfer *transfer) {
  return transfer->sha256;
}

bool vbo_transfer_file(const vbo_transfer *transfer, vbo_identity *out) {
  *out = transfer->identity;
  return transfer->saved;
}

const char *vbo_transfer_checked(const vbo_transfer *transfer) {
  return transfer->checked;
}

const char *vbo_transfer_unchecked(const vbo_transfer *transfer) {
  return transfer->unchecked;
}

/* Returns the phase that callers know: settling is receiving, since the file is not there yet. */
static vbo_transfer_phase phase_of(const vbo_transfer *transfer) {
  switch (transfer->state) {
    case VBO_STATE_QUEUE:
    case VBO_STATE_TOKEN:
    case VBO_STATE_PAUSE:
      return VBO_PHASE_QUEUED;
    case VBO_STATE_SETTLING:
      return VBO_PHASE_RECEIVING;
    case VBO_STATE_DONE:
      return VBO_PHASE_DONE;
    case VBO_STATE_RUNNING:
      break;
  }
  if (transfer->answered_at != 0) return VBO_PHASE_RECEIVING;
  return vbo_exchange_uploaded(transfer->exchange) ? VBO_PHASE_PREPARING : VBO_PHASE_SENDING;
}

/* Returns the rest of a pause: its own before a retry, or the server's while it waits for a
 * seat. */
static int64_t pause_of(const vbo_transfer *transfer, int64_t now) {
  vbo_load load = {0};
  if (transfer->state == VBO_STATE_PAUSE) return transfer->retry_at - now;
  if (transfer->state == VBO_STATE_QUEUE)
    vbo_congestion_read(transfer->group->endpoint->congestion, &load);
  return load.pause;
}

void vbo_transfer_progress(const vbo_transfer *transfer, vbo_progress *progress) {
  const vbo_headers *headers = headers_of(transfer);
  int64_t now = transfer->state == VBO_STATE_DONE ? transfer->ended_at : vbo_monotonic_ms();
  int64_t sent =
      transfer->exchange != NULL ? vbo_exchange_sent_at(transfer->exchange) : transfer->sent_at;
  int64_t answered = transfer->answered_at;
  *progress = (vbo_progress){
      .phase = phase_of(transfer),
      .received = transfer->received,
      .expected = headers->complete && headers->status < 300 ? headers->length : -1,
      .elapsed = now - transfer->started_at,
      .waited = sent == 0 ? 0 : (answered != 0 ? answered : now) - sent,
      .attempts = transfer->attempts,
      .pause = pause_of(transfer, now),
      .sent = transfer->exchange != NULL && vbo_exchange_sent(transfer->exchange),
  };
}
