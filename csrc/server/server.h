/* server.h: the rehearsal server's HTTP side (libmicrohttpd), without Lua.
 *
 * One thread and no locks: nothing happens outside vbo_server_next, which moves every connection
 * and hands out the requests that came in whole.  A request waits, suspended, until it is answered;
 * meanwhile any number of others are served. */
#ifndef VBO_SERVER_H
#define VBO_SERVER_H

#include "server/stream.h"

typedef struct vbo_server vbo_server;
typedef struct vbo_visit vbo_visit; /* one request and its answer */

typedef struct vbo_server_options {
  const char *address;     /* numeric, or a name of this machine; NULL: 127.0.0.1 */
  int port;                /* 0: any free one */
  bool plain;              /* HTTP without TLS */
  const char *certificate; /* PEM, with its key; NULL: a new self-signed one */
  const char *key;
  size_t max_body;      /* a longer request body is answered 413; 0: 64 MiB */
  int64_t idle_timeout; /* ms a connection may be silent; 0: for ever */
  bool signals;         /* take SIGINT and SIGTERM while the server is open: next reports them */
  bool select;          /* poll with select() even where epoll is there */
} vbo_server_options;

/* NETWORK when the address cannot be bound, UNSUPPORTED without libmicrohttpd, USAGE for a
 * certificate and key that do not fit. */
vbo_server *vbo_server_listen(const vbo_server_options *options, vbo_error *err);
int vbo_server_port(const vbo_server *server);
/* "https://127.0.0.1:4443". */
const char *vbo_server_url(const vbo_server *server);
/* "sha256/BASE64" of its certificate, and that certificate in PEM; "" without TLS. */
const char *vbo_server_fingerprint(const vbo_server *server);
const char *vbo_server_certificate(const vbo_server *server);

typedef enum vbo_server_event {
  VBO_SERVER_FAILED,      /* `err` says why */
  VBO_SERVER_REQUEST,     /* `*visit` is the caller's */
  VBO_SERVER_TIMEOUT,     /* nothing came in */
  VBO_SERVER_INTERRUPTED, /* a signal */
} vbo_server_event;

/* Serves for up to `timeout_ms` (-1: without end; 0: one round) and until a request is there. */
vbo_server_event vbo_server_next(vbo_server *server, int64_t timeout_ms, vbo_visit **visit,
                                 vbo_error *err);
/* Closes every connection; visits that are still held stay readable. */
void vbo_server_free(vbo_server *server);

typedef struct vbo_header {
  const char *name;
  const char *value;
} vbo_header;

const char *vbo_visit_method(const vbo_visit *visit);
/* As the client sent it, nothing decoded: "/v8/Jobs?limit=30". */
const char *vbo_visit_target(const vbo_visit *visit);
const vbo_header *vbo_visit_headers(const vbo_visit *visit, size_t *count);
const void *vbo_visit_body(const vbo_visit *visit, size_t *size);
/* "127.0.0.1:50000". */
const char *vbo_visit_peer(const vbo_visit *visit);
/* Returns whether an answer cannot reach the client any more: it closed, or the server did. */
bool vbo_visit_gone(const vbo_visit *visit);

typedef enum vbo_fault {
  VBO_FAULT_NONE,
  VBO_FAULT_TRUNCATE, /* an orderly close in mid-answer */
  VBO_FAULT_RESET,    /* a TCP reset */
  VBO_FAULT_STALL     /* silence, until the client goes */
} vbo_fault;

typedef struct vbo_reply {
  int status;
  const vbo_header *headers;
  size_t header_count;
  vbo_stream *stream; /* shared, not taken; NULL: no body */
  int64_t delay;      /* ms before the answer starts */
  vbo_fault fault;
  int64_t fault_at;           /* after so many bytes of the body; -1: instead of an answer */
  int64_t rate;               /* bytes a second; 0: as fast as it goes */
  const char *content_length; /* this one instead of the true one; closes the connection after */
  bool unframed;              /* neither Content-Length nor chunks; closes the connection after */
  bool breakable;             /* vbo_visit_break_off may come */
} vbo_reply;

/* Answers, once. CLOSED when the client has gone or it was answered before, USAGE for a reply that
 * HTTP cannot carry. */
bool vbo_visit_reply(vbo_visit *visit, const vbo_reply *reply, vbo_error *err);
/* Ends an answer under way, or about to be: the client sees that it is not whole. False when it is
 * not `breakable`, was sent already, or the client has gone. */
bool vbo_visit_break_off(vbo_visit *visit);
/* Gives the visit back.  One that was never answered is answered 500. */
void vbo_visit_free(vbo_visit *visit);

#endif
