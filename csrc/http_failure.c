/* http_failure.c: libcurl's results in this library's kinds and words. */
#include <string.h>

#include "http_private.h"

static bool says(const vbo_exchange *exchange, const char *words) {
  return strstr(exchange->detail, words) != NULL;
}

static void tls_failure(const vbo_exchange *exchange, vbo_error *err) {
  /* OpenSSL's words for bytes that are no TLS record; which ones depends on
   * how the plain text happens to begin. */
  static const char *const not_tls[] = {"wrong version number",   "http request",
                                        "packet length too long", "record layer failure",
                                        "unknown protocol",       "record too small"};
  for (size_t i = 0; i < sizeof not_tls / sizeof *not_tls; i++) {
    if (!says(exchange, not_tls[i])) continue;
    vbo_error_set(err, VBO_ERROR_TRUST, "the server does not speak TLS on this port");
    vbo_error_hint(err,
                   "perhaps it is plain HTTP, or another service; the REST API's port is "
                   "4443 by default");
    return;
  }
  if (says(exchange, "protocol version") || says(exchange, "unsupported protocol")) {
    vbo_error_set(err, VBO_ERROR_TRUST,
                  "the server speaks no TLS version that is safe (1.2 or "
                  "later)");
    return;
  }
  if (says(exchange, "alert")) {
    vbo_error_set(err, VBO_ERROR_TRUST, "the server ended the TLS handshake: %s", exchange->detail);
    return;
  }
  vbo_error_set(err, VBO_ERROR_NETWORK, "the connection broke during the TLS handshake%s%s",
                exchange->detail[0] != '\0' ? ": " : "", exchange->detail);
  vbo_error_hint(err, "perhaps the port does not speak TLS");
}

static void broken(const vbo_exchange *exchange, vbo_error *err) {
  if (says(exchange, "chunked-encoding"))
    vbo_error_set(err, VBO_ERROR_PROTOCOL, "the server's answer is not proper HTTP: broken chunks");
  else if (exchange->headers.complete)
    vbo_error_set(err, VBO_ERROR_NETWORK, "the connection broke after %lld bytes of the answer",
                  (long long)exchange->received);
  else if (exchange->sent_at != 0)
    vbo_error_set(err, VBO_ERROR_NETWORK, "the connection broke before the answer");
  else
    vbo_error_set(err, VBO_ERROR_NETWORK, "the connection broke: %s", exchange->detail);
}

void vbo_http_failure(const vbo_exchange *exchange, CURLcode code, vbo_error *err) {
  if (exchange->resent) {
    vbo_error_set(err, VBO_ERROR_NETWORK, "the connection ended without an answer");
    return;
  }
  if (exchange->sent_at == 0 && vbo_handshake_explain(exchange->handshake, err)) return;
  const char *detail = exchange->detail[0] != '\0' ? exchange->detail : curl_easy_strerror(code);
  switch (code) {
    case CURLE_OUT_OF_MEMORY:
      vbo_error_memory(err);
      return;
    case CURLE_COULDNT_RESOLVE_HOST:
      vbo_error_set(err, VBO_ERROR_NETWORK, "no such host: %s", detail);
      vbo_error_hint(err, "check the name, and the network");
      return;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
      vbo_error_set(err, VBO_ERROR_NETWORK, "the proxy cannot be used: %s", detail);
      return;
    case CURLE_COULDNT_CONNECT: {
      long why = 0;
      (void)curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &why);
      if (why != 0)
        vbo_error_os(err, VBO_ERROR_NETWORK, (int)why, "no connection to the server");
      else
        vbo_error_set(err, VBO_ERROR_NETWORK, "no connection: %s", detail);
      vbo_error_hint(err, "check the host, the port and the firewall");
      return;
    }
    case CURLE_OPERATION_TIMEDOUT:
      vbo_error_set(err, VBO_ERROR_TIMEOUT, "no connection within %.1f s",
                    (double)exchange->connect_timeout / 1000);
      vbo_error_hint(err, "check the host, the port and the firewall");
      return;
    case CURLE_PEER_FAILED_VERIFICATION:
      vbo_error_set(err, VBO_ERROR_TRUST, "the certificate is not accepted: %s", detail);
      return;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
      tls_failure(exchange, err);
      return;
    case CURLE_PARTIAL_FILE:
      vbo_error_set(err, VBO_ERROR_NETWORK, "the answer was cut short after %lld bytes",
                    (long long)exchange->received);
      return;
    case CURLE_GOT_NOTHING:
      vbo_error_set(err, VBO_ERROR_NETWORK, "the server closed the connection without an answer");
      return;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      broken(exchange, err);
      return;
    case CURLE_ABORTED_BY_CALLBACK: /* on_request, on a connection that was new */
      vbo_error_set(err, VBO_ERROR_TRUST, "the connection's certificate could not be checked");
      return;
    case CURLE_UNSUPPORTED_PROTOCOL: /* what libcurl says to HTTP/0.9 */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_WRITE_ERROR:
    case CURLE_BAD_CONTENT_ENCODING:
      vbo_error_set(err, VBO_ERROR_PROTOCOL, "the server's answer is not proper HTTP: %s", detail);
      return;
    default:
      vbo_error_set(err, VBO_ERROR_NETWORK, "%s", detail);
  }
}
