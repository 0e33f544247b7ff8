/* server_exchange.c: one request and its answer; see server.h. */
#include "server_private.h"
#include "server_system.h"
#include "system.h"
#include "text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
  BLOCK = 64 * 1024,
  GLANCE = 250 /* ms between two looks whether a stalled client is still there */
};

/* ------------------------------------------------------------------ lifetime */

static void release(vbo_exchange *exchange) {
  if (--exchange->references > 0)
    return;
  for (size_t i = 0; i < exchange->header_count; i++) {
    free((void *)(uintptr_t)exchange->headers[i].name); /* ours, const for everybody else */
    free((void *)(uintptr_t)exchange->headers[i].value);
  }
  free(exchange->headers);
  free(exchange->method);
  free(exchange->target);
  vbo_buffer_free(&exchange->body);
  free(exchange);
}

/* What an answer holds; the connection no longer reads from it. */
static void drop_answer(vbo_exchange *exchange) {
  if (exchange->response)
    exchange->server->mhd.MHD_destroy_response(exchange->response);
  exchange->response = NULL;
  vbo_reader_free(exchange->reader);
  exchange->reader = NULL;
  vbo_stream_free(exchange->stream);
  exchange->stream = NULL;
}

static void write_peer(vbo_exchange *exchange) {
  const union MHD_ConnectionInfo *info = exchange->server->mhd.MHD_get_connection_info(
      exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  char host[INET6_ADDRSTRLEN];
  if (!info || !info->client_addr)
    return;
  if (info->client_addr->sa_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, info->client_addr, sizeof in);
    if (inet_ntop(AF_INET, &in.sin_addr, host, sizeof host))
      snprintf(exchange->peer, sizeof exchange->peer, "%s:%d", host, ntohs(in.sin_port));
  } else if (info->client_addr->sa_family == AF_INET6) {
    struct sockaddr_in6 in6;
    memcpy(&in6, info->client_addr, sizeof in6);
    if (inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof host))
      snprintf(exchange->peer, sizeof exchange->peer, "[%s]:%d", host, ntohs(in6.sin6_port));
  }
}

/* libmicrohttpd's hook for logging the target is the only place that sees it undecoded. */
void *vbo_exchange_begin(void *context, const char *target, struct MHD_Connection *connection) {
  vbo_server *server = context;
  vbo_exchange *exchange = calloc(1, sizeof *exchange);
  if (!exchange)
    return NULL; /* the handler closes the connection */
  exchange->target = vbo_text_copy(target);
  if (!exchange->target) {
    free(exchange);
    return NULL;
  }
  exchange->references = 1;
  exchange->server = server;
  exchange->connection = connection;
  exchange->body.limit = server->max_body;
  exchange->next = server->all;
  if (server->all)
    server->all->previous = exchange;
  server->all = exchange;
  return exchange;
}

void vbo_exchange_end(void *context, struct MHD_Connection *connection, void **slot,
                      enum MHD_RequestTerminationCode why) {
  (void)connection;
  (void)why;
  vbo_server *server = context;
  vbo_exchange *exchange = *slot;
  *slot = NULL;
  if (!exchange)
    return;
  drop_answer(exchange);
  if (exchange->previous)
    exchange->previous->next = exchange->next;
  else
    server->all = exchange->next;
  if (exchange->next)
    exchange->next->previous = exchange->previous;
  for (vbo_exchange **at = &server->queue; *at; at = &(*at)->queue_next)
    if (*at == exchange) {
      *at = exchange->queue_next;
      if (!*at)
        server->queue_end = at;
      break;
    }
  exchange->previous = exchange->next = exchange->queue_next = NULL;
  exchange->phase = EXCHANGE_GONE;
  exchange->connection = NULL;
  exchange->server = NULL;
  release(exchange);
}

/* ------------------------------------------------------------------- receiving */

static enum MHD_Result copy_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value) {
  (void)kind;
  vbo_exchange *exchange = context;
  if (exchange->header_count == exchange->header_capacity) {
    size_t capacity = exchange->header_capacity ? 2 * exchange->header_capacity : 16;
    vbo_header *headers = realloc(exchange->headers, capacity * sizeof *headers);
    if (!headers)
      return MHD_NO;
    exchange->headers = headers;
    exchange->header_capacity = capacity;
  }
  vbo_header *header = &exchange->headers[exchange->header_count++];
  header->name = vbo_text_copy(name);
  header->value = vbo_text_copy(value ? value : "");
  return header->name && header->value ? MHD_YES : MHD_NO;
}

static enum MHD_Result answer_plainly(vbo_exchange *exchange, int status, const char *text) {
  const vbo_mhd *mhd = &exchange->server->mhd;
  struct MHD_Response *response = mhd->MHD_create_response_from_buffer(
      strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
  if (!response)
    return MHD_NO;
  mhd->MHD_add_response_header(response, "Content-Type", "text/plain");
  enum MHD_Result done =
      mhd->MHD_queue_response(exchange->connection, (unsigned)status, response);
  mhd->MHD_destroy_response(response);
  exchange->phase = EXCHANGE_SENDING;
  return done;
}

static enum MHD_Result answer_too_large(vbo_exchange *exchange) {
  return answer_plainly(exchange, 413, "the request body is too large\n");
}

static enum MHD_Result begin_request(vbo_exchange *exchange, const char *method) {
  const vbo_mhd *mhd = &exchange->server->mhd;
  exchange->begun = true;
  exchange->method = vbo_text_copy(method);
  if (!exchange->method)
    return MHD_NO;
  size_t before = exchange->header_count;
  mhd->MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, copy_header, exchange);
  if (exchange->header_count > before && !exchange->headers[exchange->header_count - 1].value)
    return MHD_NO; /* out of memory in copy_header */
  write_peer(exchange);
  /* libmicrohttpd has checked that it is a number; more digits than fit is certainly too much. */
  const char *length =
      mhd->MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Content-Length");
  errno = 0;
  unsigned long long size = length ? strtoull(length, NULL, 10) : 0;
  if (errno == ERANGE || size > exchange->server->max_body)
    return answer_too_large(exchange);
  return MHD_YES;
}

static enum MHD_Result request_complete(vbo_exchange *exchange) {
  vbo_server *server = exchange->server;
  if (exchange->too_large)
    return answer_too_large(exchange);
  exchange->phase = EXCHANGE_WAITING;
  exchange->suspended = true;
  server->mhd.MHD_suspend_connection(exchange->connection);
  *server->queue_end = exchange;
  server->queue_end = &exchange->queue_next;
  return MHD_YES;
}

static enum MHD_Result send_answer(vbo_exchange *exchange) {
  const vbo_mhd *mhd = &exchange->server->mhd;
  if (!exchange->response)
    return MHD_NO; /* the fault that comes instead of an answer */
  enum MHD_Result done = mhd->MHD_queue_response(exchange->connection, (unsigned)exchange->status,
                                                 exchange->response);
  mhd->MHD_destroy_response(exchange->response); /* the connection holds it now */
  exchange->response = NULL;
  exchange->phase = EXCHANGE_SENDING;
  return done;
}

enum MHD_Result vbo_exchange_handle(void *context, struct MHD_Connection *connection,
                                    const char *url, const char *method, const char *version,
                                    const char *data, size_t *size, void **slot) {
  (void)context;
  (void)connection;
  (void)url; /* decoded in parts already: `target` is what the client sent */
  (void)version;
  vbo_exchange *exchange = *slot;
  if (!exchange)
    return MHD_NO;
  if (!exchange->begun)
    return begin_request(exchange, method);
  if (*size > 0) {
    vbo_error err;
    if (!exchange->too_large && !vbo_buffer_append(&exchange->body, data, *size, &err)) {
      if (err.kind != VBO_ERROR_LIMIT)
        return MHD_NO;
      /* In mid-request there is no way to answer: read on to its end, keeping nothing. */
      exchange->too_large = true;
      vbo_buffer_free(&exchange->body);
    }
    *size = 0;
    return MHD_YES;
  }
  switch (exchange->phase) {
  case EXCHANGE_RECEIVING:
    return request_complete(exchange);
  case EXCHANGE_READY:
    return send_answer(exchange);
  case EXCHANGE_WAITING:
  case EXCHANGE_SENDING:
  case EXCHANGE_GONE:
    break;
  }
  return MHD_YES;
}

/* --------------------------------------------------------------------- sending */

void vbo_exchange_resume(vbo_exchange *exchange) {
  exchange->wake_at = 0;
  if (!exchange->suspended)
    return;
  exchange->suspended = false;
  exchange->server->mhd.MHD_resume_connection(exchange->connection);
}

static void sleep_until(vbo_exchange *exchange, int64_t when) {
  exchange->wake_at = when;
  exchange->suspended = true;
  exchange->server->mhd.MHD_suspend_connection(exchange->connection);
}

static int socket_of(const vbo_exchange *exchange) {
  const union MHD_ConnectionInfo *info = exchange->server->mhd.MHD_get_connection_info(
      exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? (int)info->connect_fd : -1;
}

static ssize_t break_off(vbo_exchange *exchange) {
  if (exchange->fault == VBO_FAULT_STALL && !vbo_socket_left(socket_of(exchange))) {
    sleep_until(exchange, vbo_monotonic_ms() + GLANCE);
    return 0;
  }
  if (exchange->fault == VBO_FAULT_RESET)
    vbo_socket_reset(socket_of(exchange));
  return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* How much of `size` may go out now; 0 when the connection was put to sleep until more may. */
static size_t within_rate(vbo_exchange *exchange, uint64_t position, size_t size) {
  int64_t now = vbo_monotonic_ms();
  if (exchange->rate_since == 0)
    exchange->rate_since = now;
  /* A tenth of a second's worth at the start, so that small answers are not held up. */
  double earned = (double)exchange->rate * ((double)(now - exchange->rate_since) / 1000.0 + 0.1);
  double allowed = earned - (double)position;
  if (allowed >= 1)
    return allowed < (double)size ? (size_t)allowed : size;
  double wait = (1 - allowed) * 1000.0 / (double)exchange->rate;
  sleep_until(exchange, now + (wait < 20 ? 20 : wait > 60000 ? 60000 : (int64_t)wait));
  return 0;
}

static ssize_t read_body(void *context, uint64_t position, char *buffer, size_t size) {
  vbo_exchange *exchange = context;
  if (exchange->fault != VBO_FAULT_NONE) {
    uint64_t at = (uint64_t)exchange->fault_at;
    if (position >= at)
      return break_off(exchange);
    if (size > at - position)
      size = (size_t)(at - position);
  }
  if (exchange->rate > 0) {
    size = within_rate(exchange, position, size);
    if (size == 0)
      return 0;
  }
  /* A body that cannot be made ends the connection: the client sees that it is not whole. */
  int64_t got = exchange->reader ? vbo_reader_read(exchange->reader, buffer, size, NULL) : 0;
  if (got < 0)
    return MHD_CONTENT_READER_END_WITH_ERROR;
  return got > 0 ? (ssize_t)got : MHD_CONTENT_READER_END_OF_STREAM;
}

/* A name and value that stay one header field whatever they hold (RFC 9110 section 5). */
static bool check_header(const vbo_header *header, vbo_error *err) {
  static const char token[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz";
  size_t length = strlen(header->name);
  if (length == 0 || strspn(header->name, token) != length)
    return vbo_error_set(err, VBO_ERROR_USAGE, "'%s' is no header field's name", header->name);
  if (strpbrk(header->value, "\r\n"))
    return vbo_error_set(err, VBO_ERROR_USAGE, "the value of '%s' has more than one line",
                         header->name);
  if (vbo_ascii_equal(header->name, length, "Content-Length", 14) ||
      vbo_ascii_equal(header->name, length, "Transfer-Encoding", 17)) {
    vbo_error_set(err, VBO_ERROR_USAGE, "'%s' follows from the body", header->name);
    vbo_error_hint(err, "content_length= and unframed= give wrong ones");
    return false;
  }
  return true;
}

static bool check_reply(const vbo_reply *reply, vbo_error *err) {
  if (reply->status < 200 || reply->status > 599)
    return vbo_error_set(err, VBO_ERROR_USAGE, "an answer's status is 200 to 599, not %d",
                         reply->status);
  if (reply->content_length && strpbrk(reply->content_length, "\r\n"))
    return vbo_error_set(err, VBO_ERROR_USAGE, "content_length has more than one line");
  for (size_t i = 0; i < reply->header_count; i++)
    if (!check_header(&reply->headers[i], err))
      return false;
  return true;
}

static bool make_response(vbo_exchange *exchange, const vbo_reply *reply, vbo_error *err) {
  const vbo_mhd *mhd = &exchange->server->mhd;
  bool own_framing = reply->content_length || reply->unframed;
  bool plain = !own_framing && reply->fault == VBO_FAULT_NONE && reply->rate == 0;
  const void *memory = reply->stream ? vbo_stream_memory(reply->stream) : "";
  int64_t size = reply->stream ? vbo_stream_size(reply->stream) : 0;
  exchange->stream = vbo_stream_share(reply->stream);
  if (plain && memory) {
    /* Sent together with the head; the exchange holds the bytes until the connection is done. */
    exchange->response = mhd->MHD_create_response_from_buffer(
        (size_t)size, (void *)(uintptr_t)memory, MHD_RESPMEM_PERSISTENT);
  } else {
    if (reply->stream) {
      exchange->reader = vbo_reader_open(reply->stream, err);
      if (!exchange->reader)
        return false;
    }
    exchange->response = mhd->MHD_create_response_from_callback(
        own_framing || size == VBO_STREAM_UNKNOWN ? MHD_SIZE_UNKNOWN : (uint64_t)size, BLOCK,
        read_body, exchange, NULL);
  }
  if (!exchange->response)
    return vbo_error_memory(err);
  if (own_framing)
    mhd->MHD_set_response_options(
        exchange->response,
        MHD_RF_HTTP_1_0_COMPATIBLE_STRICT | MHD_RF_INSANITY_HEADER_CONTENT_LENGTH, MHD_RO_END);
  bool added = !reply->content_length ||
               mhd->MHD_add_response_header(exchange->response, "Content-Length",
                                            reply->content_length) != MHD_NO;
  for (size_t i = 0; added && i < reply->header_count; i++)
    /* libmicrohttpd refuses empty values, which HTTP allows: they carry nothing, so they go. */
    added = reply->headers[i].value[0] == '\0' ||
            mhd->MHD_add_response_header(exchange->response, reply->headers[i].name,
                                         reply->headers[i].value) != MHD_NO;
  return added || vbo_error_set(err, VBO_ERROR_USAGE, "a header field of this answer is not valid");
}

bool vbo_exchange_reply(vbo_exchange *exchange, const vbo_reply *reply, vbo_error *err) {
  if (exchange->phase == EXCHANGE_GONE)
    return vbo_error_set(err, VBO_ERROR_CLOSED, "the client of this request has gone");
  if (exchange->phase != EXCHANGE_WAITING)
    return vbo_error_set(err, VBO_ERROR_CLOSED, "this request was answered already");
  bool instead = reply->fault != VBO_FAULT_NONE && reply->fault_at < 0;
  if (!instead && (!check_reply(reply, err) || !make_response(exchange, reply, err))) {
    drop_answer(exchange);
    return false;
  }
  exchange->status = reply->status;
  exchange->fault = reply->fault;
  exchange->fault_at = reply->fault_at;
  exchange->rate = reply->rate;
  exchange->phase = EXCHANGE_READY;
  if (instead && reply->fault == VBO_FAULT_STALL)
    exchange->wake_at = vbo_monotonic_ms() + GLANCE; /* see vbo_exchange_wake */
  else if (reply->delay > 0)
    exchange->wake_at = vbo_monotonic_ms() + reply->delay;
  else
    vbo_exchange_wake(exchange);
  return true;
}

void vbo_exchange_wake(vbo_exchange *exchange) {
  bool instead = exchange->phase == EXCHANGE_READY && !exchange->response;
  if (instead && exchange->fault == VBO_FAULT_STALL && !vbo_socket_left(socket_of(exchange))) {
    exchange->wake_at = vbo_monotonic_ms() + GLANCE;
    return;
  }
  if (instead && exchange->fault == VBO_FAULT_RESET)
    vbo_socket_reset(socket_of(exchange));
  vbo_exchange_resume(exchange);
}

void vbo_exchange_free(vbo_exchange *exchange) {
  if (!exchange)
    return;
  if (exchange->phase == EXCHANGE_WAITING) {
    /* Left unanswered the client would wait for ever, and the connection with it. */
    static const char text[] = "nobody answered this request\n";
    vbo_stream *stream = vbo_stream_bytes(text, sizeof text - 1, NULL);
    vbo_reply reply = {.status = 500, .stream = stream};
    if (!vbo_exchange_reply(exchange, &reply, NULL))
      vbo_exchange_resume(exchange);
    vbo_stream_free(stream);
  }
  release(exchange);
}

/* -------------------------------------------------------------------- reading it */

const char *vbo_exchange_method(const vbo_exchange *exchange) {
  return exchange->method;
}

const char *vbo_exchange_target(const vbo_exchange *exchange) {
  return exchange->target;
}

const vbo_header *vbo_exchange_headers(const vbo_exchange *exchange, size_t *count) {
  *count = exchange->header_count;
  return exchange->headers;
}

const void *vbo_exchange_body(const vbo_exchange *exchange, size_t *size) {
  *size = exchange->body.size;
  return exchange->body.data ? exchange->body.data : "";
}

const char *vbo_exchange_peer(const vbo_exchange *exchange) {
  return exchange->peer;
}

bool vbo_exchange_gone(const vbo_exchange *exchange) {
  return exchange->phase == EXCHANGE_GONE;
}
