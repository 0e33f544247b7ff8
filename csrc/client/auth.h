/* auth.h: the token of one client (OAuth 2, RFC 6749 sections 4.3 and 6).
 *
 *          wait                 granted
 *   NONE ─────────► ASKING ─────────────────► VALID
 *    ▲                │  refused, unreachable   │ refused with a 401, or too old
 *    └────────────────┴─────────────────────────┘ when the next one waits
 *
 * However many transfers wait, one request is under way.
 */
#ifndef VBO_AUTH_H
#define VBO_AUTH_H

#include "base/buffer.h"
#include "http/http.h"
#include "base/list.h"
#include "base/timer.h"

typedef enum vbo_auth_state { VBO_AUTH_NONE, VBO_AUTH_ASKING, VBO_AUTH_VALID } vbo_auth_state;

/* Somebody who needs a token. */
typedef struct vbo_auth_waiter {
  vbo_node node;
  /* `failure` NULL: there is a token now. */
  void (*answered)(void *owner, const vbo_error *failure);
  void *owner;
} vbo_auth_waiter;

typedef struct vbo_auth {
  vbo_client *client;
  vbo_auth_state state;
  vbo_secret *access;
  vbo_secret *refresh;
  unsigned serial;    /* of the token; another one after each grant */
  bool refused;       /* the server no longer takes the token */
  int64_t refresh_at; /* vbo_monotonic_ms */
  int64_t expires_at;
  vbo_list waiting;
  /* The request under way: */
  bool refreshing; /* with the refresh token */
  int attempts;
  bool pausing; /* before another attempt */
  vbo_exchange *exchange;
  vbo_buffer form;   /* secure */
  vbo_buffer answer; /* secure */
  vbo_error trouble; /* with the answer's body */
  vbo_timer timer;   /* the pause's end, or the request's deadline */
} vbo_auth;

void vbo_auth_init(vbo_auth *auth, vbo_client *client);
/* Forgets everything; nobody may be waiting any more. */
void vbo_auth_close(vbo_auth *auth);
/* There is a token and it is not about to expire. */
bool vbo_auth_ready(const vbo_auth *auth);
/* Waits for a token; asks for one unless that is under way already. */
void vbo_auth_wait(vbo_auth *auth, vbo_auth_waiter *waiter);
/* Ends the pause before another attempt: the clean-up needs the token. */
void vbo_auth_hurry(vbo_auth *auth);
/* The server answered 401 to the token with this serial. */
void vbo_auth_refused(vbo_auth *auth, unsigned serial);
/* Appends the header line with the token. */
bool vbo_auth_header(const vbo_auth *auth, vbo_buffer *lines, vbo_error *err);

/* What is in a token answer.  `access` and `refresh` are new secrets, `refresh`
 * NULL when there is none; `lifetime` is in milliseconds. */
typedef struct vbo_grant {
  vbo_secret *access;
  vbo_secret *refresh;
  int64_t lifetime;
} vbo_grant;

/* PROTOCOL when it is no token answer. */
bool vbo_grant_parse(const char *text, size_t size, vbo_grant *grant, vbo_error *err);
/* Appends "name=value", form-encoded, with "&" in front unless it is the first. */
bool vbo_form_append(vbo_buffer *form, const char *name, const char *value, size_t size,
                     vbo_error *err);

#endif
