/* auth.h: the token of one client (OAuth 2, RFC 6749 sections 4.3 and 6).
 *
 *          wait                 granted
 *   NONE ─────────► ASKING ─────────────────► VALID
 *    ▲                │  refused, unreachable   │ refused with a 401, or too old
 *    └────────────────┴─────────────────────────┘ when the next one waits
 *
 * However many transfers wait, one request is under way.  This is the state machine alone: it
 * sends through its events and is given the answer, so that it is tested without a network.
 */
#ifndef VBO_AUTH_H
#define VBO_AUTH_H

#include "base/buffer.h"
#include "client/endpoint.h"

typedef enum vbo_auth_state { VBO_AUTH_NONE, VBO_AUTH_ASKING, VBO_AUTH_VALID } vbo_auth_state;

/* The credentials of a login. Owned by the client. */
typedef struct vbo_credentials {
  char *user; /* NULL: the client sends anonymous requests only */
  vbo_secret *password;
  char *path;       /* "/v8/token" */
  char *parameters; /* more of the form, already encoded; NULL: none */
} vbo_credentials;

/* A transfer that needs a token. */
typedef struct vbo_auth_waiter {
  vbo_node node;
  /* `failure` NULL: there is a token now. */
  void (*answered)(void *owner, const vbo_error *failure);
  void *owner;
} vbo_auth_waiter;

/* How a token request ended. */
typedef struct vbo_token_answer {
  const vbo_error *failure;   /* of the exchange; NULL: none */
  const vbo_error *trouble;   /* why reading the body was stopped; NULL: it was not */
  const vbo_headers *headers; /* NULL or incomplete without an answer */
  char *body;                 /* NUL-terminated; redacted in place when it is an error's */
  size_t size;
  int64_t sent_at;
} vbo_token_answer;

/* The actions of the state machine. None may call back into it at once. */
typedef struct vbo_auth_events {
  /* Sends `form`, which stays as it is until `drop`; vbo_auth_answered gets the answer. */
  bool (*send)(void *owner, const vbo_buffer *form, vbo_error *err);
  /* Ends the request under way, if any. */
  void (*drop)(void *owner);
  /* Says that asking for a token begins or is over. */
  void (*asking)(void *owner, bool begins);
  /* Says what asking has shown of the server, just before the waiters are notified. */
  void (*outcome)(void *owner, vbo_outcome outcome);
} vbo_auth_events;

typedef struct vbo_auth {
  vbo_endpoint *endpoint;
  const vbo_credentials *credentials;
  const vbo_auth_events *events;
  void *owner; /* of the events */
  vbo_auth_state state;
  vbo_secret *access;
  vbo_secret *refresh;
  unsigned serial;    /* of the token; another one after each grant */
  bool refused;       /* the server no longer takes the token */
  int64_t refresh_at; /* by the endpoint's timers, like all times here */
  int64_t expires_at;
  vbo_list waiting;
  /* The request under way: */
  bool refreshing; /* with the refresh token */
  int attempts;
  bool pausing;    /* before another attempt */
  vbo_buffer form; /* secure */
  vbo_timer timer; /* the pause's end, or the request's deadline */
} vbo_auth;

void vbo_auth_init(vbo_auth *auth, vbo_endpoint *endpoint, const vbo_credentials *credentials,
                   const vbo_auth_events *events, void *owner);
/* Ends the request and forgets the tokens.  No waiter may be left. */
void vbo_auth_close(vbo_auth *auth);
/* Returns whether there is a token that is not about to expire. */
bool vbo_auth_ready(const vbo_auth *auth);
/* Waits for a token; asks for one unless that is under way already. */
void vbo_auth_wait(vbo_auth *auth, vbo_auth_waiter *waiter);
/* Ends the pause before another attempt: the clean-up needs the token. */
void vbo_auth_hurry(vbo_auth *auth);
/* Takes the answer to the request that `send` began. */
void vbo_auth_answered(vbo_auth *auth, const vbo_token_answer *answer);
/* Says that the server answered 401 to the token with this serial. */
void vbo_auth_refused(vbo_auth *auth, unsigned serial);
/* Appends the header line with the token. */
bool vbo_auth_header(const vbo_auth *auth, vbo_buffer *lines, vbo_error *err);

#endif
