/* transfer_answer.c: an answer on its way into memory, a file or a puller, and whether it is whole.
 *
 * The events run inside libcurl, where an exchange must be neither freed nor started. A finding is
 * noted in `local`, stops the exchange, and is reported by vbo_transfer_judge. */
#include <string.h>

#include "client/answer.h"
#include "json/json.h"
#include "base/redact.h"
#include "client/retry.h"
#include "base/system.h"
#include "client/transfer.h"

enum { ERROR_BODY = 1024 * 1024, RESERVE_MOST = 16 << 20 };

static bool is_success(int status) {
  return status >= 200 && status < 300;
}

/* ------------------------------------------------------------------ events */

/* The first byte of an answer ends the time without a limit: from here on silence is bounded. */
static void on_begun(void *owner) {
  vbo_transfer *transfer = owner;
  if (transfer->answered_at == 0) transfer->answered_at = transfer->moved_at = vbo_monotonic_ms();
  vbo_transfer_arm(transfer);
}

/* An interim answer is not the answer: the server may take its time again. */
static void on_interim(void *owner) {
  vbo_transfer *transfer = owner;
  transfer->answered_at = 0;
  transfer->looked_at = vbo_monotonic_ms();
  vbo_transfer_arm(transfer);
}

/* Refuses a 2xx head that this sink cannot take, before gigabytes come in. */
static bool head_fits(vbo_transfer *transfer, const vbo_headers *headers) {
  vbo_framing framing = vbo_headers_framing(headers);
  int status = headers->status;
  vbo_error *err = &transfer->local;
  /* No request here has a Range (RFC 9110 section 15.3.7). */
  if (status == 206)
    return vbo_error_set(err, VBO_ERROR_PROTOCOL,
                         "the server sent a part (206) where the whole was asked for");
  if (transfer->kind == VBO_SINK_MEMORY) {
    transfer->body.limit = transfer->body_limit;
    if (headers->length > 0 && (uint64_t)headers->length > transfer->body.limit)
      return vbo_error_set(err, VBO_ERROR_LIMIT,
                           "the answer has %lld bytes; %zu are allowed in memory",
                           (long long)headers->length, transfer->body.limit);
    /* In one piece, except for a length that may be a lie. */
    return headers->length <= 0 || headers->length > RESERVE_MOST ||
           vbo_buffer_reserve(&transfer->body, (size_t)headers->length, err);
  }
  if (framing == VBO_FRAMING_NONE || status == 205)
    return vbo_error_set(err, VBO_ERROR_PROTOCOL, "the server answered %d, with nothing to save",
                         status);
  if (framing == VBO_FRAMING_CLOSE) {
    vbo_error_set(
        err, VBO_ERROR_INTEGRITY,
        "the answer has neither a Content-Length nor chunks: it cannot be known to be whole");
    vbo_error_hint(err, "look for a proxy between here and the server that strips Content-Length");
    return false;
  }
  return true;
}

static bool on_head(void *owner, const vbo_headers *headers) {
  vbo_transfer *transfer = owner;
  transfer->moved_at = vbo_monotonic_ms();
  if (!is_success(headers->status)) {
    /* Beyond it keep_error stops the exchange: the status decides in any case. */
    transfer->body.limit = ERROR_BODY;
    return true;
  }
  if (!head_fits(transfer, headers)) return false;
  transfer->head = true;
  if (transfer->file != NULL && !vbo_feed_expect(transfer->file, headers->length, &transfer->local))
    return false;
  /* A slow reader must not keep other requests from the server. */
  if (transfer->kind == VBO_SINK_PULL)
    vbo_congestion_stand(transfer->group->endpoint->congestion, &transfer->seat, VBO_OUTCOME_GOOD);
  return true;
}

/* Puts bytes into the ring, or holds the sender until the puller has made room for all of them:
 * libcurl offers the same ones again. */
static vbo_taking pull(vbo_transfer *transfer, const char *bytes, size_t size) {
  /* The ring is larger than libcurl's buffer: an empty one always has room, so that a hold ends. */
  if (vbo_ring_space(&transfer->ring) < size) {
    transfer->held = true;
    return VBO_HOLD;
  }
  /* Never a part of the bytes: libcurl knows only "all taken" and "none taken". */
  if (!vbo_digest_add(transfer->digest, bytes, size, &transfer->local) ||
      !vbo_ring_put(&transfer->ring, bytes, size, &transfer->local))
    return VBO_STOP;
  vbo_engine_report(transfer->engine, &transfer->ready, transfer);
  return VBO_TAKEN;
}

/* Hands bytes to the file's feed, or holds the sender until it takes them. */
static vbo_taking save(vbo_transfer *transfer, const char *bytes, size_t size) {
  vbo_feeding feeding = VBO_FED;
  if (!vbo_feed_take(transfer->file, bytes, size, &feeding, &transfer->local)) return VBO_STOP;
  transfer->held = feeding == VBO_FEED_FULL;
  return transfer->held ? VBO_HOLD : VBO_TAKEN;
}

/* Keeps as much of an error's body as fits, and stops. */
static vbo_taking keep_error(vbo_transfer *transfer, const char *bytes, size_t size) {
  size_t space = transfer->body.limit - transfer->body.size;
  if (!vbo_buffer_append(&transfer->body, bytes, size < space ? size : space, &transfer->local))
    return VBO_STOP;
  return size < space ? VBO_TAKEN : VBO_STOP;
}

static vbo_taking on_body(void *owner, const char *bytes, size_t size) {
  vbo_transfer *transfer = owner;
  transfer->moved_at = vbo_monotonic_ms();
  if (transfer->local.kind != VBO_OK) return VBO_STOP;
  if (!transfer->head) return keep_error(transfer, bytes, size);
  vbo_taking taking = VBO_TAKEN;
  switch (transfer->kind) {
    case VBO_SINK_MEMORY:
      if (!vbo_buffer_append(&transfer->body, bytes, size, &transfer->local)) {
        if (transfer->local.kind == VBO_ERROR_LIMIT)
          vbo_error_set(&transfer->local, VBO_ERROR_LIMIT,
                        "the answer has more than the %zu bytes that are allowed in memory",
                        transfer->body.limit);
        taking = VBO_STOP;
      }
      break;
    case VBO_SINK_FILE:
      taking = save(transfer, bytes, size);
      break;
    case VBO_SINK_PULL:
      taking = pull(transfer, bytes, size);
      break;
  }
  if (taking == VBO_TAKEN) transfer->received += (int64_t)size;
  return taking;
}

const vbo_exchange_events vbo_transfer_events = {on_begun, on_interim,         on_head,
                                                 on_body,  vbo_transfer_ended, .secret = false};

/* ---------------------------------------------------------------- judgment */

static bool cut_short(vbo_transfer *transfer, const vbo_error *failure, vbo_error *err) {
  if (transfer->headers.length >= 0)
    return vbo_error_set(err, VBO_ERROR_INTEGRITY, "the answer was cut short: %lld of %lld bytes",
                         (long long)transfer->received, (long long)transfer->headers.length);
  return vbo_error_set(err, VBO_ERROR_INTEGRITY, "the answer was cut short after %lld bytes%s%s",
                       (long long)transfer->received, failure != NULL ? ": " : "",
                       failure != NULL ? failure->message : "");
}

/* Returns whether a 2xx answer is complete. */
static bool is_whole(vbo_transfer *transfer, const vbo_error *failure, bool *repeat,
                     vbo_error *err) {
  /* A connection that breaks inside the body is a cut answer, whatever libcurl calls it. */
  if (failure != NULL && failure->kind == VBO_ERROR_NETWORK) {
    *repeat = true;
    return cut_short(transfer, failure, err);
  }
  if (failure != NULL) {
    *repeat = vbo_retry_kind(failure->kind);
    *err = *failure;
    return false;
  }
  switch (vbo_headers_framing(&transfer->headers)) {
    case VBO_FRAMING_LENGTH:
      if (transfer->received == transfer->headers.length) return true;
      *repeat = true;
      return cut_short(transfer, NULL, err);
    case VBO_FRAMING_CLOSE:
      /* Only memory comes here (head_fits refuses the others). JSON shows where it ends. */
      if (vbo_json_complete(transfer->body.data, transfer->body.size)) return true;
      *repeat = true;
      return vbo_error_set(err, VBO_ERROR_INTEGRITY,
                           "the answer has no stated end and is not one whole JSON document");
    case VBO_FRAMING_CHUNKS: /* libcurl has seen the last one */
    case VBO_FRAMING_NONE:
      break;
  }
  return true;
}

/* Finishes what only a whole answer has: the hash. */
static bool deliver(vbo_transfer *transfer, vbo_error *err) {
  switch (transfer->kind) {
    case VBO_SINK_PULL:
      return vbo_digest_finish(transfer->digest, transfer->sha256, err);
    case VBO_SINK_FILE: /* its worker hashes it, and reports later */
    case VBO_SINK_MEMORY:
      break;
  }
  return true;
}

bool vbo_transfer_judge(vbo_transfer *transfer, const vbo_error *failure, bool *repeat,
                        vbo_error *err) {
  const vbo_headers *headers = &transfer->headers;
  *repeat = false;
  /* Our own finding stopped the exchange, and libcurl's failure is its effect. */
  if (transfer->local.kind != VBO_OK) {
    *err = transfer->local;
    return false;
  }
  if (!headers->complete) {
    if (failure == NULL) return vbo_error_set(err, VBO_ERROR_PROTOCOL, "there is no answer");
    *err = *failure;
    *repeat = vbo_retry_kind(failure->kind);
    return false;
  }
  if (!is_success(headers->status)) {
    /* The status decides, whatever became of the body. It is meant to be shown, and servers repeat
     * what they were sent. */
    if (transfer->body.size > 0) {
      transfer->body.size = vbo_redact(transfer->body.data, transfer->body.size, NULL);
      transfer->body.data[transfer->body.size] = '\0';
    }
    vbo_answer_error(headers, transfer->body.data, transfer->body.size, err);
    transfer->refused = vbo_answer_refuses(headers, transfer->body.data, transfer->body.size);
    *repeat = vbo_retry_status(headers->status);
    return false;
  }
  return is_whole(transfer, failure, repeat, err) && deliver(transfer, err);
}

bool vbo_transfer_reset(vbo_transfer *transfer, vbo_error *err) {
  transfer->received = transfer->sent_at = transfer->answered_at = 0;
  transfer->head = transfer->held = transfer->refused = false;
  transfer->local.kind = VBO_OK;
  vbo_headers_free(&transfer->headers);
  vbo_buffer_free(&transfer->body);
  /* No byte of the ring was handed out: may_repeat has checked it, and an answer of 401 never goes
   * into the ring. */
  vbo_ring_clear(&transfer->ring);
  if (transfer->digest != NULL && !vbo_digest_reset(transfer->digest, err)) return false;
  if (transfer->file != NULL) vbo_feed_restart(transfer->file);
  return true;
}
