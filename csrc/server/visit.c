/* visit.c: one request and its answer; see server.h.
 *
 * A visit begins with libmicrohttpd's first callback for a request and has two owners: the
 * connection, until vbo_visit_end, and the caller, who took it from the queue. After vbo_visit_end
 * it has neither a server nor a connection, but its request stays readable.
 *
 * A connection that waits is suspended: libmicrohttpd does not touch it until it is resumed, which
 * is the only way to answer later without a thread per request (libmicrohttpd manual,
 * MHD_suspend_connection). */
#include "server/visit.h"
#include "server/files.h"
#include "base/system.h"
#include "base/text.h"

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

/* Frees the request with its last owner. The answer was dropped in vbo_visit_end. */
static void release(vbo_visit *visit) {
  if (--visit->references > 0) return;
  for (size_t i = 0; i < visit->header_count; i++) {
    free((void *)visit->headers[i].name); /* ours, const for everybody else */
    free((void *)visit->headers[i].value);
  }
  free(visit->headers);
  free(visit->method);
  free(visit->target);
  vbo_buffer_free(&visit->body);
  free(visit);
}

/* Frees what an answer holds; the connection no longer reads from it. MHD_destroy_response gives up
 * our reference; a response that is queued has the connection's, too. */
static void drop_answer(vbo_visit *visit) {
  if (visit->response) visit->server->mhd.MHD_destroy_response(visit->response);
  visit->response = NULL;
  vbo_reader_free(visit->reader);
  visit->reader = NULL;
  vbo_stream_free(visit->stream);
  visit->stream = NULL;
}

/* memcpy into the right type: a cast of sockaddr would break C's aliasing rules. */
static void write_peer(vbo_visit *visit) {
  const union MHD_ConnectionInfo *info = visit->server->mhd.MHD_get_connection_info(
      visit->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  char host[INET6_ADDRSTRLEN];
  if (!info || !info->client_addr) return;
  if (info->client_addr->sa_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, info->client_addr, sizeof in);
    if (inet_ntop(AF_INET, &in.sin_addr, host, sizeof host))
      snprintf(visit->peer, sizeof visit->peer, "%s:%d", host, ntohs(in.sin_port));
  } else if (info->client_addr->sa_family == AF_INET6) {
    struct sockaddr_in6 in6;
    memcpy(&in6, info->client_addr, sizeof in6);
    if (inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof host))
      snprintf(visit->peer, sizeof visit->peer, "[%s]:%d", host, ntohs(in6.sin6_port));
  }
}

/* libmicrohttpd's hook for logging the target is the only place that sees it undecoded. */
void *vbo_visit_begin(void *context, const char *target, struct MHD_Connection *connection) {
  vbo_server *server = context;
  vbo_visit *visit = calloc(1, sizeof *visit);
  if (!visit) return NULL; /* the handler closes the connection */
  visit->target = vbo_text_copy(target);
  if (!visit->target) {
    free(visit);
    return NULL;
  }
  visit->references = 1;
  visit->server = server;
  visit->connection = connection;
  visit->body.limit = server->max_body;
  /* Linked at the front: the order of `all` has no meaning, and the removal stays constant in
   * time. */
  visit->next = server->all;
  if (server->all) server->all->previous = visit;
  server->all = visit;
  return visit;
}

void vbo_visit_end(void *context, struct MHD_Connection *connection, void **slot,
                   enum MHD_RequestTerminationCode why) {
  (void)connection;
  (void)why;
  vbo_server *server = context;
  vbo_visit *visit = *slot;
  *slot = NULL;
  if (!visit) return;
  drop_answer(visit);
  if (visit->previous)
    visit->previous->next = visit->next;
  else
    server->all = visit->next;
  if (visit->next) visit->next->previous = visit->previous;
  /* A request that was not taken yet leaves the queue: its client closed before it was served. */
  for (vbo_visit **at = &server->queue; *at; at = &(*at)->queue_next)
    if (*at == visit) {
      *at = visit->queue_next;
      if (!*at) server->queue_end = at;
      break;
    }
  visit->previous = visit->next = visit->queue_next = NULL;
  visit->phase = VISIT_GONE;
  visit->connection = NULL;
  visit->server = NULL;
  release(visit);
}

/* ------------------------------------------------------------------- receiving */

/* MHD_NO ends the iteration, not the request; begin_request finds the unfinished field. The count
 * is raised first, so that release() frees what is there. */
static enum MHD_Result copy_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value) {
  (void)kind;
  vbo_visit *visit = context;
  if (visit->header_count == visit->header_capacity) {
    size_t capacity = visit->header_capacity ? 2 * visit->header_capacity : 16;
    vbo_header *headers = realloc(visit->headers, capacity * sizeof *headers);
    if (!headers) return MHD_NO;
    visit->headers = headers;
    visit->header_capacity = capacity;
  }
  vbo_header *header = &visit->headers[visit->header_count++];
  header->name = vbo_text_copy(name);
  header->value = vbo_text_copy(value ? value : "");
  return header->name && header->value ? MHD_YES : MHD_NO;
}

/* Answers from C: such a request is never handed out. */
static enum MHD_Result answer_plainly(vbo_visit *visit, int status, const char *text) {
  const vbo_mhd *mhd = &visit->server->mhd;
  struct MHD_Response *response =
      mhd->MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
  if (!response) return MHD_NO;
  mhd->MHD_add_response_header(response, "Content-Type", "text/plain");
  enum MHD_Result done = mhd->MHD_queue_response(visit->connection, (unsigned)status, response);
  mhd->MHD_destroy_response(response);
  visit->phase = VISIT_SENDING;
  return done;
}

/* 413 is Content Too Large (RFC 9110 section 15.5.14). */
static enum MHD_Result answer_too_large(vbo_visit *visit) {
  return answer_plainly(visit, 413, "the request body is too large\n");
}

/* libmicrohttpd calls the handler at least twice: first with the head alone, when a refusal still
 * spares the client its body; then with pieces of the body, if any; at last with size 0
 * (microhttpd.h, MHD_AccessHandlerCallback). */
static enum MHD_Result begin_request(vbo_visit *visit, const char *method) {
  const vbo_mhd *mhd = &visit->server->mhd;
  visit->begun = true;
  visit->method = vbo_text_copy(method);
  if (!visit->method) return MHD_NO;
  size_t before = visit->header_count;
  mhd->MHD_get_connection_values(visit->connection, MHD_HEADER_KIND, copy_header, visit);
  if (visit->header_count > before && !visit->headers[visit->header_count - 1].value)
    return MHD_NO; /* out of memory in copy_header */
  write_peer(visit);
  /* libmicrohttpd has checked that it is a number; more digits than fit is certainly too much. */
  const char *length =
      mhd->MHD_lookup_connection_value(visit->connection, MHD_HEADER_KIND, "Content-Length");
  errno = 0;
  unsigned long long size = length ? strtoull(length, NULL, 10) : 0;
  if (errno == ERANGE || size > visit->server->max_body) return answer_too_large(visit);
  return MHD_YES;
}

/* After MHD_suspend_connection libmicrohttpd calls the handler again as soon as the connection is
 * resumed, which finds VISIT_READY. */
static enum MHD_Result request_complete(vbo_visit *visit) {
  vbo_server *server = visit->server;
  if (visit->too_large) return answer_too_large(visit);
  visit->phase = VISIT_WAITING;
  visit->suspended = true;
  server->mhd.MHD_suspend_connection(visit->connection);
  *server->queue_end = visit;
  server->queue_end = &visit->queue_next;
  return MHD_YES;
}

/* MHD_NO closes the connection without an answer. */
static enum MHD_Result send_answer(vbo_visit *visit) {
  const vbo_mhd *mhd = &visit->server->mhd;
  if (!visit->response) return MHD_NO; /* the fault that comes instead of an answer */
  enum MHD_Result done =
      mhd->MHD_queue_response(visit->connection, (unsigned)visit->status, visit->response);
  mhd->MHD_destroy_response(visit->response); /* the connection holds it now */
  visit->response = NULL;
  visit->phase = VISIT_SENDING;
  return done;
}

enum MHD_Result vbo_visit_handle(void *context, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *size, void **slot) {
  (void)context;
  (void)connection;
  (void)url; /* decoded in parts already: `target` is what the client sent */
  (void)version;
  vbo_visit *visit = *slot;
  if (!visit) return MHD_NO;
  if (!visit->begun) return begin_request(visit, method);
  if (*size > 0) {
    vbo_error err;
    if (!visit->too_large && !vbo_buffer_append(&visit->body, data, *size, &err)) {
      if (err.kind != VBO_ERROR_LIMIT) return MHD_NO;
      /* In mid-request libmicrohttpd cannot answer: read on to its end, keeping nothing. */
      visit->too_large = true;
      vbo_buffer_free(&visit->body);
    }
    /* 0 says that all bytes were taken. */
    *size = 0;
    return MHD_YES;
  }
  switch (visit->phase) {
    case VISIT_RECEIVING:
      return request_complete(visit);
    case VISIT_READY:
      return send_answer(visit);
    case VISIT_WAITING:
    case VISIT_SENDING:
    case VISIT_GONE:
      break;
  }
  return MHD_YES;
}

/* --------------------------------------------------------------------- sending */

/* MHD_resume_connection only marks the connection; `resumed` makes the loop run another round at
 * once. */
void vbo_visit_resume(vbo_visit *visit) {
  visit->wake_at = 0;
  if (!visit->suspended) return;
  visit->suspended = false;
  visit->server->mhd.MHD_resume_connection(visit->connection);
  visit->server->resumed = true;
}

/* Within read_body the connection may be suspended too; 0 bytes are returned with it (microhttpd.h,
 * MHD_ContentReaderCallback). */
static void sleep_until(vbo_visit *visit, int64_t when) {
  visit->wake_at = when;
  visit->suspended = true;
  visit->server->mhd.MHD_suspend_connection(visit->connection);
}

static int socket_of(const vbo_visit *visit) {
  const union MHD_ConnectionInfo *info = visit->server->mhd.MHD_get_connection_info(
      visit->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? (int)info->connect_fd : -1;
}

/* END_WITH_ERROR closes the connection without the last chunk, so that the client sees a body that
 * is not whole. */
static ssize_t break_off(vbo_visit *visit) {
  if (visit->fault == VBO_FAULT_STALL && !vbo_socket_left(socket_of(visit))) {
    sleep_until(visit, vbo_monotonic_ms() + GLANCE);
    return 0;
  }
  if (visit->fault == VBO_FAULT_RESET) vbo_socket_reset(socket_of(visit));
  return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* Returns how much of `size` may go out now; 0 when the connection was suspended until more may. */
static size_t within_rate(vbo_visit *visit, uint64_t position, size_t size) {
  int64_t now = vbo_monotonic_ms();
  if (visit->rate_since == 0) visit->rate_since = now;
  /* A tenth of a second's worth at the start, so that small answers are not held up. The rate
   * counts from the start and not from the last call, so that the rate is exact on average,
   * whatever the pieces are. */
  double earned = (double)visit->rate * ((double)(now - visit->rate_since) / 1000.0 + 0.1);
  double allowed = earned - (double)position;
  if (allowed >= 1) return allowed < (double)size ? (size_t)allowed : size;
  double wait = (1 - allowed) * 1000.0 / (double)visit->rate;
  /* At least 20 ms, so that a high rate does not become a busy loop. */
  sleep_until(visit, now + (wait < 20 ? 20 : wait > 60000 ? 60000 : (int64_t)wait));
  return 0;
}

/* The fault's place limits the piece, so that exactly fault_at bytes go out before it. */
static ssize_t read_body(void *context, uint64_t position, char *buffer, size_t size) {
  vbo_visit *visit = context;
  if (visit->fault != VBO_FAULT_NONE) {
    uint64_t at = (uint64_t)visit->fault_at;
    if (position >= at) return break_off(visit);
    if (size > at - position) size = (size_t)(at - position);
  }
  if (visit->rate > 0) {
    size = within_rate(visit, position, size);
    if (size == 0) return 0;
  }
  /* A body that cannot be made ends the connection: the client sees that it is not whole. */
  int64_t got = visit->reader ? vbo_reader_read(visit->reader, buffer, size, NULL) : 0;
  if (got < 0) return MHD_CONTENT_READER_END_WITH_ERROR;
  return got > 0 ? (ssize_t)got : MHD_CONTENT_READER_END_OF_STREAM;
}

/* Checks that a name and value stay one header field (RFC 9110 section 5). */
static bool check_header(const vbo_header *header, vbo_error *err) {
  static const char token[] =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
      "abcdefghijklmnopqrstuvwxyz";
  size_t length = strlen(header->name);
  if (length == 0 || strspn(header->name, token) != length)
    return vbo_error_set(err, VBO_ERROR_USAGE, "a header field's name must be a token, got '%s'",
                         header->name);
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

/* Checks before libmicrohttpd does, as it refuses without a reason. */
static bool check_reply(const vbo_reply *reply, vbo_error *err) {
  if (reply->status < 200 || reply->status > 599)
    return vbo_error_set(err, VBO_ERROR_USAGE, "the status must be 200 to 599, got %d",
                         reply->status);
  if (reply->content_length && strpbrk(reply->content_length, "\r\n"))
    return vbo_error_set(err, VBO_ERROR_USAGE, "content_length has more than one line");
  for (size_t i = 0; i < reply->header_count; i++)
    if (!check_header(&reply->headers[i], err)) return false;
  return true;
}

static bool make_response(vbo_visit *visit, const vbo_reply *reply, vbo_error *err) {
  const vbo_mhd *mhd = &visit->server->mhd;
  /* A length that lies is possible only with MHD_RF_INSANITY_HEADER_CONTENT_LENGTH, on a response
   * of unknown size. */
  bool own_framing = reply->content_length || reply->unframed;
  bool plain =
      !own_framing && !reply->breakable && reply->fault == VBO_FAULT_NONE && reply->rate == 0;
  const void *memory = reply->stream ? vbo_stream_memory(reply->stream) : "";
  int64_t size = reply->stream ? vbo_stream_size(reply->stream) : 0;
  visit->stream = vbo_stream_share(reply->stream);
  if (plain && memory) {
    /* Sent together with the head; the visit holds the bytes until the connection is done. */
    visit->response =
        mhd->MHD_create_response_from_buffer((size_t)size, (void *)memory, MHD_RESPMEM_PERSISTENT);
  } else {
    if (reply->stream) {
      visit->reader = vbo_reader_open(reply->stream, err);
      if (!visit->reader) return false;
    }
    /* read_body gets the visit, which the connection keeps until vbo_visit_end. */
    visit->response = mhd->MHD_create_response_from_callback(
        own_framing || size == VBO_STREAM_UNKNOWN ? MHD_SIZE_UNKNOWN : (uint64_t)size, BLOCK,
        read_body, visit, NULL);
  }
  if (!visit->response) return vbo_error_memory(err);
  if (own_framing)
    mhd->MHD_set_response_options(
        visit->response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT | MHD_RF_INSANITY_HEADER_CONTENT_LENGTH,
        MHD_RO_END);
  bool added =
      !reply->content_length || mhd->MHD_add_response_header(visit->response, "Content-Length",
                                                             reply->content_length) != MHD_NO;
  for (size_t i = 0; added && i < reply->header_count; i++)
    /* libmicrohttpd refuses empty values, which HTTP allows: they carry nothing, so they go. */
    added = reply->headers[i].value[0] == '\0' ||
            mhd->MHD_add_response_header(visit->response, reply->headers[i].name,
                                         reply->headers[i].value) != MHD_NO;
  return added || vbo_error_set(err, VBO_ERROR_USAGE, "a header field of this answer is not valid");
}

/* A reply that was refused leaves the visit WAITING, so that the caller may answer otherwise. */
bool vbo_visit_reply(vbo_visit *visit, const vbo_reply *reply, vbo_error *err) {
  if (visit->phase == VISIT_GONE)
    return vbo_error_set(err, VBO_ERROR_CLOSED, "the client of this request has gone");
  if (visit->phase != VISIT_WAITING)
    return vbo_error_set(err, VBO_ERROR_CLOSED, "this request was answered already");
  bool instead = reply->fault != VBO_FAULT_NONE && reply->fault_at < 0;
  if (!instead && (!check_reply(reply, err) || !make_response(visit, reply, err))) {
    drop_answer(visit);
    return false;
  }
  visit->status = reply->status;
  visit->fault = reply->fault;
  visit->fault_at = reply->fault_at;
  visit->rate = reply->rate;
  visit->breakable = reply->breakable;
  visit->phase = VISIT_READY;
  if (instead && reply->fault == VBO_FAULT_STALL)
    visit->wake_at = vbo_monotonic_ms() + GLANCE; /* see vbo_visit_wake */
  else if (reply->delay > 0)
    visit->wake_at = vbo_monotonic_ms() + reply->delay;
  else
    vbo_visit_wake(visit);
  return true;
}

/* A stall instead of an answer keeps the connection suspended; libmicrohttpd would not notice that
 * its client has gone, so that the socket is tested from time to time. */
void vbo_visit_wake(vbo_visit *visit) {
  bool instead = visit->phase == VISIT_READY && !visit->response;
  if (instead && visit->fault == VBO_FAULT_STALL && !vbo_socket_left(socket_of(visit))) {
    visit->wake_at = vbo_monotonic_ms() + GLANCE;
    return;
  }
  if (instead && visit->fault == VBO_FAULT_RESET) vbo_socket_reset(socket_of(visit));
  vbo_visit_resume(visit);
}

/* An answer under way ends in the next call of read_body, which `breakable` guarantees: an answer
 * from memory is sent in one piece (make_response). */
bool vbo_visit_break_off(vbo_visit *visit) {
  bool answered = visit->phase == VISIT_READY || visit->phase == VISIT_SENDING;
  if (!answered || !visit->breakable) return false;
  /* Weather that comes instead of an answer breaks it off as well. */
  if (visit->fault != VBO_FAULT_NONE && visit->fault_at < 0) return true;
  visit->fault = VBO_FAULT_TRUNCATE;
  visit->fault_at = 0;
  vbo_visit_resume(visit);
  return true;
}

/* Without memory for the 500 the connection is resumed without a response, which closes it. */
void vbo_visit_free(vbo_visit *visit) {
  if (!visit) return;
  if (visit->phase == VISIT_WAITING) {
    /* Left unanswered the client would wait for ever, and the connection with it. */
    static const char text[] = "this request was not answered\n";
    vbo_stream *stream = vbo_stream_bytes(text, sizeof text - 1, NULL);
    vbo_reply reply = {.status = 500, .stream = stream};
    if (!vbo_visit_reply(visit, &reply, NULL)) vbo_visit_resume(visit);
    vbo_stream_free(stream);
  }
  release(visit);
}

/* -------------------------------------------------------------------- reading it */

const char *vbo_visit_method(const vbo_visit *visit) {
  return visit->method;
}

const char *vbo_visit_target(const vbo_visit *visit) {
  return visit->target;
}

const vbo_header *vbo_visit_headers(const vbo_visit *visit, size_t *count) {
  *count = visit->header_count;
  return visit->headers;
}

const void *vbo_visit_body(const vbo_visit *visit, size_t *size) {
  *size = visit->body.size;
  return visit->body.data ? visit->body.data : "";
}

const char *vbo_visit_peer(const vbo_visit *visit) {
  return visit->peer;
}

bool vbo_visit_gone(const vbo_visit *visit) {
  return visit->phase == VISIT_GONE;
}
