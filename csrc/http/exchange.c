/* exchange.c: one request on a libcurl easy handle.
 *
 * An attempt has a handle of its own, which lives as long as the exchange. The callbacks come in
 * this order: open_socket, on_socket and on_tls for a new connection only, then on_request,
 * on_header and on_body. When the transfer is over, multi.c calls vbo_exchange_ended. */
#include <stdlib.h>
#include <string.h>

#include "http/exchange.h"
#include "base/secret.h"
#include "base/descriptor.h"
#include "base/system.h"

/* --------------------------------------------------------------- callbacks */

/* Guards a new connection before its TLS handshake (CURLOPT_SSL_CTX_FUNCTION). A handshake from
 * before stays alive with its own SSL_CTX, which is its other owner. */
static CURLcode on_tls(CURL *easy, void *ssl_ctx, void *data) {
  (void)easy;
  vbo_exchange *exchange = data;
  vbo_handshake_free(exchange->handshake);
  exchange->handshake = vbo_trust_guard(exchange->trust, ssl_ctx);
  return exchange->handshake != NULL ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* Notes a socket for find_socket. libcurl may open several, one for each address of the host,
 * before one of them connects. */
static int on_socket(void *data, curl_socket_t socket, curlsocktype purpose) {
  (void)purpose;
  vbo_exchange *exchange = data;
  exchange->sockets[exchange->socket_count++ % EXCHANGE_SOCKETS] = (int64_t)socket;
  return CURL_SOCKOPT_OK;
}

/* Replaces libcurl's socket(2): this one is closed in children and never is 0, 1 or 2
 * (descriptor.h). */
static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)data, (void)purpose;
  int64_t made = vbo_socket_open(address->family, address->socktype, address->protocol);
  return made >= 0 ? (curl_socket_t)made : CURL_SOCKET_BAD;
}

/* Finds the socket of a connection by its ports among those that were opened for it: libcurl 7.88
 * does not state it at this point (CURLINFO_ACTIVESOCKET is set later). */
static int64_t find_socket(const vbo_exchange *exchange, int local_port, int remote_port) {
  unsigned count = exchange->socket_count;
  if (count > EXCHANGE_SOCKETS) count = EXCHANGE_SOCKETS;
  for (unsigned i = 0; i < count; i++)
    if (vbo_socket_is(exchange->sockets[i], local_port, remote_port)) return exchange->sockets[i];
  return -1;
}

/* Returns whether the request may go over this connection. Bytes that wait on a reused one came
 * after the previous answer's end and would become the beginning of this answer; a waiting end
 * would lose it. */
static bool clean(const vbo_exchange *exchange, void *ssl, const vbo_handshake *handshake,
                  int local_port, int remote_port) {
  if (!vbo_trust_holds(exchange->trust, ssl)) return false;
  if (!handshake->used)
    return true; /* a new one: TLS 1.3 tickets may wait (RFC 8446 section
                                        4.6.1) */
  /* A socket that was not found counts as unclean: a fresh connection costs one handshake only. The
   * ports are compared since the number of a closed descriptor may belong to another socket by
   * now. */
  return handshake->socket >= 0 && vbo_socket_is(handshake->socket, local_port, remote_port) &&
         !vbo_socket_readable(handshake->socket) && !vbo_handshake_pending(ssl);
}

/* Decides just before the request goes out (CURLOPT_PREREQFUNCTION): until here it has provably
 * not left. */
static int on_request(void *data, char *remote_ip, char *local_ip, int remote_port,
                      int local_port) {
  (void)remote_ip;
  vbo_exchange *exchange = data;
  struct curl_tlssessioninfo *tls = NULL;
  /* libcurl repeats a request by itself, up to five times, a POST too, when a reused connection
   * ends without an answer (Curl_retry_request). The owner decides how often a request goes out. */
  if (exchange->sent_at != 0) {
    exchange->resent = true;
    return CURL_PREREQFUNC_ABORT;
  }
  /* CURLINFO_TLS_SESSION would give the SSL_CTX instead of the SSL (CURLINFO_TLS_SSL_PTR(3)). */
  curl_easy_getinfo(exchange->easy, CURLINFO_TLS_SSL_PTR, &tls);
  void *ssl = tls != NULL && tls->backend == CURLSSLBACKEND_OPENSSL ? tls->internals : NULL;
  vbo_handshake *handshake = vbo_handshake_of(ssl);
  if (handshake == NULL || !clean(exchange, ssl, handshake, local_port, remote_port) ||
      (exchange->fresh && handshake->used)) {
    exchange->dirty = true;
    return CURL_PREREQFUNC_ABORT;
  }
  /* Only the exchange that opened the socket has it in its list, so that it is found on the
   * connection's first request or never. */
  if (!handshake->used) handshake->socket = find_socket(exchange, local_port, remote_port);
  handshake->used = true;
  /* Set for each request: a connection of the pool may have carried the other kind of answer. */
  vbo_trust_cleanse(ssl, exchange->events->secret);
  handshake->heard_at = 0;
  handshake->perhaps = false;
  vbo_handshake_free(exchange->connection);
  exchange->connection = vbo_handshake_share(handshake);
  if (local_ip != NULL) vbo_trust_note_address(exchange->trust, local_ip);
  /* From here on the request counts as sent: libcurl writes it after this callback, and a failed
   * write may still have sent a part. */
  exchange->sent_at = vbo_monotonic_ms();
  exchange->http->moves++;
  return CURL_PREREQFUNC_OK;
}

/* 100 (Continue), 102 (Processing), 103 and unknown ones: the answer itself may take as long as
 * without them (RFC 9110 section 15.2).  After a 101, which answers an Upgrade that is never sent,
 * no answer follows: libcurl would take whatever comes for a body without end. */
static bool after_head(vbo_exchange *exchange) {
  if (exchange->headers.status >= 200) return true;
  if (exchange->headers.status == 101)
    return vbo_error_set(&exchange->failure, VBO_ERROR_PROTOCOL,
                         "the server switched to another protocol (101), which was not requested");
  exchange->answered_at = 0;
  if (exchange->connection != NULL) exchange->connection->heard_at = 0;
  exchange->events->interim(exchange->owner);
  return true;
}

/* Takes one complete line, heads of 1xx answers and trailers included (CURLOPT_HEADERFUNCTION(3)).
 * A result other than `size` ends the transfer with CURLE_WRITE_ERROR. */
static size_t on_header(char *line, size_t one, size_t size, void *data) {
  vbo_exchange *exchange = data;
  (void)one;
  bool complete = exchange->headers.complete;
  exchange->http->moves++;
  if (exchange->answered_at == 0) {
    exchange->answered_at = vbo_monotonic_ms();
    exchange->events->begun(exchange->owner);
  }
  if (!vbo_headers_line(&exchange->headers, line, size, &exchange->failure)) return 0;
  if ((line[0] == '\r' || line[0] == '\n') && !after_head(exchange)) return 0;
  if (complete || !exchange->headers.complete) return size;
  /* Without CURLOPT_ACCEPT_ENCODING libcurl passes compressed bytes on as they are: they would be
   * saved in place of the document. */
  if (exchange->headers.encoded) {
    vbo_error_set(
        &exchange->failure, VBO_ERROR_PROTOCOL,
        "the server compressed its answer (Content-Encoding: %s), which was not requested",
        vbo_headers_get(&exchange->headers, "content-encoding"));
    return 0;
  }
  if (exchange->events->head(exchange->owner, &exchange->headers)) return size;
  /* The owner keeps its own reason: vbo_exchange_ended adds none. */
  exchange->stopped = true;
  return 0;
}

/* Takes bytes of the body. After CURL_WRITEFUNC_PAUSE libcurl keeps them, stops reading the socket,
 * and passes the same ones again after curl_easy_pause: TCP's window holds the server. */
static size_t on_body(char *bytes, size_t one, size_t size, void *data) {
  vbo_exchange *exchange = data;
  (void)one;
  /* An empty body may come as a call without bytes (CURLOPT_WRITEFUNCTION(3)). */
  if (size == 0) return 0;
  exchange->http->moves++;
  switch (exchange->events->body(exchange->owner, bytes, size)) {
    case VBO_TAKEN:
      exchange->received += (int64_t)size;
      return size;
    case VBO_HOLD:
      return CURL_WRITEFUNC_PAUSE;
    case VBO_STOP:
      break;
  }
  exchange->stopped = true;
  return 0;
}

/* ----------------------------------------------------------------- options */

#define SET(option, value)                                                                         \
  (result = result == CURLE_OK ? curl_easy_setopt(easy, (option), (value)) : result)

/* 16 KiB, one TLS record, would cost a poll for each. A secret answer is wiped with its buffer,
 * which multi.c knows by its size. */
enum { RECEIVE_BUFFER = 128 * 1024, SECRET_BUFFER = 16 * 1024 };

static CURLcode set_protocol(CURL *easy, bool secret) {
  CURLcode result = CURLE_OK;
#if LIBCURL_VERSION_NUM >= 0x075500
  SET(CURLOPT_PROTOCOLS_STR, "https");
#else
  SET(CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  /* An HTTP/0.9 answer has no head: any bytes at all would be one. */
  SET(CURLOPT_HTTP09_ALLOWED, 0L);
  /* A 307 would send the body, a password perhaps, to another server (RFC 9110 section 15.4.8). */
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  /* Paths are encoded already; libcurl would remove dot segments that are names. */
  SET(CURLOPT_PATH_AS_IS, 1L);
  SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  /* A ~/.netrc could add a login of its own. */
  SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  /* libcurl's SIGALRM for slow name servers would be the program's. */
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_BUFFERSIZE, secret ? (long)SECRET_BUFFER : (long)RECEIVE_BUFFER);
  /* An export is prepared for minutes without a byte; firewalls drop connections that seem dead. */
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  SET(CURLOPT_TCP_KEEPIDLE, 60L);
  SET(CURLOPT_TCP_KEEPINTVL, 30L);
  return result;
}

static CURLcode set_tls(CURL *easy, vbo_exchange *exchange) {
  CURLcode result = CURLE_OK;
  /* Our own check replaces libcurl's; no authorities are loaded for it. Both check the name,
   * unless the certificate is pinned. */
  SET(CURLOPT_CAINFO, NULL);
  SET(CURLOPT_CAPATH, NULL);
  /* After the handshake libcurl asks SSL_get_verify_result as well, which our check sets. */
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, vbo_trust_pinned(exchange->trust) ? 0L : 2L);
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  /* A resumed session shows no certificate: each connection must. */
  SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  SET(CURLOPT_SSL_CTX_DATA, exchange);
  SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
  return result;
}

static CURLcode set_request(CURL *easy, const vbo_exchange_options *options,
                            vbo_exchange *exchange) {
  CURLcode result = CURLE_OK;
  bool get = strcmp(options->method, "GET") == 0;
  bool post = strcmp(options->method, "POST") == 0;
  SET(CURLOPT_URL, options->url);
  /* A POST without a body must say Content-Length: 0 (RFC 9110 section 8.6), or servers answer
   * 411. */
  if (options->body != NULL || post) {
    SET(CURLOPT_POST, 1L);
    /* The size goes first: without it libcurl would measure the body with strlen, and a body may
     * hold NULs. libcurl does not copy it, so that it must outlive the exchange
     * (CURLOPT_POSTFIELDS(3)). */
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)options->body_size);
    SET(CURLOPT_POSTFIELDS, options->body != NULL ? options->body : "");
  } else {
    SET(CURLOPT_HTTPGET, 1L);
  }
  /* The options above set POST or GET; any other method is only a word to libcurl. */
  if (!post && (!get || options->body != NULL)) SET(CURLOPT_CUSTOMREQUEST, options->method);
  SET(CURLOPT_HTTPHEADER, exchange->list);
  SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE); /* no token for a proxy */
  SET(CURLOPT_USERAGENT, options->user_agent);
  /* No CURLOPT_TIMEOUT_MS beside it: a large answer may take hours. The owner's timers bound
   * silence, and the whole where a deadline was set. */
  SET(CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout);
  /* A proxy's answer to CONNECT must not pass for the head of the server's. */
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  /* Always set, since libcurl would read the environment itself: the client read it when it was
   * opened. */
  SET(CURLOPT_PROXY, options->proxy->url);
  SET(CURLOPT_NOPROXY, "");
  if (options->proxy->user != NULL) SET(CURLOPT_PROXYUSERNAME, options->proxy->user);
  if (options->proxy->password != NULL)
    SET(CURLOPT_PROXYPASSWORD, vbo_secret_bytes(options->proxy->password));
  /* A change never goes over a reused connection, on which libcurl repeats requests. */
  SET(CURLOPT_FRESH_CONNECT, options->fresh ? 1L : 0L);
  SET(CURLOPT_SHARE, options->pool->share);
  return result;
}

static CURLcode set_callbacks(CURL *easy, vbo_exchange *exchange) {
  CURLcode result = CURLE_OK;
  SET(CURLOPT_PRIVATE, exchange);
  SET(CURLOPT_ERRORBUFFER, exchange->detail);
  SET(CURLOPT_NOPROGRESS, 1L);
  SET(CURLOPT_HEADERDATA, exchange);
  SET(CURLOPT_HEADERFUNCTION, on_header);
  SET(CURLOPT_WRITEDATA, exchange);
  SET(CURLOPT_WRITEFUNCTION, on_body);
  SET(CURLOPT_PREREQDATA, exchange);
  SET(CURLOPT_PREREQFUNCTION, on_request);
  SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  SET(CURLOPT_SOCKOPTDATA, exchange);
  SET(CURLOPT_SOCKOPTFUNCTION, on_socket);
  return result;
}

/* Chains list nodes through the header lines.  The nodes are ours, so that no
 * header with a token is copied to ordinary memory by curl_slist_append. */
static bool chain_lines(vbo_exchange *exchange) {
  char *at = exchange->lines.data;
  char *end = at == NULL ? NULL : at + exchange->lines.size;
  size_t count = 0;
  /* The nodes point into the buffer, which does not grow any more. */
  for (; at < end; at += strlen(at) + 1) {
    if (count == EXCHANGE_HEADERS) return false;
    exchange->list[count].data = at;
    if (count > 0) exchange->list[count - 1].next = &exchange->list[count];
    count++;
  }
  return count > 0;
}

/* --------------------------------------------------------------- life span */

vbo_exchange *vbo_exchange_start(vbo_http *http, const vbo_exchange_options *options,
                                 vbo_error *err) {
  vbo_exchange *exchange = calloc(1, sizeof *exchange);
  if (exchange == NULL) {
    vbo_buffer_free(options->headers);
    vbo_error_memory(err);
    return NULL;
  }
  exchange->http = http;
  exchange->events = options->events;
  exchange->owner = options->owner;
  exchange->trust = options->trust;
  exchange->fresh = options->fresh;
  exchange->proxy = options->proxy->url[0] != '\0' ? options->proxy : NULL;
  exchange->body_size = options->body_size;
  exchange->connect_timeout = options->connect_timeout;
  /* Taken over: libcurl reads the lines until the exchange is freed. */
  exchange->lines = *options->headers;
  *options->headers = (vbo_buffer){.secure = options->headers->secure};
  vbo_headers_init(&exchange->headers);
  CURL *easy = exchange->easy = curl_easy_init();
  CURLcode result = easy == NULL || !chain_lines(exchange) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
  if (result == CURLE_OK) result = set_protocol(easy, options->events->secret);
  if (result == CURLE_OK) result = set_tls(easy, exchange);
  if (result == CURLE_OK) result = set_request(easy, options, exchange);
  if (result == CURLE_OK) result = set_callbacks(easy, exchange);
  if (result == CURLE_OK) {
    /* Nothing moves yet: the next curl_multi_perform begins the connection, so that no callback
     * runs before the owner has this pointer. */
    exchange->added = curl_multi_add_handle(http->multi, easy) == CURLM_OK;
    if (exchange->added) return exchange;
    result = CURLE_OUT_OF_MEMORY;
  }
  if (result == CURLE_OUT_OF_MEMORY)
    vbo_error_memory(err);
  else
    vbo_error_set(err, VBO_ERROR_UNSUPPORTED, "libcurl refuses an option: %s",
                  curl_easy_strerror(result));
  vbo_exchange_free(exchange);
  return NULL;
}

/* Takes the handle off the multi, which libcurl demands before it is cleaned up or added again.
 * Must not run inside a callback of libcurl, which then refuses (CURLM_RECURSIVE_API_CALL). */
static void take_off(vbo_exchange *exchange) {
  if (exchange->added) curl_multi_remove_handle(exchange->http->multi, exchange->easy);
  exchange->added = false;
}

void vbo_exchange_ended(vbo_exchange *exchange, CURLcode code) {
  take_off(exchange);
  if (exchange->dirty && !exchange->fresh) {
    /* Nothing was sent: the same request goes out on a fresh connection, unnoticed by its owner. */
    exchange->dirty = false;
    exchange->fresh = true;
    exchange->sent_at = 0;
    curl_easy_setopt(exchange->easy, CURLOPT_FRESH_CONNECT, 1L);
    exchange->added = curl_multi_add_handle(exchange->http->multi, exchange->easy) == CURLM_OK;
    if (exchange->added) return;
    code = CURLE_OUT_OF_MEMORY;
  }
  /* libcurl takes an end before the head's empty line for success. */
  if (code == CURLE_OK && !exchange->headers.complete) code = CURLE_WEIRD_SERVER_REPLY;
  /* Our own finding says more than the CURLE_WRITE_ERROR that it led to. */
  vbo_error failure = {0};
  if (exchange->failure.kind != VBO_OK)
    failure = exchange->failure;
  else if (code != CURLE_OK && !exchange->stopped)
    vbo_http_failure(exchange, code, &failure);
  /* The last access to the exchange: its owner may free it here. */
  exchange->events->done(exchange->owner, failure.kind == VBO_OK ? NULL : &failure);
}

void vbo_exchange_resume(vbo_exchange *exchange) {
  if (exchange->added) curl_easy_pause(exchange->easy, CURLPAUSE_CONT);
}

bool vbo_exchange_sent(const vbo_exchange *exchange) {
  return exchange->sent_at != 0;
}

int64_t vbo_exchange_sent_at(const vbo_exchange *exchange) {
  return exchange->sent_at;
}

int64_t vbo_exchange_answered_at(const vbo_exchange *exchange) {
  return exchange->answered_at;
}

int64_t vbo_exchange_heard_at(const vbo_exchange *exchange) {
  if (exchange->answered_at != 0) return exchange->answered_at;
  return exchange->connection != NULL ? exchange->connection->heard_at : 0;
}

/* Counts what libcurl has handed on, of which the kernel may still hold a part: for a progress
 * display this is near enough. */
bool vbo_exchange_uploaded(const vbo_exchange *exchange) {
  curl_off_t sent = 0;
  if (exchange->sent_at == 0) return false;
  if (exchange->body_size == 0) return true;
  curl_easy_getinfo(exchange->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  return sent >= (curl_off_t)exchange->body_size;
}

const vbo_headers *vbo_exchange_headers(const vbo_exchange *exchange) {
  return &exchange->headers;
}

void vbo_exchange_take_headers(vbo_exchange *exchange, vbo_headers *out) {
  *out = exchange->headers;
  vbo_headers_init(&exchange->headers);
}

void vbo_exchange_free(vbo_exchange *exchange) {
  if (exchange == NULL) return;
  take_off(exchange);
  /* Before the header lines, which the handle points to. */
  curl_easy_cleanup(exchange->easy);
  vbo_handshake_free(exchange->handshake);
  vbo_handshake_free(exchange->connection);
  vbo_headers_free(&exchange->headers);
  vbo_buffer_free(&exchange->lines);
  free(exchange);
}
