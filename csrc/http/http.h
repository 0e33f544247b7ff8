/* http.h: single requests over HTTPS. multi.c, exchange.c and failure.c alone use libcurl.
 *
 * HTTP/1.1 only: a change must be provably sent at most once, for which it gets a connection of
 * its own. HTTP/2 would mix it with other streams, and lets libcurl repeat refused ones by itself.
 */
#ifndef VBO_HTTP_H
#define VBO_HTTP_H

#include "http/headers.h"
#include "http/proxy.h"
#include "http/trust.h"

/* Carries exchanges (a libcurl multi). */
typedef struct vbo_http vbo_http;
/* The idle connections of one client: never used for another, whose rules of
 * trust may differ (a libcurl share). */
typedef struct vbo_pool vbo_pool;
/* One request, sent once, and its answer. */
typedef struct vbo_exchange vbo_exchange;

/* Creates it. UNSUPPORTED when this libcurl is too old or does not use OpenSSL. */
vbo_http *vbo_http_new(vbo_error *err);
/* Moves everything that can move, without waiting; calls `done` events. */
void vbo_http_perform(vbo_http *http);
/* Returns a number that grows whenever a request goes out or bytes of an answer come in. */
uint64_t vbo_http_moves(const vbo_http *http);
/* Waits until something can move, for up to `timeout_ms`. */
void vbo_http_poll(vbo_http *http, int timeout_ms);
/* Ends a poll, from any thread. It writes one byte to a socket, which a signal handler may. */
void vbo_http_wakeup(vbo_http *http);
void vbo_http_free(vbo_http *http);

vbo_pool *vbo_pool_new(vbo_error *err);
void vbo_pool_free(vbo_pool *pool);

typedef enum vbo_taking {
  VBO_TAKEN,
  VBO_HOLD, /* nothing taken: offer the same bytes again after vbo_exchange_resume */
  VBO_STOP  /* stops the exchange */
} vbo_taking;

/* The callbacks of an exchange. All but `done` run inside libcurl: they must neither free nor
 * start an exchange. `done` may do both. */
typedef struct vbo_exchange_events {
  /* The first line of an answer came in. */
  void (*begun)(void *owner);
  /* It was an interim one (1xx); the server goes on working. */
  void (*interim)(void *owner);
  /* The final answer's head is complete; false stops the exchange. */
  bool (*head)(void *owner, const vbo_headers *headers);
  vbo_taking (*body)(void *owner, const char *bytes, size_t size);
  /* The exchange ended. `failure` is NULL when libcurl saw a whole answer. */
  void (*done)(void *owner, const vbo_error *failure);
  bool secret; /* the answer is one: its bytes are wiped everywhere */
} vbo_exchange_events;

typedef struct vbo_exchange_options {
  const char *method;
  const char *url;
  vbo_buffer *headers; /* "Name: value\0…"; taken over, also on failure */
  const char *body;    /* NULL: none; must outlive the exchange */
  size_t body_size;
  bool fresh;             /* on a connection of its own */
  const vbo_proxy *proxy; /* outlives the exchange */
  const char *user_agent;
  int64_t connect_timeout;
  vbo_trust *trust;
  vbo_pool *pool;
  const vbo_exchange_events *events;
  void *owner;
} vbo_exchange_options;

vbo_exchange *vbo_exchange_start(vbo_http *http, const vbo_exchange_options *options,
                                 vbo_error *err);
/* Offers held bytes again.  Runs `body` events at once. */
void vbo_exchange_resume(vbo_exchange *exchange);
/* Returns whether the request may have left this machine. False proves that it did not. */
bool vbo_exchange_sent(const vbo_exchange *exchange);
/* Return when it was sent and when its answer began (vbo_monotonic_ms); 0 before. */
int64_t vbo_exchange_sent_at(const vbo_exchange *exchange);
int64_t vbo_exchange_answered_at(const vbo_exchange *exchange);
/* Returns when the first bytes of an answer came in, even less than a line; 0 before. */
int64_t vbo_exchange_heard_at(const vbo_exchange *exchange);
/* Returns whether all of the body has been handed to the connection. */
bool vbo_exchange_uploaded(const vbo_exchange *exchange);
const vbo_headers *vbo_exchange_headers(const vbo_exchange *exchange);
/* Moves the head to `out`, which must be empty. */
void vbo_exchange_take_headers(vbo_exchange *exchange, vbo_headers *out);
/* Ends it at any point, without `done`. */
void vbo_exchange_free(vbo_exchange *exchange);

/* Returns the seconds since 1970 of an HTTP date (RFC 9110 section 5.6.7); -1 for any other text.
 */
int64_t vbo_http_date(const char *text);

#endif
