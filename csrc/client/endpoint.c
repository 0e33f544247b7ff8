/* endpoint.c: see endpoint.h.
 *
 * Closing and freeing are two steps, since a closed client still answers queries until its owner
 * frees it. */
#include "client/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/redact.h"
#include "base/secret.h"

/* trust and origin stay: a closed client still states its fingerprint and its origin. */
void vbo_endpoint_close(vbo_endpoint *endpoint) {
  for (unsigned i = 0; i < VBO_ENDPOINT_KEEPS; i++) {
    vbo_secret_free(endpoint->kept[i]);
    endpoint->kept[i] = NULL;
  }
  vbo_pool_free(endpoint->pool);
  endpoint->pool = NULL;
  vbo_congestion_close(endpoint->congestion);
  endpoint->congestion = NULL;
}

void vbo_endpoint_free(vbo_endpoint *endpoint) {
  vbo_endpoint_close(endpoint);
  vbo_trust_free(endpoint->trust);
  vbo_origin_free(&endpoint->origin);
  vbo_proxy_free(&endpoint->proxy);
  free(endpoint->user_agent);
}

void vbo_endpoint_keep(vbo_endpoint *endpoint, vbo_secret *secret) {
  /* Compared by value: a runbook may make the same secret anew for each of a thousand calls, which
   * would push out all others. */
  for (unsigned i = 0; i < VBO_ENDPOINT_KEEPS; i++) {
    const vbo_secret *kept = endpoint->kept[i];
    if (kept == secret) return;
    if (kept != NULL && vbo_secret_size(kept) == vbo_secret_size(secret) &&
        memcmp(vbo_secret_bytes(kept), vbo_secret_bytes(secret), vbo_secret_size(kept)) == 0)
      return;
  }
  vbo_secret **place = &endpoint->kept[endpoint->kept_next++ % VBO_ENDPOINT_KEEPS];
  vbo_secret_free(*place);
  *place = vbo_secret_share(secret);
}

vbo_exchange *vbo_endpoint_exchange(vbo_endpoint *endpoint, const char *method, const char *path,
                                    vbo_buffer *headers, const char *body, size_t body_size,
                                    bool fresh, const vbo_exchange_events *events, void *owner,
                                    vbo_error *err) {
  const vbo_origin *origin = &endpoint->origin;
  size_t size = strlen(origin->name) + strlen(origin->prefix) + strlen(path) + 1;
  char *url = malloc(size);
  if (url == NULL) {
    vbo_buffer_free(headers);
    vbo_error_memory(err);
    return NULL;
  }
  /* Joined as they are: the origin is normalized, and vbo_request_check has refused a path that is
   * not percent-encoded. */
  (void)snprintf(url, size, "%s%s%s", origin->name, origin->prefix, path);
  vbo_exchange_options options = {
      .method = method,
      .url = url, /* libcurl copies it (CURLOPT_URL) */
      .headers = headers,
      .body = body,
      .body_size = body_size,
      .fresh = fresh,
      .proxy = &endpoint->proxy,
      .user_agent = endpoint->user_agent,
      .connect_timeout = endpoint->connect_timeout,
      .trust = endpoint->trust,
      .pool = endpoint->pool,
      .events = events,
      .owner = owner,
  };
  vbo_exchange *exchange = vbo_exchange_start(endpoint->http, &options, err);
  free(url);
  return exchange;
}

void vbo_endpoint_place(const vbo_endpoint *endpoint, const char *method, const char *path,
                        vbo_error *err) {
  (void)snprintf(err->server, sizeof err->server, "%s%s", endpoint->origin.name,
                 endpoint->origin.prefix);
  (void)snprintf(err->request, sizeof err->request, "%s %s", method, path);
  /* A runbook may have put a secret into a query. */
  vbo_redact_line(err->request);
}
