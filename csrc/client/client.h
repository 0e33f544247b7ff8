/* client.h: one user on one server. */
#ifndef VBO_CLIENT_H
#define VBO_CLIENT_H

#include "client/auth.h"
#include "client/engine.h"
#include "client/token.h"
#include "client/transfer.h"

struct vbo_client {
  bool closed;
  bool journaled;     /* its changes need permits */
  vbo_engine *engine; /* one of its owners */
  vbo_child child;    /* of the engine */
  vbo_endpoint endpoint;
  vbo_credentials credentials;
  vbo_auth auth;
  vbo_token token;
  vbo_transfers transfers;
};

#endif
