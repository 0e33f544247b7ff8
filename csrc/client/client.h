/* client.h: one server, one user. */
#ifndef VBO_CLIENT_H
#define VBO_CLIENT_H

#include "client/auth.h"
#include "client/congestion.h"
#include "client/engine.h"
#include "http/proxy.h"
#include "http/trust.h"

enum { VBO_CLIENT_KEEPS = 64 };

/* Where a server is, in pieces. */
typedef struct vbo_origin {
  char *name;   /* "https://host:port" */
  char *host;   /* without brackets */
  char *prefix; /* "/backup365", the path of a reverse proxy before every other; "" for none */
} vbo_origin;

struct vbo_client {
  unsigned owners; /* the caller, and each transfer */
  bool closed;
  vbo_engine *engine;
  vbo_node node;      /* in the engine's clients */
  vbo_list transfers; /* those not done */
  vbo_origin origin;
  char *token_path;
  char *token_parameters;
  char *user;
  vbo_secret *password;
  vbo_proxy proxy;
  char *user_agent;
  int64_t connect_timeout;
  int64_t idle_timeout;
  int64_t deadline;
  int64_t longest_pause;
  int retries;
  size_t body_limit;
  vbo_trust *trust;
  vbo_pool *pool;
  vbo_congestion *congestion;
  vbo_secret *kept[VBO_CLIENT_KEEPS]; /* what it sent last, for redaction; NULL: none yet */
  unsigned kept_next;
  vbo_auth auth;
};

/* Ends all transfers and forgets the secrets; the memory stays. */
void vbo_client_close(vbo_client *client);
void vbo_client_release(vbo_client *client);
/* Holds a secret that it sent: as long as it is open (or until it has sent 64 others) no text shows
 * it, be its own owner gone by then.  Events of a session come late. */
void vbo_client_keep(vbo_client *client, vbo_secret *secret);
/* Begins an exchange with this client's settings on its origin.  `headers` is
 * taken over. */
vbo_exchange *vbo_client_exchange(vbo_client *client, const char *method, const char *path,
                                  vbo_buffer *headers, const char *body, size_t body_size,
                                  bool fresh, const vbo_exchange_events *events, void *owner,
                                  vbo_error *err);
/* Fills in where a failure happened. */
void vbo_client_place(const vbo_client *client, const char *method, const char *path,
                      vbo_error *err);

/* Splits "https://host[:port][/path]" or "host[:port][/path]".  USAGE, and nothing to free,
 * for what is no such URL. */
bool vbo_origin_parse(const char *url, vbo_origin *origin, vbo_error *err);
void vbo_origin_free(vbo_origin *origin);

#endif
