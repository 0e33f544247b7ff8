/* auth.c: asking for a token, once for all who wait. */
#include "client/auth.h"

#include <stdlib.h>
#include <string.h>

#include "client/answer.h"
#include "client/client.h"
#include "json/json.h"
#include "base/redact.h"
#include "client/retry.h"
#include "base/secret.h"
#include "base/system.h"
#include "base/text.h"

enum {
  TOKEN_ANSWER = 64 * 1024,
  TOKEN_DEADLINE = 60 * 1000, /* beside the time that a connection may take */
  REFRESH_MARGIN = 60 * 1000
};

static void ask(vbo_auth *auth);
static void on_timer(void *owner);

void vbo_auth_init(vbo_auth *auth, vbo_client *client) {
  *auth = (vbo_auth){.client = client,
                     .form = {.secure = true},
                     .answer = {.secure = true, .limit = TOKEN_ANSWER},
                     .timer = {.fire = on_timer, .owner = auth}};
  vbo_list_init(&auth->waiting);
}

static vbo_timers *timers(vbo_auth *auth) {
  return &auth->client->engine->timers;
}

/* The request is over, however it went. */
static void put_away(vbo_auth *auth) {
  vbo_timer_stop(timers(auth), &auth->timer);
  vbo_exchange_free(auth->exchange);
  auth->exchange = NULL;
  vbo_buffer_free(&auth->form);
  vbo_buffer_free(&auth->answer);
}

static void set_state(vbo_auth *auth, vbo_auth_state state) {
  auth->client->engine->asking += (state == VBO_AUTH_ASKING) - (auth->state == VBO_AUTH_ASKING);
  auth->state = state;
}

void vbo_auth_close(vbo_auth *auth) {
  set_state(auth, VBO_AUTH_NONE);
  put_away(auth);
  vbo_secret_free(auth->access);
  vbo_secret_free(auth->refresh);
  auth->access = auth->refresh = NULL;
}

bool vbo_auth_ready(const vbo_auth *auth) {
  return auth->state == VBO_AUTH_VALID && vbo_monotonic_ms() < auth->refresh_at;
}

void vbo_auth_refused(vbo_auth *auth, unsigned serial) {
  /* Another transfer's 401 may have led to a new token meanwhile. */
  if (auth->state == VBO_AUTH_VALID && auth->serial == serial) {
    set_state(auth, VBO_AUTH_NONE);
    auth->refused = true;
  }
}

bool vbo_auth_header(const vbo_auth *auth, vbo_buffer *lines, vbo_error *err) {
  return vbo_buffer_append_text(lines, "Authorization: Bearer ", err) &&
         vbo_buffer_append(lines, vbo_secret_bytes(auth->access), vbo_secret_size(auth->access),
                           err) &&
         vbo_buffer_append(lines, "", 1, err);
}

/* Tells all who wait.  They may begin to wait again meanwhile. */
static void tell(vbo_auth *auth, const vbo_error *failure) {
  vbo_list told;
  vbo_list_init(&told);
  vbo_list_move(&told, &auth->waiting);
  vbo_auth_waiter *waiter = NULL;
  auth->client->engine->moves++;
  while ((waiter = vbo_list_take(&told)) != NULL)
    waiter->answered(waiter->owner, failure);
}

static void fail(vbo_auth *auth, const vbo_error *failure) {
  put_away(auth);
  vbo_error placed = *failure;
  vbo_client_place(auth->client, "POST", auth->client->token_path, &placed);
  placed.sent = false; /* the requests that wait for the token were not */
  placed.retryable = vbo_retry_kind(placed.kind) || vbo_retry_status(placed.status);
  if (vbo_retry_kind(placed.kind))
    vbo_congestion_note(auth->client->congestion, VBO_OUTCOME_TROUBLE);
  /* A refresh ahead of time that finds nobody at home: the old token still
   * holds, and the next one who comes tries again. */
  if (placed.retryable && auth->access != NULL && !auth->refused &&
      vbo_monotonic_ms() < auth->expires_at) {
    set_state(auth, VBO_AUTH_VALID);
    tell(auth, NULL);
    return;
  }
  set_state(auth, VBO_AUTH_NONE);
  tell(auth, &placed);
}

static void accept_grant(vbo_auth *auth, const vbo_grant *grant, int64_t asked_at) {
  vbo_secret_free(auth->access);
  auth->access = grant->access;
  vbo_client_keep(auth->client, grant->access); /* answers to it may come after the next one */
  if (grant->refresh != NULL || !auth->refreshing) {
    vbo_secret_free(auth->refresh); /* RFC 6749 section 6: otherwise the old one stays good */
    auth->refresh = grant->refresh;
    if (grant->refresh != NULL) vbo_client_keep(auth->client, grant->refresh);
  }
  auth->serial++;
  auth->refused = false;
  int64_t margin = grant->lifetime / 5;
  if (margin > REFRESH_MARGIN) margin = REFRESH_MARGIN;
  /* Counted from the request, on this machine's steady clock: the server's
   * clock may be wrong. */
  auth->expires_at = asked_at + grant->lifetime;
  auth->refresh_at = auth->expires_at - margin;
  vbo_congestion_note(auth->client->congestion, VBO_OUTCOME_GOOD);
  put_away(auth);
  set_state(auth, VBO_AUTH_VALID);
  tell(auth, NULL);
}

/* Turns an answer that is not 2xx into our words. */
static void refusal(vbo_auth *auth, const vbo_headers *headers, vbo_error *err) {
  if (auth->answer.size > 0)
    auth->answer.size = vbo_redact(auth->answer.data, auth->answer.size, NULL);
  vbo_answer_error(headers, auth->answer.data, auth->answer.size, err);
  if (err->status == 400 || err->status == 401 || err->status == 403) {
    char words[sizeof err->message];
    const char *colon = strstr(err->message, ": ");
    vbo_text_clean(words, sizeof words, colon != NULL ? colon + 2 : "",
                   colon != NULL ? strlen(colon + 2) : 0);
    vbo_error named = *err;
    vbo_error_set(&named, VBO_ERROR_AUTH, "the server refuses the login of %s%s%s",
                  auth->client->user, *words != '\0' ? ": " : "", words);
    named.status = err->status;
    memcpy(named.code, err->code, sizeof named.code);
    vbo_error_hint(&named, "check the user name and the password");
    *err = named;
  } else if (err->status == 404) {
    vbo_error_set(err, VBO_ERROR_UNSUPPORTED,
                  "the server has no %s: it does not speak this API "
                  "version, or is no VB365 server",
                  auth->client->token_path);
    err->status = 404;
    vbo_error_hint(err, "try an older API version; check the host and the port");
  }
}

static void ask_again(vbo_auth *auth, const vbo_error *failure, const vbo_headers *headers) {
  bool worth =
      failure->status != 0 ? vbo_retry_status(failure->status) : vbo_retry_kind(failure->kind);
  vbo_error noted = *failure;
  bool within = vbo_retry_note(headers, auth->client->longest_pause, &noted);
  if (!worth || !within || auth->attempts > auth->client->retries) {
    fail(auth, &noted);
    return;
  }
  int64_t pause = vbo_retry_pause(auth->attempts, headers);
  put_away(auth);
  auth->pausing = true;
  vbo_timer_set(timers(auth), &auth->timer, vbo_monotonic_ms() + pause);
}

/* ------------------------------------------------------- the token exchange */

static void on_begun(void *owner) {
  (void)owner;
}

static void on_interim(void *owner) {
  (void)owner;
}

static bool on_head(void *owner, const vbo_headers *headers) {
  (void)owner, (void)headers;
  return true;
}

static vbo_taking on_body(void *owner, const char *bytes, size_t size) {
  vbo_auth *auth = owner;
  if (vbo_buffer_append(&auth->answer, bytes, size, &auth->trouble)) return VBO_TAKEN;
  return VBO_STOP;
}

static void on_done(void *owner, const vbo_error *failure) {
  vbo_auth *auth = owner;
  const vbo_headers *headers = vbo_exchange_headers(auth->exchange);
  int status = headers->complete ? headers->status : 0;
  vbo_error err = {0};
  if (status >= 200 && status < 300) {
    vbo_grant grant;
    if (auth->trouble.kind != VBO_OK)
      fail(auth, &auth->trouble);
    else if (failure != NULL)
      ask_again(auth, failure, NULL);
    else if (vbo_grant_parse(auth->answer.data, auth->answer.size, &grant, &err))
      accept_grant(auth, &grant, vbo_exchange_sent_at(auth->exchange));
    else
      fail(auth, &err);
    return;
  }
  if (status == 0 && failure != NULL) {
    ask_again(auth, failure, NULL);
    return;
  }
  if (auth->refreshing && (status == 400 || status == 401)) {
    /* The refresh token is used up or too old: the password, once. */
    put_away(auth);
    vbo_secret_free(auth->refresh);
    auth->refresh = NULL;
    auth->refused = true;
    auth->attempts = 0;
    ask(auth);
    return;
  }
  refusal(auth, headers, &err);
  ask_again(auth, &err, headers);
}

static const vbo_exchange_events events = {on_begun, on_interim, on_head,
                                           on_body,  on_done,    .secret = true};

static bool fill_form(vbo_auth *auth, vbo_error *err) {
  const vbo_client *client = auth->client;
  const vbo_secret *secret = auth->refreshing ? auth->refresh : client->password;
  const char *grant = auth->refreshing ? "refresh_token" : "password";
  vbo_buffer *form = &auth->form;
  if (!vbo_form_append(form, "grant_type", grant, strlen(grant), err)) return false;
  if (!auth->refreshing &&
      !vbo_form_append(form, "username", client->user, strlen(client->user), err))
    return false;
  if (!vbo_form_append(form, grant, vbo_secret_bytes(secret), vbo_secret_size(secret), err))
    return false;
  const char *more = client->token_parameters;
  return more == NULL || *more == '\0' ||
         (vbo_buffer_append_text(form, "&", err) && vbo_buffer_append_text(form, more, err));
}

static void ask(vbo_auth *auth) {
  static const char lines[] =
      "Accept: application/json\0"
      "Content-Type: application/x-www-form-urlencoded\0"
      "Expect:";
  vbo_error err = {0};
  vbo_buffer headers = {0};
  auth->pausing = false;
  auth->refreshing = auth->refresh != NULL;
  auth->attempts++;
  auth->trouble.kind = VBO_OK;
  /* On a fresh connection, because on a reused one libcurl sends a POST again
   * by itself, and a refresh token may be good only once. */
  if (fill_form(auth, &err) && vbo_buffer_append(&headers, lines, sizeof lines, &err))
    auth->exchange =
        vbo_client_exchange(auth->client, "POST", auth->client->token_path, &headers,
                            auth->form.data, auth->form.size, true, &events, auth, &err);
  if (auth->exchange == NULL) {
    vbo_buffer_free(&headers);
    fail(auth, &err);
    return;
  }
  vbo_timer_set(timers(auth), &auth->timer,
                vbo_monotonic_ms() + auth->client->connect_timeout + TOKEN_DEADLINE);
}

static void on_timer(void *owner) {
  vbo_auth *auth = owner;
  if (auth->pausing) {
    ask(auth);
    return;
  }
  vbo_error err;
  vbo_error_set(&err, VBO_ERROR_TIMEOUT, "no answer to the token request within %.0f s",
                (double)(auth->client->connect_timeout + TOKEN_DEADLINE) / 1000);
  ask_again(auth, &err, NULL);
}

void vbo_auth_hurry(vbo_auth *auth) {
  if (auth->state == VBO_AUTH_ASKING && auth->pausing)
    vbo_timer_set(timers(auth), &auth->timer, vbo_monotonic_ms());
}

void vbo_auth_wait(vbo_auth *auth, vbo_auth_waiter *waiter) {
  vbo_list_append(&auth->waiting, &waiter->node, waiter);
  if (auth->state == VBO_AUTH_ASKING) return;
  set_state(auth, VBO_AUTH_ASKING);
  auth->attempts = 0;
  ask(auth);
}
