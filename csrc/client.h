/* client.h: one server, one user. */
#ifndef VBO_CLIENT_H
#define VBO_CLIENT_H

#include "auth.h"
#include "congestion.h"
#include "engine.h"
#include "trust.h"

struct vbo_client {
  unsigned owners; /* the caller, and each transfer */
  bool closed;
  vbo_engine *engine;
  vbo_node node;      /* in the engine's clients */
  vbo_list transfers; /* those not done */
  char *origin;
  char *host; /* without brackets */
  char *token_path;
  char *token_parameters;
  char *user;
  vbo_secret *password;
  char *proxy;
  char *user_agent;
  int64_t connect_timeout;
  int64_t idle_timeout;
  int64_t deadline;
  int retries;
  size_t body_limit;
  vbo_trust *trust;
  vbo_pool *pool;
  vbo_congestion *congestion;
  vbo_auth auth;
};

/* Ends all transfers and forgets the secrets; the memory stays. */
void vbo_client_close(vbo_client *client);
void vbo_client_release(vbo_client *client);
/* Begins an exchange with this client's settings on its origin.  `headers` is
 * taken over. */
vbo_exchange *vbo_client_exchange(vbo_client *client, const char *method, const char *path,
                                  vbo_buffer *headers, const char *body, size_t body_size,
                                  bool fresh, const vbo_exchange_events *events, void *owner,
                                  vbo_error *err);
/* Fills in where a failure happened. */
void vbo_client_place(const vbo_client *client, const char *method, const char *path,
                      vbo_error *err);

/* Splits "https://host[:port]" or "host[:port]".  All results are copies; USAGE
 * otherwise. */
bool vbo_origin_parse(const char *url, char **origin, char **host, vbo_error *err);

#endif
