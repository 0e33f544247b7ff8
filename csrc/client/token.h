/* token.h: the request that vbo_auth sends for a token. */
#ifndef VBO_TOKEN_H
#define VBO_TOKEN_H

#include "client/auth.h"

typedef struct vbo_token {
  vbo_endpoint *endpoint;
  vbo_auth *auth; /* gets the answer */
  vbo_exchange *exchange;
  vbo_buffer answer; /* secure */
  vbo_error trouble; /* with the answer's body */
} vbo_token;

void vbo_token_init(vbo_token *token, vbo_auth *auth);
/* Sends the form; the answer goes to vbo_auth_answered. */
bool vbo_token_send(vbo_token *token, const vbo_buffer *form, vbo_error *err);
/* Ends the request, if any, and wipes its answer. */
void vbo_token_drop(vbo_token *token);

#endif
