/* exchange.h: the structs behind http.h, for multi.c, exchange.c and failure.c alone. */
#ifndef VBO_EXCHANGE_H
#define VBO_EXCHANGE_H

#include <curl/curl.h>

#include "http/http.h"

enum { EXCHANGE_HEADERS = 8, EXCHANGE_SOCKETS = 8 };

struct vbo_http {
  CURLM *multi;
  uint64_t moves;
};

struct vbo_pool {
  CURLSH *share;
};

struct vbo_exchange {
  vbo_http *http;
  CURL *easy;
  bool added; /* to the multi */
  const vbo_exchange_events *events;
  void *owner;
  vbo_trust *trust;
  vbo_handshake *handshake;          /* of the connection it began; NULL on a reused one */
  vbo_handshake *connection;         /* of the one its request went over */
  int64_t sockets[EXCHANGE_SOCKETS]; /* opened for it, the last few */
  unsigned socket_count;
  const vbo_proxy *proxy; /* NULL: none */
  bool fresh;
  bool dirty;        /* the reused connection was not clean: nothing was sent */
  bool resent;       /* libcurl was about to send it once more */
  bool stopped;      /* by its owner */
  vbo_error failure; /* our own finding about the answer; kind VBO_OK: none */
  int64_t connect_timeout;
  int64_t sent_at;
  int64_t answered_at;
  int64_t received;
  size_t body_size;
  vbo_headers headers;
  vbo_buffer lines;
  struct curl_slist list[EXCHANGE_HEADERS]; /* nodes that point into `lines` */
  char detail[CURL_ERROR_SIZE];
};

/* Ends an exchange that libcurl has let go of: reports it, or sends it again on a fresh connection
 * when the reused one was not clean. */
void vbo_exchange_ended(vbo_exchange *exchange, CURLcode code);
/* Returns whether the system has refused libcurl memory. */
bool vbo_http_starved(void);
/* Translates a libcurl failure into our kinds and words. */
void vbo_http_failure(const vbo_exchange *exchange, CURLcode code, vbo_error *err);

#endif
