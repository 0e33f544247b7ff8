/* endpoint.h: the server as one client reaches it.
 *
 * Owned by the client; its token requests and its transfers hold a pointer to it while they are
 * under way, which is all that they need of a client. */
#ifndef VBO_ENDPOINT_H
#define VBO_ENDPOINT_H

#include "base/timer.h"
#include "client/congestion.h"
#include "http/http.h"
#include "http/origin.h"

enum { VBO_ENDPOINT_KEEPS = 64 };

typedef struct vbo_endpoint {
  vbo_timers *timers; /* of the engine, like `http` */
  vbo_http *http;
  vbo_congestion *congestion;
  vbo_origin origin;
  vbo_proxy proxy;
  vbo_trust *trust;
  vbo_pool *pool;
  char *user_agent;
  int64_t connect_timeout; /* milliseconds, like all times */
  int64_t idle_timeout;
  int64_t longest_pause;
  int retries;
  vbo_secret *kept[VBO_ENDPOINT_KEEPS]; /* a ring of secrets that were sent, for redaction */
  unsigned kept_next;
} vbo_endpoint;

/* Lets go of the connections and the secrets; no exchange may be under way.  Idempotent. */
void vbo_endpoint_close(vbo_endpoint *endpoint);
/* Frees the rest. */
void vbo_endpoint_free(vbo_endpoint *endpoint);

/* Holds a secret that was sent, so that redaction finds it in later texts even when its own owner
 * is gone: events of a session come late.  The oldest of more than 64 is let go. */
void vbo_endpoint_keep(vbo_endpoint *endpoint, vbo_secret *secret);

/* Starts an exchange on the origin, with this endpoint's settings.  `headers` is taken over, also
 * on failure; `body` outlives the exchange.  `fresh`: on a connection of its own. */
vbo_exchange *vbo_endpoint_exchange(vbo_endpoint *endpoint, const char *method, const char *path,
                                    vbo_buffer *headers, const char *body, size_t body_size,
                                    bool fresh, const vbo_exchange_events *events, void *owner,
                                    vbo_error *err);
/* Fills in where a failure happened: `server` and `request`. */
void vbo_endpoint_place(const vbo_endpoint *endpoint, const char *method, const char *path,
                        vbo_error *err);

#endif
