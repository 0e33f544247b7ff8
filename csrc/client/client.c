/* client.c: options, and the life of a client. */
#include "client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/redact.h"
#include "base/secret.h"
#include "base/text.h"
#include "client/transfer.h"

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

/* Fit to stand in a header or a form: printable ASCII. */
static bool printable(const char *text) {
  for (; *text != '\0'; text++)
    if (*text < ' ' || *text > '~') return false;
  return true;
}

static bool one_line(const vbo_secret *secret) {
  const char *bytes = vbo_secret_bytes(secret);
  size_t size = vbo_secret_size(secret);
  return memchr(bytes, '\0', size) == NULL && memchr(bytes, '\n', size) == NULL &&
         memchr(bytes, '\r', size) == NULL;
}

static bool is_version(const char *text) {
  if (text == NULL || text[0] != 'v' || !vbo_ascii_digit(text[1]) || text[1] == '0') return false;
  size_t size = strlen(text);
  for (size_t i = 1; i < size; i++)
    if (!vbo_ascii_digit(text[i])) return false;
  return size <= 4;
}

static bool check(const vbo_client_options *options, vbo_error *err) {
  if (!is_version(options->api_version))
    return usage(err, "the API version must be \"v1\", \"v2\" … \"v8\"");
  if ((options->user == NULL) != (options->password == NULL))
    return usage(err, "a user name and a password belong together");
  if (options->user != NULL && *options->user == '\0') return usage(err, "the user name is empty");
  if (options->password != NULL && !one_line(options->password)) {
    usage(err, "the password has several lines or a zero byte");
    vbo_error_hint(err, "it was read from another file, or with whole = true");
    return false;
  }
  if (options->ca_file != NULL && options->pin != NULL)
    return usage(err, "a CA file and a pin exclude each other: the pin replaces all authorities");
  if (options->token_parameters != NULL &&
      (!printable(options->token_parameters) || strchr(options->token_parameters, ' ') != NULL))
    return usage(err, "the token parameters must be form-encoded");
  if (options->user_agent != NULL && !printable(options->user_agent))
    return usage(err, "the user agent must be printable ASCII");
  if (options->connect_timeout < 0 || options->idle_timeout < 0 || options->deadline < 0)
    return usage(err, "a timeout cannot be negative");
  if (options->connect_timeout > INT32_MAX || options->idle_timeout > INT32_MAX)
    return usage(err, "a timeout cannot be longer than 24 days");
  if (options->at_once < 0 || options->exports_at_once < 0)
    return usage(err, "at least one request at once, or 0 for the default");
  if (options->give_up_after < -1)
    return usage(err, "a server is given up after milliseconds, 0 (five minutes) or -1 (never)");
  if (options->retries < -1) return usage(err, "the retries are -1 (none), 0 (three) or a number");
  return true;
}

static bool fill(vbo_client *client, const vbo_client_options *options, vbo_error *err) {
  if (!vbo_origin_parse(options->url, &client->origin, err)) return false;
  char path[16];
  (void)snprintf(path, sizeof path, "/%.4s/token", options->api_version);
  client->token_path = vbo_text_copy(path);
  client->user_agent =
      vbo_text_copy(options->user_agent != NULL ? options->user_agent : "vbolua/" VBO_VERSION);
  client->user = vbo_text_copy(options->user);
  client->token_parameters = vbo_text_copy(options->token_parameters);
  if (client->token_path == NULL || client->user_agent == NULL ||
      (client->user == NULL) != (options->user == NULL) ||
      (client->token_parameters == NULL) != (options->token_parameters == NULL))
    return vbo_error_memory(err);
  if (!vbo_proxy_find(options->proxy, client->origin.host, &client->proxy, err)) return false;
  client->password = vbo_secret_share(options->password);
  client->connect_timeout =
      options->connect_timeout != 0 ? options->connect_timeout : CONNECT_TIMEOUT;
  client->idle_timeout = options->idle_timeout != 0 ? options->idle_timeout : IDLE_TIMEOUT;
  client->deadline = options->deadline;
  client->longest_pause = options->longest_pause != 0 ? options->longest_pause : LONGEST_PAUSE;
  client->retries = options->retries == 0 ? RETRIES : options->retries < 0 ? 0 : options->retries;
  client->body_limit = options->body_limit != 0 ? options->body_limit : BODY_LIMIT;
  client->trust = vbo_trust_new(client->origin.host, options->ca_file, options->pin, err);
  if (client->trust == NULL) return false;
  client->pool = vbo_pool_new(err);
  if (client->pool == NULL) return false;
  vbo_congestion_options limits = {.limit = options->at_once,
                                   .exports = options->exports_at_once,
                                   .give_up_after = options->give_up_after};
  client->congestion = vbo_congestion_open(client->engine, client->origin.name, &limits, err);
  return client->congestion != NULL;
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
  client->owners = 1;
  client->engine = engine;
  engine->owners++;
  vbo_list_append(&engine->clients, &client->node, client);
  vbo_list_init(&client->transfers);
  vbo_auth_init(&client->auth, client);
  if (fill(client, options, err)) return client;
  vbo_client_free(client);
  return NULL;
}

void vbo_client_close(vbo_client *client) {
  if (client->closed) return;
  client->closed = true;
  vbo_transfer *transfer = NULL;
  while ((transfer = vbo_list_first(&client->transfers)) != NULL)
    vbo_transfer_end(transfer, "its client was closed");
  vbo_auth_close(&client->auth);
  vbo_secret_free(client->password);
  client->password = NULL;
  for (unsigned i = 0; i < VBO_CLIENT_KEEPS; i++) {
    vbo_secret_free(client->kept[i]);
    client->kept[i] = NULL;
  }
  vbo_pool_free(client->pool);
  client->pool = NULL;
  vbo_congestion_close(client->congestion);
  client->congestion = NULL;
  vbo_node_unlink(&client->node);
}

void vbo_client_keep(vbo_client *client, vbo_secret *secret) {
  for (unsigned i = 0; i < VBO_CLIENT_KEEPS; i++) {
    const vbo_secret *kept = client->kept[i];
    if (kept == secret) return;
    if (kept != NULL && vbo_secret_size(kept) == vbo_secret_size(secret) &&
        memcmp(vbo_secret_bytes(kept), vbo_secret_bytes(secret), vbo_secret_size(kept)) == 0)
      return;
  }
  vbo_secret **place = &client->kept[client->kept_next++ % VBO_CLIENT_KEEPS];
  vbo_secret_free(*place);
  *place = vbo_secret_share(secret);
}

void vbo_client_release(vbo_client *client) {
  if (--client->owners > 0) return;
  vbo_trust_free(client->trust);
  vbo_engine_release(client->engine);
  vbo_origin_free(&client->origin);
  free(client->token_path);
  free(client->token_parameters);
  free(client->user);
  vbo_proxy_free(&client->proxy);
  free(client->user_agent);
  free(client);
}

void vbo_client_free(vbo_client *client) {
  if (client == NULL) return;
  vbo_client_close(client);
  vbo_client_release(client);
}

const char *vbo_client_origin(const vbo_client *client) {
  return client->origin.name;
}

const char *vbo_client_prefix(const vbo_client *client) {
  return client->origin.prefix;
}

void vbo_client_load(const vbo_client *client, vbo_load *load) {
  *load = (vbo_load){0};
  if (client->congestion != NULL) vbo_congestion_read(client->congestion, load);
}

const char *vbo_client_fingerprint(const vbo_client *client) {
  return vbo_trust_fingerprint(client->trust);
}

vbo_exchange *vbo_client_exchange(vbo_client *client, const char *method, const char *path,
                                  vbo_buffer *headers, const char *body, size_t body_size,
                                  bool fresh, const vbo_exchange_events *events, void *owner,
                                  vbo_error *err) {
  const vbo_origin *origin = &client->origin;
  size_t size = strlen(origin->name) + strlen(origin->prefix) + strlen(path) + 1;
  char *url = malloc(size);
  if (url == NULL) {
    vbo_buffer_free(headers);
    vbo_error_memory(err);
    return NULL;
  }
  (void)snprintf(url, size, "%s%s%s", origin->name, origin->prefix, path);
  vbo_exchange_options options = {
      .method = method,
      .url = url, /* libcurl makes its own copy */
      .headers = headers,
      .body = body,
      .body_size = body_size,
      .fresh = fresh,
      .proxy = &client->proxy,
      .user_agent = client->user_agent,
      .connect_timeout = client->connect_timeout,
      .trust = client->trust,
      .pool = client->pool,
      .events = events,
      .owner = owner,
  };
  vbo_exchange *exchange = vbo_exchange_start(client->engine->http, &options, err);
  free(url);
  return exchange;
}

void vbo_client_place(const vbo_client *client, const char *method, const char *path,
                      vbo_error *err) {
  (void)snprintf(err->server, sizeof err->server, "%s%s", client->origin.name,
                 client->origin.prefix);
  (void)snprintf(err->request, sizeof err->request, "%s %s", method, path);
  vbo_redact_line(err->request);
}
