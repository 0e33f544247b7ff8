/* failure.c: libcurl's results in this library's kinds and words.
 *
 * A CURLcode covers many causes, and libcurl's words (CURLOPT_ERRORBUFFER) change from version to
 * version. The code, our own state and the TLS alert therefore decide first; words are compared
 * only where nothing else separates two causes. */
#include <string.h>

#include "http/exchange.h"

/* Returns whether libcurl's words have these in them. For many codes it gives none. */
static bool says(const vbo_exchange *exchange, const char *words) {
  return strstr(exchange->detail, words) != NULL;
}

/* ----------------------------------------------------------------------- TLS */

/* Returns what to do about an alert of RFC 8446 section 6.2. 40 and 71 are about ciphers, 42 to 46
 * and 48 about a certificate, 116 asks for one, and 112 is an unknown server name. */
static const char *alert_hint(int alert) {
  switch (alert) {
    case 40:
    case 71:
      return "check which ciphers the server allows, and whether it wants a client certificate";
    case 42:
    case 43:
    case 44:
    case 45:
    case 46:
    case 48:
    case 116:
      return "look for a proxy or another service on this port: the REST API wants no client "
             "certificate";
    case 112:
      return "connect by the name that its certificate shows: it serves no host of this name";
    default:
      return "look into the log of the server, or of a proxy or firewall before it";
  }
}

/* Returns whether an alert is about a client certificate.  In TLS 1.3 it comes after the
 * handshake. */
static bool about_client(int alert) {
  return (alert >= 42 && alert <= 46) || alert == 48 || alert == 116;
}

/* Reports a TLS alert with which the server ended the connection; false without one. */
static bool alerted(const vbo_exchange *exchange, vbo_error *err) {
  enum { PROTOCOL_VERSION = 70, NO_APPLICATION_PROTOCOL = 120 };
  /* The connection that the request went over; without one, the connection under way. */
  const vbo_handshake *handshake =
      exchange->connection != NULL ? exchange->connection : exchange->handshake;
  int alert = handshake != NULL ? handshake->alert : 0;
  if (alert == 0) return false;
  /* After the request an alert breaks off the answer. A refusal of the client's certificate is the
   * exception: a TLS 1.3 server sends it when the client takes the handshake for done. */
  if (exchange->sent_at != 0 && (!about_client(alert) || exchange->headers.status != 0)) {
    vbo_error_set(err, VBO_ERROR_NETWORK, "the connection broke %s the answer: %s (TLS alert %d)",
                  exchange->headers.status != 0 ? "in" : "before", vbo_alert_name(alert), alert);
    return true;
  }
  if (alert == NO_APPLICATION_PROTOCOL) {
    vbo_error_set(err, VBO_ERROR_PROTOCOL,
                  "the server does not speak HTTP/1.1, perhaps HTTP/2 only (TLS alert 120: no "
                  "application protocol)");
    vbo_error_hint(err,
                   "look for a proxy before it, or check the port: the REST API speaks HTTP/1.1");
  } else if (alert == PROTOCOL_VERSION) {
    vbo_error_set(err, VBO_ERROR_TRUST,
                  "the server does not speak TLS 1.2 or later (TLS alert 70: protocol version)");
  } else {
    const char *name = vbo_alert_name(alert);
    vbo_error_set(err, VBO_ERROR_TRUST, "the server ended the TLS %s: %s (TLS alert %d)",
                  exchange->sent_at != 0 ? "connection" : "handshake", name, alert);
    vbo_error_hint(err, "%s", alert_hint(alert));
  }
  return true;
}

static void tls_failure(const vbo_exchange *exchange, vbo_error *err) {
  /* OpenSSL's words for bytes that are not a TLS record, which depend on how the plain text
   * happens to begin. */
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
  if (alerted(exchange, err)) return;
  if (says(exchange, "protocol version") || says(exchange, "unsupported protocol")) {
    vbo_error_set(err, VBO_ERROR_TRUST, "the server does not speak TLS 1.2 or later");
    return;
  }
  vbo_error_set(err, VBO_ERROR_NETWORK, "the connection broke during the TLS handshake%s%s",
                exchange->detail[0] != '\0' ? ": " : "", exchange->detail);
  vbo_error_hint(err, "check whether the port speaks TLS");
}

/* ----------------------------------------------------------------- the proxy */

/* Reports a CONNECT that the proxy answered with another status than 2xx. */
static void proxy_refused(const vbo_exchange *exchange, long status, vbo_error *err) {
  const char *name = exchange->proxy->name;
  /* RFC 9110 section 15.5.8. CURLINFO_PROXYAUTH_AVAIL has the schemes that the proxy offers. */
  if (status == 407) {
    long offered = 0;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_PROXYAUTH_AVAIL, &offered);
    vbo_error_set(err, VBO_ERROR_AUTH, "%s %s (407)", name,
                  exchange->proxy->user != NULL ? "does not accept its user name and password"
                                                : "asks for a user name and a password");
    if (offered != 0 && ((unsigned long)offered & CURLAUTH_BASIC) == 0)
      vbo_error_hint(err,
                     "it takes%s%s%s only, and Basic is what is spoken here: allow this "
                     "machine without a login, or go through a local relay",
                     ((unsigned long)offered & CURLAUTH_NEGOTIATE) != 0 ? " Negotiate" : "",
                     ((unsigned long)offered & CURLAUTH_NTLM) != 0 ? " NTLM" : "",
                     ((unsigned long)offered & CURLAUTH_DIGEST) != 0 ? " Digest" : "");
    else
      vbo_error_hint(err, "write the proxy as http://user:password@host:port");
    return;
  }
  vbo_error_set(err, VBO_ERROR_NETWORK, "%s %s: it answers %ld to CONNECT", name,
                status >= 500 ? "cannot reach the server" : "does not lead to the server", status);
  vbo_error_hint(err,
                 "check the server's host and port, what the proxy allows, and whether this "
                 "server should be in NO_PROXY");
}

/* Reports a connection that ended before the TLS handshake with the server began. */
static bool proxy_failure(const vbo_exchange *exchange, CURLcode code, vbo_error *err) {
  /* The handshake with the server begins when the tunnel stands: from then on a failure is not the
   * proxy's. */
  if (exchange->proxy == NULL || exchange->handshake != NULL || exchange->sent_at != 0)
    return false;
  const char *name = exchange->proxy->name;
  const char *detail = exchange->detail[0] != '\0' ? exchange->detail : curl_easy_strerror(code);
  long status = 0;
  long why = 0;
  (void)curl_easy_getinfo(exchange->easy, CURLINFO_HTTP_CONNECTCODE, &status);
  (void)curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &why);
  /* 0 without an answer to CONNECT, and for SOCKS. */
  if (status >= 300) {
    proxy_refused(exchange, status, err);
    return true;
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      vbo_error_set(err, VBO_ERROR_TIMEOUT, "no connection through %s within %.1f s", name,
                    (double)exchange->connect_timeout / 1000);
      break;
    case CURLE_COULDNT_RESOLVE_HOST: /* socks4 and socks5 look up the server themselves */
      vbo_error_set(err, VBO_ERROR_NETWORK, "no such host: %s (to be reached through %s)", detail,
                    name);
      break;
    case CURLE_COULDNT_RESOLVE_PROXY:
      vbo_error_set(err, VBO_ERROR_NETWORK, "no such host: %s", name);
      break;
    case CURLE_COULDNT_CONNECT:
      if (why != 0)
        vbo_error_os(err, VBO_ERROR_NETWORK, (int)why, "no connection to %s", name);
      else
        vbo_error_set(err, VBO_ERROR_NETWORK, "no connection to %s: %s", name, detail);
      break;
    default:
      vbo_error_set(err, VBO_ERROR_NETWORK, "%s cannot be used: %s", name, detail);
  }
  vbo_error_hint(err,
                 "check that the proxy runs, and its host and port; proxy = \"\" or NO_PROXY "
                 "goes without it");
  return true;
}

/* ----------------------------------------------------------------- the server */

static void broken(const vbo_exchange *exchange, vbo_error *err) {
  /* libcurl reports broken chunks as CURLE_RECV_ERROR, like a broken connection. */
  if (says(exchange, "chunked-encoding"))
    vbo_error_set(err, VBO_ERROR_PROTOCOL, "the server's answer is not proper HTTP: broken chunks");
  else if (alerted(exchange, err))
    return;
  else if (exchange->headers.complete)
    vbo_error_set(err, VBO_ERROR_NETWORK, "the connection broke after %lld bytes of the answer",
                  (long long)exchange->received);
  else if (exchange->sent_at != 0)
    vbo_error_set(err, VBO_ERROR_NETWORK, "the connection broke before the answer");
  else
    vbo_error_set(err, VBO_ERROR_NETWORK, "the connection broke: %s", exchange->detail);
}

static void not_http(const vbo_exchange *exchange, const char *detail, vbo_error *err) {
  /* Since HTTP/0.9 has no head, libcurl takes any other first line for it. */
  if (says(exchange, "HTTP/0.9")) {
    vbo_error_set(err, VBO_ERROR_PROTOCOL,
                  "the server's answer is not HTTP/1.1: perhaps it speaks HTTP/2 only, or is "
                  "another service");
    vbo_error_hint(err, "check the port (the REST API's is 4443 by default), and look for a proxy");
    return;
  }
  vbo_error_set(err, VBO_ERROR_PROTOCOL, "the server's answer is not proper HTTP: %s", detail);
}

/* libcurl's buffers are bounded, and it calls a full one "out of memory" just as well. */
static void no_memory(const vbo_exchange *exchange, vbo_error *err) {
  if (exchange->sent_at == 0 || exchange->headers.complete || vbo_http_starved()) {
    vbo_error_memory(err);
    return;
  }
  vbo_error_set(err, VBO_ERROR_PROTOCOL,
                "the head of the answer is too large: a line of it has more than 100 KiB");
  vbo_error_hint(err, "look for a proxy or another service that adds header fields");
}

static void no_connection(const vbo_exchange *exchange, const char *detail, vbo_error *err) {
  long why = 0;
  (void)curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &why);
  if (why != 0)
    vbo_error_os(err, VBO_ERROR_NETWORK, (int)why, "no connection to the server");
  else
    vbo_error_set(err, VBO_ERROR_NETWORK, "no connection: %s", detail);
  vbo_error_hint(err, "check the host, the port and the firewall");
}

/* The order counts: our own check of the certificate knows more than libcurl's code, and the
 * proxy explains what would look like the server's fault. */
void vbo_http_failure(const vbo_exchange *exchange, CURLcode code, vbo_error *err) {
  /* on_request stopped the second sending. The code is CURLE_ABORTED_BY_CALLBACK then; the cause is
   * the end of the connection before. */
  if (exchange->resent) {
    vbo_error_set(err, VBO_ERROR_NETWORK, "the connection ended without an answer");
    return;
  }
  if (exchange->sent_at == 0 && vbo_handshake_explain(exchange->handshake, err)) return;
  if (proxy_failure(exchange, code, err)) return;
  const char *detail = exchange->detail[0] != '\0' ? exchange->detail : curl_easy_strerror(code);
  switch (code) {
    case CURLE_OUT_OF_MEMORY:
      no_memory(exchange, err);
      return;
    case CURLE_COULDNT_RESOLVE_HOST:
      vbo_error_set(err, VBO_ERROR_NETWORK, "no such host: %s", detail);
      vbo_error_hint(err, "check the name, and the network");
      return;
    case CURLE_COULDNT_CONNECT:
      no_connection(exchange, detail, err);
      return;
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
    case CURLE_UNSUPPORTED_PROTOCOL: /* libcurl's code for HTTP/0.9 */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_WRITE_ERROR:
    case CURLE_BAD_CONTENT_ENCODING:
      not_http(exchange, detail, err);
      return;
    default:
      vbo_error_set(err, VBO_ERROR_NETWORK, "%s", detail);
  }
}
