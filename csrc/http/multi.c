/* multi.c: libcurl itself: its start, the multi that carries the exchanges of an engine, and the
 * shares that keep the idle connections of a client.
 *
 * One thread uses a multi and its shares, so that they need no lock functions (CURLSHOPT_LOCKFUNC).
 * Only vbo_http_wakeup may be called from elsewhere. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "http/exchange.h"
#include "base/secret.h"
#include "base/descriptor.h"
#include "base/system.h"

/* ------------------------------------------------------- memory for libcurl
 *
 * Headers and small bodies are copied into libcurl's buffers before they go
 * out, tokens and passwords among them.  Its memory is therefore wiped when it
 * is given back.  (When the program has started libcurl before us, it keeps the
 * program's allocator, and this one protection is lost.) */

/* Set for good by the first allocation that fails. libcurl reports CURLE_OUT_OF_MEMORY for a header
 * line beyond its own bound, too (no_memory in failure.c): this distinguishes the two. */
static _Atomic bool starved;

bool vbo_http_starved(void) {
  return starved;
}

static void *wiping_malloc(size_t size) {
  void *memory = malloc(size);
  if (memory == NULL) starved = true;
  return memory;
}

/* Only the buffers of answers that are not secret (exchange.c), one for each request, are larger:
 * wiping those cost a tenth of a small request. */
enum { LARGEST_WIPED = 100 * 1024 };

static void wiping_free(void *memory) {
  if (memory == NULL) return;
  size_t size = vbo_allocation_size(memory);
  if (size <= LARGEST_WIPED) vbo_secure_wipe(memory, size);
  free(memory);
}

/* Moves the block by hand. */
static void *wiping_realloc(void *memory, size_t size) {
  if (memory == NULL) return wiping_malloc(size);
  /* Always moved by hand: realloc may leave the old copy behind, unwiped. */
  size_t before = vbo_allocation_size(memory);
  void *moved = wiping_malloc(size);
  if (moved == NULL) return NULL;
  memcpy(moved, memory, before < size ? before : size);
  wiping_free(memory);
  return moved;
}

static char *wiping_strdup(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = wiping_malloc(size);
  if (copy != NULL) memcpy(copy, text, size);
  return copy;
}

static void *wiping_calloc(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (memory == NULL) starved = true;
  return memory;
}

/* --------------------------------------------------------------- the start */

static pthread_once_t start_once = PTHREAD_ONCE_INIT;
static CURLcode start_result = CURLE_FAILED_INIT;

/* Initializes libcurl once for the process. pthread_once, because curl_global_init is safe with
 * threads only since 7.84. It never is undone: other code of the process may use libcurl. */
static void start(void) {
  vbo_stay_loaded(); /* libcurl calls these five from now on */
  start_result = curl_global_init_mem(CURL_GLOBAL_DEFAULT, wiping_malloc, wiping_free,
                                      wiping_realloc, wiping_strdup, wiping_calloc);
}

/* Checked at run time: a program may run with another libcurl than it was built with. */
static bool usable(vbo_error *err) {
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  /* 7.80 has CURLOPT_PREREQFUNCTION, the callback before a request goes out, on which "never sent
   * twice" rests. (With one older than 7.87 the program must ignore SIGPIPE: there OpenSSL writes
   * to the socket by itself, without MSG_NOSIGNAL.) */
  if (info->version_num < 0x075000)
    return vbo_error_set(err, VBO_ERROR_UNSUPPORTED, "libcurl must be 7.80 or later, got %s",
                         info->version);
  if (info->ssl_version == NULL || strncmp(info->ssl_version, "OpenSSL", 7) != 0) {
    vbo_error_set(err, VBO_ERROR_UNSUPPORTED, "this libcurl uses %s for TLS, not OpenSSL",
                  info->ssl_version == NULL ? "nothing" : info->ssl_version);
    vbo_error_hint(err, "link with a libcurl that was built with OpenSSL");
    return false;
  }
  return true;
}

vbo_http *vbo_http_new(vbo_error *err) {
  pthread_once(&start_once, start);
  if (start_result != CURLE_OK) {
    vbo_error_set(err, VBO_ERROR_MEMORY, "libcurl does not start: %s",
                  curl_easy_strerror(start_result));
    return NULL;
  }
  if (!usable(err)) return NULL;
  vbo_http *http = malloc(sizeof *http);
  vbo_files before;
  vbo_files_look(&before);
  CURLM *multi = curl_multi_init(); /* opens a pair of sockets, which children would get */
  vbo_files_seal_since(&before);
  if (http == NULL || multi == NULL) {
    free(http);
    curl_multi_cleanup(multi);
    vbo_error_memory(err);
    return NULL;
  }
  *http = (vbo_http){.multi = multi};
  /* No multiplexing (see http.h), and so many idle connections at most. */
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 64L);
  return http;
}

/* Frees the multi after its exchanges: each of them still takes its handle off it. */
void vbo_http_free(vbo_http *http) {
  if (http == NULL) return;
  curl_multi_cleanup(http->multi);
  free(http);
}

void vbo_http_perform(vbo_http *http) {
  int running = 0;
  int left = 0;
  CURLMsg *message = NULL;
  curl_multi_perform(http->multi, &running);
  /* `done` may free the exchange and start others: the message is read before, and not used
   * after. */
  while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
    if (message->msg != CURLMSG_DONE) continue;
    vbo_exchange *exchange = NULL;
    CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
    vbo_exchange_ended(exchange, code);
  }
}

uint64_t vbo_http_moves(const vbo_http *http) {
  return http->moves;
}

/* Uses curl_multi_poll: curl_multi_wait returns at once without sockets, and curl_multi_wakeup does
 * not end it. */
void vbo_http_poll(vbo_http *http, int timeout_ms) {
  curl_multi_poll(http->multi, NULL, 0, timeout_ms, NULL);
}

void vbo_http_wakeup(vbo_http *http) {
  curl_multi_wakeup(http->multi);
}

/* -------------------------------------------------------------- the shares */

vbo_pool *vbo_pool_new(vbo_error *err) {
  vbo_pool *pool = malloc(sizeof *pool);
  CURLSH *share = curl_share_init();
  /* Connections alone: DNS entries and TLS sessions stay with each handle. */
  if (pool == NULL || share == NULL ||
      curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) != CURLSHE_OK) {
    free(pool);
    curl_share_cleanup(share);
    vbo_error_memory(err);
    return NULL;
  }
  pool->share = share;
  return pool;
}

/* Closes the idle connections. No handle may use the share any more: otherwise curl_share_cleanup
 * returns CURLSHE_IN_USE and frees nothing. */
void vbo_pool_free(vbo_pool *pool) {
  if (pool == NULL) return;
  curl_share_cleanup(pool->share);
  free(pool);
}

/* Uses curl_getdate, which reads the three forms of RFC 9110 section 5.6.7, and harmless others. */
int64_t vbo_http_date(const char *text) {
  return (int64_t)curl_getdate(text, NULL);
}
