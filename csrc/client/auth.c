/* auth.c: see auth.h.
 *
 * Every path ends in `notify` or in a timer, so that each waiter gets an answer. put_away comes
 * before `notify`, since a waiter may begin the next request from inside its callback. */
#include "client/auth.h"

#include <stdio.h>
#include <string.h>

#include "base/redact.h"
#include "base/secret.h"
#include "base/text.h"
#include "client/answer.h"
#include "client/grant.h"
#include "client/retry.h"

enum {
  TOKEN_DEADLINE = 60 * 1000, /* beside the time that a connection may take */
  REFRESH_MARGIN = 60 * 1000
};

static void ask(vbo_auth *auth);
static void on_timer(void *owner);

void vbo_auth_init(vbo_auth *auth, vbo_endpoint *endpoint, const vbo_credentials *credentials,
                   const vbo_auth_events *events, void *owner) {
  *auth = (vbo_auth){.endpoint = endpoint,
                     .credentials = credentials,
                     .events = events,
                     .owner = owner,
                     .form = {.secure = true},
                     .timer = {.fire = on_timer, .owner = auth}};
  vbo_list_init(&auth->waiting);
}

/* Returns the time by the timers' clock, which tests replace (timer.h). */
static int64_t now_ms(const vbo_auth *auth) {
  return vbo_timers_now(auth->endpoint->timers);
}

/* Ends the request, however it went.  The form is freed after the exchange that points to it. */
static void put_away(vbo_auth *auth) {
  vbo_timer_stop(auth->endpoint->timers, &auth->timer);
  auth->events->drop(auth->owner);
  vbo_buffer_free(&auth->form);
}

/* Reports only the two changes that matter to the owner: asking begins, asking is over. */
static void set_state(vbo_auth *auth, vbo_auth_state state) {
  bool before = auth->state == VBO_AUTH_ASKING;
  bool after = state == VBO_AUTH_ASKING;
  auth->state = state;
  if (before != after) auth->events->asking(auth->owner, after);
}

/* Closes after the client has ended its transfers, so that none of them waits here. */
void vbo_auth_close(vbo_auth *auth) {
  set_state(auth, VBO_AUTH_NONE);
  put_away(auth);
  vbo_secret_free(auth->access);
  vbo_secret_free(auth->refresh);
  auth->access = auth->refresh = NULL;
}

/* Counts a token within the margin as missing: the server must still accept it when the request
 * arrives. */
bool vbo_auth_ready(const vbo_auth *auth) {
  return auth->state == VBO_AUTH_VALID && now_ms(auth) < auth->refresh_at;
}

void vbo_auth_refused(vbo_auth *auth, unsigned serial) {
  /* Another transfer's 401 may have led to a new token meanwhile. */
  if (auth->state == VBO_AUTH_VALID && auth->serial == serial) {
    set_state(auth, VBO_AUTH_NONE);
    auth->refused = true;
  }
}

/* Copies the token: `lines` must be a secure buffer. */
bool vbo_auth_header(const vbo_auth *auth, vbo_buffer *lines, vbo_error *err) {
  return vbo_buffer_append_text(lines, "Authorization: Bearer ", err) &&
         vbo_buffer_append(lines, vbo_secret_bytes(auth->access), vbo_secret_size(auth->access),
                           err) &&
         vbo_buffer_append(lines, "", 1, err);
}

/* Notifies all waiters.  They move to a list of our own first: a waiter that is notified may begin
 * to wait again, which must not be answered by the same request. */
static void notify(vbo_auth *auth, vbo_outcome outcome, const vbo_error *failure) {
  vbo_list waiting;
  vbo_list_init(&waiting);
  vbo_list_move(&waiting, &auth->waiting);
  vbo_auth_waiter *waiter = NULL;
  auth->events->outcome(auth->owner, outcome);
  while ((waiter = vbo_list_take(&waiting)) != NULL)
    waiter->answered(waiter->owner, failure);
}

static void fail(vbo_auth *auth, const vbo_error *failure) {
  vbo_error placed = *failure; /* it may belong to the request that is put away */
  put_away(auth);
  vbo_endpoint_place(auth->endpoint, "POST", auth->credentials->path, &placed);
  placed.sent = false; /* the requests that wait for the token were not */
  placed.retryable = vbo_retry_kind(placed.kind) || vbo_retry_status(placed.status);
  vbo_outcome outcome = vbo_retry_kind(placed.kind) ? VBO_OUTCOME_TROUBLE : VBO_OUTCOME_NONE;
  /* A refresh ahead of time that does not reach the server: the old token still holds, and the
   * next transfer tries again. */
  if (placed.retryable && auth->access != NULL && !auth->refused &&
      now_ms(auth) < auth->expires_at) {
    set_state(auth, VBO_AUTH_VALID);
    notify(auth, outcome, NULL);
    return;
  }
  set_state(auth, VBO_AUTH_NONE);
  notify(auth, outcome, &placed);
}

/* Takes over the secrets of the grant and notifies the waiters. */
static void accept_grant(vbo_auth *auth, const vbo_grant *grant, int64_t asked_at) {
  vbo_secret_free(auth->access);
  auth->access = grant->access;
  /* Answers to this token may come in after the next one is there. */
  vbo_endpoint_keep(auth->endpoint, grant->access);
  if (grant->refresh != NULL || !auth->refreshing) {
    vbo_secret_free(auth->refresh); /* RFC 6749 section 6: otherwise the old one stays good */
    auth->refresh = grant->refresh;
    if (grant->refresh != NULL) vbo_endpoint_keep(auth->endpoint, grant->refresh);
  }
  auth->serial++;
  auth->refused = false;
  /* A fifth of a short life: with a whole minute off, a token of one minute would never be
   * ready. */
  int64_t margin = grant->lifetime / 5;
  if (margin > REFRESH_MARGIN) margin = REFRESH_MARGIN;
  /* Counted from the request, on this machine's steady clock: the server's
   * clock may be wrong. */
  auth->expires_at = asked_at + grant->lifetime;
  auth->refresh_at = auth->expires_at - margin;
  put_away(auth);
  set_state(auth, VBO_AUTH_VALID);
  notify(auth, VBO_OUTCOME_GOOD, NULL);
}

/* Turns an answer that is not 2xx into our words. */
static void refusal(const vbo_auth *auth, const vbo_token_answer *answer, vbo_error *err) {
  /* Redacted before anything reads it: a server may repeat the password in its error. */
  size_t size = answer->size > 0 ? vbo_redact(answer->body, answer->size, NULL) : 0;
  vbo_answer_error(answer->headers, answer->body, size, err);
  if (err->status == 400 || err->status == 401 || err->status == 403) {
    char words[sizeof err->message];
    /* vbo_answer_error puts the server's words behind "the server answered 400: ". */
    const char *colon = strstr(err->message, ": ");
    vbo_text_clean(words, sizeof words, colon != NULL ? colon + 2 : "",
                   colon != NULL ? strlen(colon + 2) : 0);
    vbo_error named = *err;
    vbo_error_set(&named, VBO_ERROR_AUTH, "the server refuses the login of %s%s%s",
                  auth->credentials->user, *words != '\0' ? ": " : "", words);
    named.status = err->status;
    memcpy(named.code, err->code, sizeof named.code);
    vbo_error_hint(&named, "check the user name and the password");
    *err = named;
  } else if (err->status == 404) {
    vbo_error_set(err, VBO_ERROR_UNSUPPORTED,
                  "the server has no %s: it does not speak this API "
                  "version, or is not a VB365 server",
                  auth->credentials->path);
    err->status = 404;
    vbo_error_hint(err, "try an older API version; check the host and the port");
  }
}

/* Pauses before another attempt, or fails. A Retry-After beyond the longest pause fails at once. */
static void ask_again(vbo_auth *auth, const vbo_error *failure, const vbo_headers *headers) {
  bool worth =
      failure->status != 0 ? vbo_retry_status(failure->status) : vbo_retry_kind(failure->kind);
  vbo_error noted = *failure;
  bool within = vbo_retry_note(headers, auth->endpoint->longest_pause, &noted);
  if (!worth || !within || auth->attempts > auth->endpoint->retries) {
    fail(auth, &noted);
    return;
  }
  int64_t pause = vbo_retry_pause(auth->attempts, headers);
  put_away(auth);
  auth->pausing = true;
  vbo_timer_set(auth->endpoint->timers, &auth->timer, now_ms(auth) + pause);
}

static void take_grant(vbo_auth *auth, const vbo_token_answer *answer) {
  vbo_error err = {0};
  vbo_grant grant;
  /* The body exceeded its bound, as it would the next time. A broken connection is tried again: if
   * the lost answer has used up the refresh token, the server refuses it and the password
   * follows. */
  if (answer->trouble != NULL)
    fail(auth, answer->trouble);
  else if (answer->failure != NULL)
    ask_again(auth, answer->failure, NULL);
  else if (vbo_grant_parse(answer->body, answer->size, &grant, &err))
    accept_grant(auth, &grant, answer->sent_at);
  else
    fail(auth, &err);
}

void vbo_auth_answered(vbo_auth *auth, const vbo_token_answer *answer) {
  const vbo_headers *headers = answer->headers;
  int status = headers != NULL && headers->complete ? headers->status : 0;
  if (status >= 200 && status < 300) {
    take_grant(auth, answer);
    return;
  }
  if (status == 0 && answer->failure != NULL) {
    ask_again(auth, answer->failure, NULL);
    return;
  }
  if (auth->refreshing && (status == 400 || status == 401)) {
    /* The refresh token is used up or too old: the password, once. */
    put_away(auth);
    vbo_secret_free(auth->refresh);
    auth->refresh = NULL;
    /* With its refresh refused, `fail` must not fall back to the old token either. */
    auth->refused = true;
    auth->attempts = 0;
    ask(auth);
    return;
  }
  vbo_error err = {0};
  refusal(auth, answer, &err);
  ask_again(auth, &err, headers);
}

/* Fills in the form of a password grant (RFC 6749 section 4.3.2) or a refresh (section 6). */
static bool fill_form(vbo_auth *auth, vbo_error *err) {
  const vbo_credentials *login = auth->credentials;
  const vbo_secret *secret = auth->refreshing ? auth->refresh : login->password;
  const char *grant = auth->refreshing ? "refresh_token" : "password";
  vbo_buffer *form = &auth->form;
  if (!vbo_form_append(form, "grant_type", grant, strlen(grant), err)) return false;
  if (!auth->refreshing &&
      !vbo_form_append(form, "username", login->user, strlen(login->user), err))
    return false;
  if (!vbo_form_append(form, grant, vbo_secret_bytes(secret), vbo_secret_size(secret), err))
    return false;
  const char *more = login->parameters;
  return more == NULL || *more == '\0' ||
         (vbo_buffer_append_text(form, "&", err) && vbo_buffer_append_text(form, more, err));
}

/* Returns how long an answer may take: unlike a transfer, a token request has a total timeout,
 * since everything waits for it. */
static int64_t patience(const vbo_auth *auth) {
  return auth->endpoint->connect_timeout + TOKEN_DEADLINE;
}

static void ask(vbo_auth *auth) {
  vbo_error err = {0};
  auth->pausing = false;
  auth->refreshing = auth->refresh != NULL;
  auth->attempts++;
  if (!fill_form(auth, &err) || !auth->events->send(auth->owner, &auth->form, &err)) {
    fail(auth, &err);
    return;
  }
  vbo_timer_set(auth->endpoint->timers, &auth->timer, now_ms(auth) + patience(auth));
}

static void on_timer(void *owner) {
  vbo_auth *auth = owner;
  if (auth->pausing) {
    ask(auth);
    return;
  }
  vbo_error err;
  /* The exchange is still under way: ask_again ends it through put_away. */
  vbo_error_set(&err, VBO_ERROR_TIMEOUT, "no answer to the token request within %.0f s",
                (double)patience(auth) / 1000);
  ask_again(auth, &err, NULL);
}

void vbo_auth_hurry(vbo_auth *auth) {
  /* While a request is under way there is nothing to hurry. */
  if (auth->state == VBO_AUTH_ASKING && auth->pausing)
    vbo_timer_set(auth->endpoint->timers, &auth->timer, now_ms(auth));
}

void vbo_auth_wait(vbo_auth *auth, vbo_auth_waiter *waiter) {
  /* Listed first: `ask` may fail at once, and then notifies this waiter before it returns. */
  vbo_list_append(&auth->waiting, &waiter->node, waiter);
  if (auth->state == VBO_AUTH_ASKING) return;
  set_state(auth, VBO_AUTH_ASKING);
  auth->attempts = 0;
  ask(auth);
}
