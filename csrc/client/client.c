/* client.c: the options and the life of a client, and the requests that it starts.
 *
 * A client owns its parts (endpoint, login, token, transfers) and connects them by callbacks, so
 * that none of them knows the client. Its engine or its owner may close it; only vbo_client_free
 * frees the memory. */
#include "client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "client/effect.h"
#include "client/request.h"
#include "store/permit.h"

enum {
  CONNECT_TIMEOUT = 30 * 1000,
  IDLE_TIMEOUT = 120 * 1000,
  LONGEST_PAUSE = 10 * 60 * 1000,
  RETRIES = 3,
  BODY_LIMIT = 64 * 1024 * 1024
};

static bool usage(vbo_error *err, const char *what) {
  return vbo_error_set(err, VBO_ERROR_USAGE, "%s", what);
}

/* Returns whether the text fits into a header or a form: printable ASCII. */
static bool printable(const char *text) {
  for (; *text != '\0'; text++)
    if (*text < ' ' || *text > '~') return false;
  return true;
}

/* Returns whether the password is one line. Form-encoding could carry any byte, but several lines
 * are a file that was read by mistake. */
static bool one_line(const vbo_secret *secret) {
  const char *bytes = vbo_secret_bytes(secret);
  size_t size = vbo_secret_size(secret);
  return memchr(bytes, '\0', size) == NULL && memchr(bytes, '\n', size) == NULL &&
         memchr(bytes, '\r', size) == NULL;
}

/* Returns whether the text is a version, of one to three digits: servers newer than this library
 * exist. */
static bool is_version(const char *text) {
  if (text == NULL || text[0] != 'v' || !vbo_ascii_digit(text[1]) || text[1] == '0') return false;
  size_t size = strlen(text);
  for (size_t i = 1; i < size; i++)
    if (!vbo_ascii_digit(text[i])) return false;
  return size <= 4;
}

static bool check(const vbo_client_options *options, vbo_error *err) {
  /* The version becomes a part of paths, "/v8/token". */
  if (!is_version(options->api_version))
    return usage(err, "the API version must be \"v1\", \"v2\" … \"v8\"");
  if ((options->user == NULL) != (options->password == NULL))
    return usage(err, "a user name needs a password, and a password a user name");
  if (options->user != NULL && *options->user == '\0') return usage(err, "the user name is empty");
  if (options->password != NULL && !one_line(options->password)) {
    usage(err, "the password has several lines or a zero byte");
    vbo_error_hint(err, "check which file it was read from, and read it without whole = true");
    return false;
  }
  if (options->ca_file != NULL && options->pin != NULL)
    return usage(err, "a CA file and a pin exclude each other: the pin replaces all authorities");
  /* They are appended to the form as they are. */
  if (options->token_parameters != NULL &&
      (!printable(options->token_parameters) || strchr(options->token_parameters, ' ') != NULL))
    return usage(err, "the token parameters must be form-encoded");
  /* A line end would begin another header field. */
  if (options->user_agent != NULL && !printable(options->user_agent))
    return usage(err, "the user agent must be printable ASCII");
  if (options->connect_timeout < 0 || options->idle_timeout < 0 || options->deadline < 0)
    return usage(err, "a timeout cannot be negative");
  /* libcurl takes a long, which has 32 bits on some systems. */
  if (options->connect_timeout > INT32_MAX || options->idle_timeout > INT32_MAX)
    return usage(err, "a timeout cannot be longer than 24 days");
  if (options->at_once < 0 || options->exports_at_once < 0)
    return usage(err, "the requests at once must be 1 or more, or 0 for the default");
  if (options->give_up_after < -1)
    return usage(
        err, "the time to give up a server must be milliseconds, 0 (five minutes) or -1 (never)");
  if (options->retries < -1)
    return usage(err, "the retries must be -1 (none), 0 (three) or a number");
  return true;
}

static int64_t or_default(int64_t value, int64_t otherwise) {
  return value != 0 ? value : otherwise;
}

static bool fill_credentials(vbo_credentials *out, const vbo_client_options *options,
                             vbo_error *err) {
  char path[16];
  (void)snprintf(path, sizeof path, "/%.4s/token", options->api_version);
  out->path = vbo_text_copy(path);
  out->user = vbo_text_copy(options->user);
  out->parameters = vbo_text_copy(options->token_parameters);
  out->password = vbo_secret_share(options->password);
  return (out->path != NULL && (out->user == NULL) == (options->user == NULL) &&
          (out->parameters == NULL) == (options->token_parameters == NULL)) ||
         vbo_error_memory(err);
}

/* Fills in the endpoint. After a failure half-way vbo_client_free frees the parts that exist. */
static bool fill_endpoint(vbo_client *client, const vbo_client_options *options, vbo_error *err) {
  vbo_endpoint *endpoint = &client->endpoint;
  vbo_engine *engine = client->engine;
  endpoint->timers = &engine->timers;
  endpoint->http = engine->http;
  endpoint->connect_timeout = or_default(options->connect_timeout, CONNECT_TIMEOUT);
  endpoint->idle_timeout = or_default(options->idle_timeout, IDLE_TIMEOUT);
  endpoint->longest_pause = or_default(options->longest_pause, LONGEST_PAUSE);
  endpoint->retries = options->retries == 0 ? RETRIES : options->retries < 0 ? 0 : options->retries;
  if (!vbo_origin_parse(options->url, &endpoint->origin, err)) return false;
  endpoint->user_agent =
      vbo_text_copy(options->user_agent != NULL ? options->user_agent : "vbolua/" VBO_VERSION);
  if (endpoint->user_agent == NULL) return vbo_error_memory(err);
  if (!vbo_proxy_find(options->proxy, endpoint->origin.host, &endpoint->proxy, err)) return false;
  endpoint->trust = vbo_trust_new(endpoint->origin.host, options->ca_file, options->pin, err);
  if (endpoint->trust == NULL) return false;
  endpoint->pool = vbo_pool_new(err);
  if (endpoint->pool == NULL) return false;
  vbo_congestion_options limits = {.limit = options->at_once,
                                   .exports = options->exports_at_once,
                                   .give_up_after = options->give_up_after};
  /* By the name of the origin: all clients of one server share its window. */
  endpoint->congestion = vbo_congestion_open(&engine->seats, endpoint->origin.name, &limits, err);
  return endpoint->congestion != NULL;
}

/* ------------------------------------------------------------------ the token */

static bool send_form(void *owner, const vbo_buffer *form, vbo_error *err) {
  vbo_client *client = owner;
  return vbo_token_send(&client->token, form, err);
}

static void drop_request(void *owner) {
  vbo_client *client = owner;
  vbo_token_drop(&client->token);
}

/* Keeps the loop running for a token request whose transfers were freed (`run` in engine.c). */
static void count_asking(void *owner, bool begins) {
  vbo_client *client = owner;
  client->engine->asking += begins ? 1 : -1;
}

static void note_outcome(void *owner, vbo_outcome outcome) {
  vbo_client *client = owner;
  /* A move ends vbo_engine_run, so that its caller sees what became of the waiters. */
  client->engine->moves++;
  vbo_congestion_note(client->endpoint.congestion, outcome);
}

static const vbo_auth_events auth_events = {send_form, drop_request, count_asking, note_outcome};

/* ------------------------------------------------------------------ life span */

/* Ends all transfers and forgets the secrets; the memory stays. */
static void close_client(void *owner, const char *why) {
  vbo_client *client = owner;
  if (client->closed) return;
  client->closed = true;
  /* In this order: transfers hold seats and wait for the token, and the token's request is sent
   * on the endpoint's connections. */
  vbo_children_end(&client->transfers.live, why);
  vbo_auth_close(&client->auth);
  vbo_secret_free(client->credentials.password);
  client->credentials.password = NULL;
  vbo_endpoint_close(&client->endpoint);
  vbo_node_unlink(&client->child.node);
}

static void free_client(vbo_client *client) {
  vbo_endpoint_free(&client->endpoint);
  free(client->credentials.user);
  free(client->credentials.path);
  free(client->credentials.parameters);
  vbo_engine_release(client->engine);
  free(client);
}

vbo_client *vbo_client_open(vbo_engine *engine, const vbo_client_options *options, vbo_error *err) {
  if (engine->closed) {
    vbo_error_set(err, VBO_ERROR_CLOSED, "the engine is closed");
    return NULL;
  }
  if (!check(options, err)) return NULL;
  vbo_client *client = calloc(1, sizeof *client);
  if (client == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  client->engine = vbo_engine_share(engine);
  client->journaled = options->journaled;
  client->child = (vbo_child){.end = close_client, .owner = client};
  /* Joined before anything can fail: vbo_client_free unlinks it in any case. */
  vbo_child_join(&engine->clients, &client->child);
  /* Set before fill_endpoint, which may fail: closing the client then stops the token's timer. */
  client->endpoint.timers = &engine->timers;
  vbo_auth_init(&client->auth, &client->endpoint, &client->credentials, &auth_events, client);
  vbo_token_init(&client->token, &client->auth);
  client->transfers =
      (vbo_transfers){.engine = engine,
                      .endpoint = &client->endpoint,
                      .auth = &client->auth,
                      .body_limit = options->body_limit != 0 ? options->body_limit : BODY_LIMIT,
                      .deadline = options->deadline};
  vbo_list_init(&client->transfers.live);
  if (fill_credentials(&client->credentials, options, err) && fill_endpoint(client, options, err))
    return client;
  vbo_client_free(client);
  return NULL;
}

void vbo_client_free(vbo_client *client) {
  if (client == NULL) return;
  close_client(client, "its client was closed");
  free_client(client);
}

const char *vbo_client_origin(const vbo_client *client) {
  return client->endpoint.origin.name;
}

const char *vbo_client_prefix(const vbo_client *client) {
  return client->endpoint.origin.prefix;
}

const char *vbo_client_fingerprint(const vbo_client *client) {
  return vbo_trust_fingerprint(client->endpoint.trust);
}

const char *vbo_client_address(const vbo_client *client) {
  return vbo_trust_address(client->endpoint.trust);
}

void vbo_client_load(const vbo_client *client, vbo_load *load) {
  *load = (vbo_load){0};
  if (!client->closed) vbo_congestion_read(client->endpoint.congestion, load);
}

/* ------------------------------------------------------------------- requests */

static bool can_start(const vbo_client *client, bool needs_token, vbo_error *err) {
  if (client->closed) return vbo_error_set(err, VBO_ERROR_CLOSED, "the client is closed");
  if (needs_token && client->credentials.user == NULL)
    return vbo_error_set(err, VBO_ERROR_USAGE, "this client has no user name and password");
  return true;
}

bool vbo_request_changes(const vbo_request *request) {
  return vbo_effect_changes(request->method, request->path, request->body, request->body_size);
}

/* Returns whether a journaled client may send the request, which becomes a change where the caller
 * did not call it one. */
static bool is_permitted(const vbo_client *client, vbo_request *request, vbo_error *err) {
  if (!client->journaled) return true;
  request->change = request->change || vbo_request_changes(request);
  if (!request->change || vbo_permit_check(request->permit, request->method, request->path,
                                           request->body, request->body_size, err))
    return true;
  if (err != NULL) vbo_endpoint_place(&client->endpoint, request->method, request->path, err);
  return false;
}

vbo_transfer *vbo_transfer_start(vbo_client *client, const vbo_request *request,
                                 const vbo_sink_options *sink, vbo_error *err) {
  /* A closed client is reported first, whatever else is wrong with the request. */
  if (!can_start(client, false, err) || !vbo_request_check(request, err) ||
      !can_start(client, !request->anonymous, err))
    return NULL;
  vbo_request ours = *request;
  if (!is_permitted(client, &ours, err)) return NULL;
  vbo_transfer *transfer = vbo_transfer_open(&client->transfers, &ours, sink, err);
  /* Not before: a request that could not begin, for its file exists, say, spends nothing. */
  if (transfer != NULL && client->journaled && ours.change) vbo_permit_spend(ours.permit);
  return transfer;
}

vbo_transfer *vbo_login_start(vbo_client *client, vbo_error *err) {
  if (!can_start(client, true, err)) return NULL;
  return vbo_transfer_open_login(&client->transfers, client->credentials.path, err);
}

bool vbo_client_login(vbo_client *client, vbo_error *err) {
  vbo_transfer *transfer = vbo_login_start(client, err);
  if (transfer == NULL) return false;
  bool good = vbo_transfer_wait(transfer, err);
  vbo_transfer_free(transfer); /* interrupted: the request for the token itself goes on */
  return good;
}

vbo_transfer *vbo_call(vbo_client *client, const vbo_request *request, const vbo_sink_options *sink,
                       vbo_error *err) {
  vbo_transfer *transfer = vbo_transfer_start(client, request, sink, err);
  if (transfer == NULL || vbo_transfer_wait(transfer, err)) return transfer;
  /* Interrupted while it runs: ended here, so that what is reported is final
   * (a change may be of unknown outcome). */
  vbo_transfer_cancel(transfer);
  const vbo_error *failure = vbo_transfer_error(transfer);
  if (failure != NULL) vbo_error_copy(err, failure);
  vbo_transfer_free(transfer);
  return NULL;
}
