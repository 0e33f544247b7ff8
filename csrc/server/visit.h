/* visit.h: the structs behind server.h, for listener.c (sockets, the loop) and visit.c (requests,
 * replies) alone. */
#ifndef VBO_VISIT_H
#define VBO_VISIT_H

#include "base/buffer.h"
#include "server/libraries.h"
#include "server/server.h"

typedef enum vbo_visit_phase {
  VISIT_RECEIVING, /* the request is coming in */
  VISIT_WAITING,   /* whole, suspended until it is answered */
  VISIT_READY,     /* answered: the connection goes on as soon as it is resumed */
  VISIT_SENDING,   /* libmicrohttpd asks for the body */
  VISIT_GONE       /* done, or the client has gone */
} vbo_visit_phase;

struct vbo_visit {
  int references; /* one is the connection's, one is the caller's of vbo_server_next */
  vbo_visit_phase phase;
  vbo_server *server;                /* NULL once GONE */
  struct MHD_Connection *connection; /* NULL once GONE */
  vbo_visit *previous, *next;        /* all that are not GONE */
  vbo_visit *queue_next;             /* those that wait to be taken */

  char *method;
  char *target;
  vbo_header *headers;
  size_t header_count, header_capacity;
  vbo_buffer body;
  bool begun;     /* the header section is read */
  bool too_large; /* the body goes over max_body: the rest is dropped */
  char peer[72];

  bool suspended;
  int64_t wake_at; /* ms; 0: nothing to wait for */

  vbo_stream *stream;
  vbo_reader *reader;
  struct MHD_Response *response;
  int status;
  vbo_fault fault;
  int64_t fault_at;
  int64_t rate;
  bool breakable;
  int64_t rate_since; /* when the first byte was asked for; ms */
};

struct vbo_server {
  vbo_mhd mhd;
  struct MHD_Daemon *daemon;
  char *url;
  char *certificate;
  char fingerprint[64];
  int port;
  size_t max_body;
  int poll_fd;      /* libmicrohttpd's epoll; -1: select */
  bool resumed;     /* a connection is, which only libmicrohttpd's next round takes up */
  int signal_fd;    /* the end to read of the pipe that signals write to; -1: none */
  vbo_visit *all;   /* every visit that has a connection */
  vbo_visit *queue; /* came in and not taken yet; oldest first */
  vbo_visit **queue_end;
  char log[256]; /* libmicrohttpd's last words */
};

/* Callbacks of libmicrohttpd. */
void *vbo_visit_begin(void *context, const char *target, struct MHD_Connection *connection);
enum MHD_Result vbo_visit_handle(void *context, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *size, void **visit);
void vbo_visit_end(void *context, struct MHD_Connection *connection, void **visit,
                   enum MHD_RequestTerminationCode why);
/* Its time has come: it goes on, or looks again later (a stall). */
void vbo_visit_wake(vbo_visit *visit);
/* Goes on now, when it is suspended. */
void vbo_visit_resume(vbo_visit *visit);

#endif
