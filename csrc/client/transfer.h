/* transfer.h: one request until its answer is whole, however many attempts
 * that takes. */
#ifndef VBO_TRANSFER_H
#define VBO_TRANSFER_H

#include "base/ring.h"
#include "client/auth.h"
#include "client/engine.h"
#include "client/progress.h"
#include "save/digest.h"
#include "save/feed.h"

/* The transfers of one client, and what they need of it.  Owned by the client, which ends the
 * live ones before it goes: a transfer that is done uses its engine alone. */
typedef struct vbo_transfers {
  vbo_engine *engine;
  vbo_endpoint *endpoint;
  vbo_auth *auth;
  vbo_list live;     /* vbo_child */
  size_t body_limit; /* of an answer in memory */
  int64_t deadline;  /* milliseconds; 0: none */
} vbo_transfers;

/*   QUEUE ──► TOKEN ──► RUNNING ──► (SETTLING) ──► DONE
 *     ▲                    │
 *     ├─────── 401 ────────┤
 *     └────── PAUSE ◄──────┘    */
typedef enum vbo_transfer_state {
  VBO_STATE_QUEUE, /* waits for a seat */
  VBO_STATE_TOKEN, /* waits for a token */
  VBO_STATE_PAUSE, /* waits before the next attempt */
  VBO_STATE_RUNNING,
  VBO_STATE_SETTLING, /* the answer is complete; the file does not have its name yet */
  VBO_STATE_DONE
} vbo_transfer_state;

struct vbo_transfer {
  vbo_engine *engine;   /* one of its owners */
  vbo_transfers *group; /* until it is done */
  vbo_child child;      /* of the group, until it is done */
  vbo_node ready;       /* in the engine's ready list */
  vbo_observed observed;
  vbo_transfer_state state;

  /* The request, ours. */
  char *method;
  char *path;
  char *content_type;
  vbo_buffer request_body;
  bool has_body;
  bool change;
  bool anonymous;
  bool exclusive;
  bool once;   /* carried out at most once: a change, or a request that opens something */
  bool urgent; /* waits for no pause and no seat */
  bool login;  /* needs a token and sends no request of its own */

  /* Where the answer goes. */
  vbo_sink_kind kind;
  size_t body_limit; /* memory */
  vbo_buffer body;   /* memory; also an error's body */
  vbo_feed *file;
  vbo_ring ring;
  vbo_digest *digest; /* of what went into the ring */
  char sha256[VBO_DIGEST_HEX];
  bool saved; /* the file has its name */
  vbo_identity identity;
  const char *checked; /* of a saved file; never NULL */
  char unchecked[192]; /* the part that could not be checked, or "" */

  /* This attempt. */
  vbo_exchange *exchange;
  vbo_auth_waiter waiter;
  vbo_seat seat;
  unsigned token; /* the serial it was sent with */
  vbo_headers headers;
  bool head;       /* a 2xx head is there */
  bool held;       /* the puller, or the disk, holds the sender back */
  bool handed_out; /* the puller has taken bytes */
  bool was_sent;   /* settling: the request had gone out */
  bool refused;    /* the server itself says that it refused */
  vbo_error local; /* our own finding about the answer while it came in; kind VBO_OK: none */
  int64_t received;
  int64_t sent_at;
  int64_t answered_at;
  int64_t looked_at; /* last time that an answer without a whole line was looked for */
  int64_t moved_at;  /* when bytes of the body came in last, or the head began */

  /* All attempts. */
  vbo_timer timer;
  int64_t started_at;
  int64_t ended_at;
  int64_t deadline_at; /* INT64_MAX: none */
  int64_t retry_at;
  int attempts;
  int retried;
  bool renewed;    /* a 401 was answered with a new token already */
  vbo_error *lost; /* how each attempt before this one failed */
  int lost_count;
  vbo_error error;
};

/* Starts a transfer of the group.  NULL with an error. */
vbo_transfer *vbo_transfer_open(vbo_transfers *group, const vbo_request *request,
                                const vbo_sink_options *sink, vbo_error *err);
/* Starts one that is done when there is a token. */
vbo_transfer *vbo_transfer_open_login(vbo_transfers *group, const char *path, vbo_error *err);
/* Returns the answer in memory, for a caller that takes its bytes over instead of copying them. */
vbo_buffer *vbo_transfer_buffer(vbo_transfer *transfer);

/* transfer_run.c: the state machine. */
void vbo_transfer_begin(vbo_transfer *transfer);
void vbo_transfer_on_timer(void *owner);
void vbo_transfer_on_seat(void *owner, const vbo_error *refusal);
void vbo_transfer_on_token(void *owner, const vbo_error *failure);
/* Ends it with CANCELLED (or UNKNOWN_OUTCOME), `why` in the message. The `end` of its vbo_child. */
void vbo_transfer_end(void *owner, const char *why);
/* Sets the timer for whichever comes first: pause, deadline, idle. */
void vbo_transfer_arm(vbo_transfer *transfer);

/* transfer_answer.c: the answer. */
extern const vbo_exchange_events vbo_transfer_events;
/* transfer_run.c: the exchange ended. */
void vbo_transfer_ended(void *owner, const vbo_error *failure);
extern const vbo_feed_events vbo_transfer_file_events;
/* Takes bytes again after the sink held them back. */
void vbo_transfer_resume(vbo_transfer *transfer);
/* Judges the answer after the exchange: fills in `err` unless it is whole and 2xx, and says in
 * `*repeat` whether a read may be repeated. */
bool vbo_transfer_judge(vbo_transfer *transfer, const vbo_error *failure, bool *repeat,
                        vbo_error *err);
/* Forgets the answer of an attempt, in the sink too. */
bool vbo_transfer_reset(vbo_transfer *transfer, vbo_error *err);

#endif
