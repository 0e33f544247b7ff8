/* token.c: see token.h.
 *
 * A token request takes no seat of the window, since everything else waits for it, and has no idle
 * timer: auth.c sets a deadline for the whole. */
#include "client/token.h"

enum { TOKEN_ANSWER = 64 * 1024 };

void vbo_token_init(vbo_token *token, vbo_auth *auth) {
  *token = (vbo_token){
      .endpoint = auth->endpoint, .auth = auth, .answer = {.secure = true, .limit = TOKEN_ANSWER}};
}

void vbo_token_drop(vbo_token *token) {
  vbo_exchange_free(token->exchange);
  token->exchange = NULL;
  vbo_buffer_free(&token->answer);
}

static void on_begun(void *owner) {
  (void)owner;
}

static void on_interim(void *owner) {
  (void)owner;
}

/* Answers of any status are read: an error's body says why. */
static bool on_head(void *owner, const vbo_headers *headers) {
  (void)owner, (void)headers;
  return true;
}

static vbo_taking on_body(void *owner, const char *bytes, size_t size) {
  vbo_token *token = owner;
  if (vbo_buffer_append(&token->answer, bytes, size, &token->trouble)) return VBO_TAKEN;
  return VBO_STOP;
}

static void on_done(void *owner, const vbo_error *failure) {
  vbo_token *token = owner;
  vbo_token_answer answer = {
      .failure = failure,
      .trouble = token->trouble.kind != VBO_OK ? &token->trouble : NULL,
      .headers = vbo_exchange_headers(token->exchange),
      .body = token->answer.data,
      .size = token->answer.size,
      .sent_at = vbo_exchange_sent_at(token->exchange),
  };
  /* `answer` points into this token and its exchange, both of which the call may drop: nothing here
   * is used after it. */
  vbo_auth_answered(token->auth, &answer); /* which drops all of this */
}

static const vbo_exchange_events events = {on_begun, on_interim, on_head,
                                           on_body,  on_done,    .secret = true};

bool vbo_token_send(vbo_token *token, const vbo_buffer *form, vbo_error *err) {
  static const char lines[] =
      "Accept: application/json\0"
      "Content-Type: application/x-www-form-urlencoded\0"
      "Expect:";
  /* These lines have no secret, so that they may be in ordinary memory. `sizeof` counts the NUL
   * that ends the last one. */
  vbo_buffer headers = {0};
  token->trouble.kind = VBO_OK;
  if (!vbo_buffer_append(&headers, lines, sizeof lines, err)) return false;
  /* On a fresh connection, because on a reused one libcurl sends a POST again by itself, and a
   * refresh token may be good only once. */
  token->exchange =
      vbo_endpoint_exchange(token->endpoint, "POST", token->auth->credentials->path, &headers,
                            form->data, form->size, true, &events, token, err);
  return token->exchange != NULL;
}
