/* vbo.h: the C interface of vbolua.
 *
 * A client of the REST API of Veeam Backup for Microsoft 365 (VB365), without Lua: connect, call
 * an operation, save a stream. The Lua module is built on exactly these functions.
 *
 * Rules that hold for every function here:
 *
 *  - Failures: a function that can fail takes a `vbo_error *` as its last argument and fills it
 *    in when it returns NULL, false or -1. The pointer may be NULL. On success the error stays as
 *    it was.
 *  - Ownership: the result of `*_new`, `*_open`, `*_start` and `vbo_call` belongs to the caller,
 *    who frees it with the matching `*_free`. Every `*_free` takes NULL. A `const` result belongs
 *    to the object it was read from and lives until that object is freed or used again.
 *  - Order: an engine outlives its clients, and a client its transfers. Freeing an engine or a
 *    client earlier is defined: the transfers under way end with the kind `cancelled`, and each
 *    object stays valid until its own `*_free`.
 *  - Threads: an engine, its clients and their transfers belong to one thread. Only
 *    `vbo_engine_interrupt` and `vbo_engine_wake` may be called from elsewhere, a signal handler
 *    included. An engine
 *    that saves files has a few threads of its own, which hash and write, block every signal and
 *    call no code of the caller; they begin with the first file and end in vbo_engine_free. A
 *    fork of the process may free the objects it inherited, and do no more with them.
 *  - Text is UTF-8, sizes are bytes, durations are milliseconds.
 */
#ifndef VBO_H
#define VBO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define VBO_API __attribute__((visibility("default")))
#else
#define VBO_API
#endif

#define VBO_VERSION "0.2.0"

/* ------------------------------------------------------------------ errors */

/* The kinds of failure: identifier, name, and the exit status with which `vbolua` ends when a
 * runbook does not catch it. 1 is left to errors of the runbook itself. */
#define VBO_ERROR_KINDS(X)                                                                         \
  X(USAGE, "usage", 2)                      /* a wrong argument; nothing was sent */               \
  X(AUTH, "auth", 3)                        /* the server does not accept the login */             \
  X(TRUST, "trust", 4)                      /* the certificate is not the server's, or no TLS */   \
  X(NETWORK, "network", 5)                  /* no connection, or it broke */                       \
  X(TIMEOUT, "timeout", 6)                  /* connect, idle or deadline passed */                 \
  X(REFUSED, "refused", 7)                  /* the server refused the request (4xx) */             \
  X(NOT_FOUND, "not_found", 8)              /* 404, or no such name */                             \
  X(CONFLICT, "conflict", 9)                /* 409 */                                              \
  X(PARTIAL, "partial", 10)                 /* a change that was made in part */                   \
  X(UNKNOWN_OUTCOME, "unknown_outcome", 11) /* a change whose answer was lost */                   \
  X(INTEGRITY, "integrity", 12)             /* the bytes are not whole, or not what they claim */  \
  X(DISK, "disk", 13)                       /* the local file cannot be written */                 \
  X(EXISTS, "exists", 14)                   /* the local file exists */                            \
  X(UNSUPPORTED, "unsupported", 15)         /* this API version lacks it */                        \
  X(PROTOCOL, "protocol", 16)               /* an answer that is not HTTP, JSON or this API */     \
  X(SERVER, "server", 17)                   /* 5xx */                                              \
  X(BUSY, "busy", 18)                       /* 429 or 503: try later */                            \
  X(LIMIT, "limit", 19)                     /* an answer larger or deeper than allowed */          \
  X(MEMORY, "memory", 20)                   /* out of memory */                                    \
  X(CLOSED, "closed", 21)                   /* a handle used after it was closed */                \
  X(JOURNAL, "journal", 22)                 /* the journal cannot be opened, written or trusted */ \
  X(STOPPED, "stopped", 23)                 /* a limit, a policy or a pause stopped the run */     \
  X(OVERLAP, "overlap", 24)                 /* an unfinished run changed the same target */        \
  X(CHANGED, "changed", 25)                 /* a resume differs from the run it resumes */         \
  X(CANCELLED, "cancelled", 130)            /* Ctrl-C, or the caller's own cancel */

typedef enum vbo_error_kind {
  VBO_OK = 0,
#define VBO_ERROR_ENUM(id, name, status) VBO_ERROR_##id,
  VBO_ERROR_KINDS(VBO_ERROR_ENUM)
#undef VBO_ERROR_ENUM
      VBO_ERROR_KIND_COUNT
} vbo_error_kind;

/* A failure. It is a plain value: copy it freely, nothing in it needs freeing. */
typedef struct vbo_error {
  vbo_error_kind kind;
  int status;        /* HTTP status of the answer; 0 without one */
  int os_error;      /* errno; 0 when no system call failed */
  bool retryable;    /* the same call may succeed later, and repeating it is safe */
  bool sent;         /* the request may have reached the server */
  bool refused;      /* the server itself refused it: 400, 401, 403, 404, 405, 409, 422, 429 or 503
                          with its own error object. Nothing was done then */
  char code[64];     /* the server's errorCode, an OAuth error, or an errno's name; may be "" */
  char message[512]; /* one line for people; never holds a secret */
  char hint[256];    /* what to do about it, an imperative; may be "" */
  char server[256];  /* "https://host:port", or "" */
  char request[512]; /* "GET /v8/Jobs", or "" */
  int64_t retry_after; /* the answer's Retry-After in milliseconds; 0 without one */
} vbo_error;

/* Returns the name of a kind ("not_found"); "ok" for VBO_OK. The text is a constant. */
VBO_API const char *vbo_error_kind_name(vbo_error_kind kind);
/* Returns the exit status of a kind; 0 for VBO_OK. */
VBO_API int vbo_error_exit_status(vbo_error_kind kind);

/* Returns the library's version, for example "0.2.0". The text is a constant. */
VBO_API const char *vbo_version(void);

/* ----------------------------------------------------------------- secrets */

/* A password, token or key in locked memory, wiped when freed. Any thread may share and free it.
 * While it lives, every message of this library shows "***" in its place, in whatever encoding it
 * occurs (percent, form, Base64, hex, JSON, HTML). Secrets with fewer than 4 bytes are not
 * replaced: they occur in every text by chance, and the gaps would show where. */
typedef struct vbo_secret vbo_secret;

/* Copies `size` bytes into a new secret; the caller wipes its own.  MEMORY when no more can be
 * locked. */
VBO_API vbo_secret *vbo_secret_new(const void *bytes, size_t size, vbo_error *err);
/* Reads a secret from an environment variable: one line of UTF-8, without line ends after it, or
 * several lines as they are. NOT_FOUND when the variable is unset or empty, USAGE for UTF-16. */
VBO_API vbo_secret *vbo_secret_from_env(const char *name, vbo_error *err);
/* Reads a secret from a file that only its owner can read (TRUST otherwise): one line of UTF-8.  A
 * byte order mark before it and line ends after it are left out; USAGE for UTF-16, zero bytes and
 * several lines, NOT_FOUND for a missing or empty file. */
VBO_API vbo_secret *vbo_secret_from_file(const char *path, vbo_error *err);
/* Reads all bytes of such a file, up to 1 MiB: a certificate (PFX) or a key of several lines. */
VBO_API vbo_secret *vbo_secret_from_file_whole(const char *path, vbo_error *err);
/* Returns the secret as Base64 (RFC 4648 section 4), in which a JSON body can carry any bytes. A
 * secret that is Base64 already, in one line or several, comes back as one line. */
VBO_API vbo_secret *vbo_secret_base64(vbo_secret *secret, vbo_error *err);
/* Prompts for a secret at the terminal, without echo.  USAGE without a terminal, CANCELLED after
 * Ctrl-C. An empty line is an empty secret. */
VBO_API vbo_secret *vbo_secret_from_terminal(const char *prompt, vbo_error *err);
/* Returns whether the system keeps secrets out of swap. False where it locks no memory
 * (RLIMIT_MEMLOCK of 0): core dumps leave them out, but they may be swapped. */
VBO_API bool vbo_secrets_locked(void);
/* Returns the number of its bytes. */
VBO_API size_t vbo_secret_size(const vbo_secret *secret);
/* Adds an owner of the same bytes and returns the secret. Each reference is freed once. Takes
 * NULL. */
VBO_API vbo_secret *vbo_secret_share(vbo_secret *secret);
/* Gives up one reference; the last one wipes the bytes. */
VBO_API void vbo_secret_free(vbo_secret *secret);

/* ------------------------------------------------------------------ engine */

/* An engine carries any number of transfers at once, on one thread (libcurl's multi). */
typedef struct vbo_engine vbo_engine;
typedef struct vbo_client vbo_client;
typedef struct vbo_transfer vbo_transfer;

/* Creates an engine.  UNSUPPORTED when this libcurl is too old or does not use OpenSSL. */
VBO_API vbo_engine *vbo_engine_new(vbo_error *err);
/* Waits up to `timeout_ms` (-1: until something happens) for any transfer to move, and moves them.
 * Returns the number of transfers not yet done. -1 with CANCELLED after vbo_engine_interrupt, with
 * CLOSED for an engine that was freed, with USAGE from a progress callback. */
VBO_API int vbo_engine_run(vbo_engine *engine, int timeout_ms, vbo_error *err);
/* Returns the next transfer that finished, or (pulled) has bytes to read, since it was last
 * returned; NULL without one. The transfer stays the caller's. */
VBO_API vbo_transfer *vbo_engine_next(vbo_engine *engine);
/* Makes the run under way, or the next one, return CANCELLED once. Safe in a signal handler and on
 * another thread. The library installs no handlers and sends later requests as ever; what follows
 * is the program's decision. Requests that end something (RestoreSession_StopAction) are `urgent`.
 */
VBO_API void vbo_engine_interrupt(vbo_engine *engine);
/* Ends the wait of the run under way, or of the next one, early and without an error: the caller
 * looks at what changed. Safe in a signal handler and on another thread. */
VBO_API void vbo_engine_wake(vbo_engine *engine);
/* Sets how many requests are sent at once, to all servers together; default 256. The server with
 * the fewest under way is next. USAGE below 1. */
VBO_API bool vbo_engine_set_limit(vbo_engine *engine, int limit, vbo_error *err);
/* Ends all transfers and closes all clients of the engine, and frees it. */
VBO_API void vbo_engine_free(vbo_engine *engine);

/* ------------------------------------------------------------------ client */

typedef struct vbo_client_options {
  const char *url;         /* "https://host[:port][/path]" or "host[:port][/path]"; default port
                              4443. The path is a reverse proxy's and begins that of every
                              request, the token's included; a query, a fragment and a user name
                              are refused */
  const char *api_version; /* "v1" … "v8" or later; decides where the token route is */
  const char *user;
  vbo_secret *password;         /* shared, not taken over */
  const char *ca_file;          /* PEM file of authorities; default NULL: the system's */
  const char *pin;              /* SHA-256 of the server's certificate: "sha256/BASE64", or hex with
                              or without colons; replaces the authorities */
  const char *token_parameters; /* more of the token form, already encoded
                                   ("disable_antiforgery_token=true", v7 and later), or NULL */
  const char *proxy;            /* default NULL: from the environment (https_proxy); "": none */
  const char *user_agent;       /* default NULL: "vbolua/VERSION" */
  int64_t connect_timeout;      /* name, TCP and TLS together; default 30,000 */
  int64_t idle_timeout;         /* silence after the first byte of an answer, whose head must be
                                   complete within the same time; default 120,000 */
  int64_t deadline;             /* for a whole transfer; default 0: none */
  int retries;                  /* of reads, and of changes that never left or that the server
                                   refused for now; -1: none; default 3 */
  size_t body_limit;            /* of an answer in memory; default 64 MiB */
  int at_once;                  /* requests to this server at once; default 64 */
  int exports_at_once;          /* of its exclusive ones; default 1 */
  int64_t give_up_after;        /* without a good answer, counting the time in which the engine
                                   ran; default 300,000; -1: never */
  int64_t longest_pause;        /* the longest Retry-After that is obeyed; a longer one fails the
                                   request at once, with BUSY and `retry_after`; default 600,000 */
  bool journaled;               /* a change needs a permit of the journal (`vbo_request.permit`) */
} vbo_client_options;

/* Opens a client of one server. It sends nothing yet: the first transfer that needs a token
 * requests one (RFC 6749 section 4.3), and it is refreshed (section 6) before it expires and once
 * after a 401, however many transfers wait for it. Fields that are 0 or NULL have their defaults.
 * USAGE for a wrong option, TRUST for a CA file that cannot be read, CLOSED when the engine is
 * freed. */
VBO_API vbo_client *vbo_client_open(vbo_engine *engine, const vbo_client_options *options,
                                    vbo_error *err);
/* Requests a token now and waits for it: finds a wrong password, an unknown host or an untrusted
 * certificate before any work starts. */
VBO_API bool vbo_client_login(vbo_client *client, vbo_error *err);
/* Does the same without waiting: returns a transfer that is done when there is a token. */
VBO_API vbo_transfer *vbo_login_start(vbo_client *client, vbo_error *err);
/* Returns "https://host:port", the only origin that the token is sent to. */
VBO_API const char *vbo_client_origin(const vbo_client *client);
/* Returns "/backup365", the path of the client's URL, with which every request begins; "" without
 * one. */
VBO_API const char *vbo_client_prefix(const vbo_client *client);
/* Returns the SHA-256 fingerprint ("sha256/BASE64") of the certificate the server showed last,
 * trusted or not; "" before any handshake. */
VBO_API const char *vbo_client_fingerprint(const vbo_client *client);
/* Returns the IP address of this machine that the last request came from, as its own connection
 * shows it; "" before any. */
VBO_API const char *vbo_client_address(const vbo_client *client);
/* How many requests this client's server takes at once, by its answers so far. Clients of the same
 * origin on the same engine share it, and the strictest of their limits. */
typedef struct vbo_load {
  int window;    /* requests at once now: grows by one with each round of good answers, halved by
                    a 429, 503, 408, 502, 504, a timeout, a broken connection or an answer that
                    took much longer than usual */
  int limit;     /* the window's upper bound */
  int running;   /* requests under way */
  int waiting;   /* requests that wait for a seat */
  int64_t pause; /* the rest of a Retry-After, which holds all of them */
  bool given_up; /* no good answer for `give_up_after`: transfers fail at once with NETWORK and
                    the code "given_up", except for one each half minute that probes the server */
} vbo_load;
/* Fills in `load`; all 0 for a client whose engine is freed. */
VBO_API void vbo_client_load(const vbo_client *client, vbo_load *load);
/* Ends all transfers of the client, forgets its tokens and frees it. */
VBO_API void vbo_client_free(vbo_client *client);

/* --------------------------------------------------------------- transfers */

/* A place in a request body that a secret takes when it is sent: every occurrence of
 * `placeholder`, with its quotes, becomes the secret as a JSON string. The joined body exists on
 * the secure heap only. */
typedef struct vbo_secret_slot {
  const char *placeholder; /* for example "\"@secret-1@\"" */
  vbo_secret *secret;      /* shared, not taken over */
} vbo_secret_slot;

/* Leave to send one change of a journaled client. The journal issues it once the change's intent is
 * committed, for exactly that method, path and body. */
typedef struct vbo_permit vbo_permit;
/* Frees it, spent or not. A transfer that was started with it does not need it any more. */
VBO_API void vbo_permit_free(vbo_permit *permit);

typedef struct vbo_request {
  const char *method; /* GET, POST, PUT, DELETE, PATCH */
  const char *path;   /* "/v8/Jobs?limit=30": begins with "/", follows the client's URL */
  const char *body;   /* NULL: none */
  size_t body_size;
  const char *content_type; /* default for a body: "application/json" */
  const vbo_secret_slot *secrets;
  size_t secret_count;
  bool change;        /* alters production or the server: carried out at most once (see
                         vbo_transfer_start) */
  bool anonymous;     /* without a token */
  bool exclusive;     /* an export that the server prepares one at a time */
  bool once;          /* carried out at most once although it is not a change: it opens something
                         on the server. A lost answer keeps its kind, with `sent` set */
  bool urgent;        /* the clean-up: waits for no pause, no seat, and no given-up server */
  int64_t deadline;   /* default: the client's */
  vbo_permit *permit; /* of a journaled client's change; stays the caller's. NULL: none */
} vbo_request;

/* A file as it was when it got its name: whether it is still that one. */
typedef struct vbo_identity {
  uint64_t device;
  uint64_t inode;
  int64_t size;
  int64_t modified; /* milliseconds since 1970, UTC */
} vbo_identity;

/* A file that is whole, checked and synced, and gets its name next. */
typedef struct vbo_sealed {
  int64_t tag;        /* `seal_tag` of its sink */
  const char *path;   /* its name to be, absolute */
  const char *sha256; /* lower case hex; "" when it is not hashed */
  vbo_identity file;
} vbo_sealed;

/* Records files before they get their names. True lets all of them have them; otherwise their
 * transfers fail with `err`, and nothing is left. Called by the engine's run, on its thread, with
 * all files of one owner that are ready then; after a failure with each alone. It must not use the
 * engine. */
typedef bool vbo_seal_callback(void *owner, const vbo_sealed *files, size_t count, vbo_error *err);

typedef enum vbo_sink_kind {
  VBO_SINK_MEMORY, /* the answer's body, whole, up to `limit` */
  VBO_SINK_FILE,   /* a file that is whole or absent */
  VBO_SINK_PULL    /* read by the caller at its own pace, which holds the sender back */
} vbo_sink_kind;

typedef struct vbo_sink_options {
  vbo_sink_kind kind;
  size_t limit;     /* memory: default the client's body_limit */
  const char *path; /* file: the final name */
  bool overwrite;   /* file: replace an existing one; otherwise EXISTS, before anything is sent */
  bool no_fsync;    /* file: do not sync it; the system writes it in its own time */
  bool no_sha256;   /* file: do not hash it */
  /* file: its format, or INTEGRITY and no file: "zip" (its structure and every CRC), "pst", "msg"
   * (signature, version, size), "eml", "html", "csv" (how it begins), "pdf" (and how it ends);
   * "zip|msg" where the server decides; "document" (by `name` and `size`). NULL: anything. */
  const char *check;
  const char *name; /* check "document": its name as listed ("Plan.docx"), or NULL */
  bool size_listed; /* … and whether `size` is its size as listed */
  int64_t size;
  bool dated;              /* file: gets `modified` as its modification time */
  int64_t modified;        /* seconds since 1970, UTC */
  vbo_seal_callback *seal; /* file: called between its sync and its name; NULL: none */
  void *seal_owner;        /* must outlive the transfer */
  int64_t seal_tag;
} vbo_sink_options;

/* Writes files that are about to get their names into the rows of their steps (`tag`), which become
 * "sealed", and commits: the `seal` of a sink whose `seal_owner` is a journal (vbo_journal). JOURNAL
 * for a step that is not under way, and when the journal cannot be written. */
VBO_API bool vbo_journal_seal(void *journal, const vbo_sealed *files, size_t count, vbo_error *err);

/* Starts a request and returns at once. The request and its options are copied. CLOSED, USAGE,
 * EXISTS or DISK before anything is sent.
 *
 *  - A read (`change` false) that fails on the way, or is answered 408, 429, 502, 503 or 504, is
 *    retried after a growing, jittered pause, or the server's Retry-After (RFC 9110 section
 *    10.2.3) where that is longer and within `longest_pause`, `retries` times; a pulled one only
 *    while no byte was handed out.
 *  - A change, or another request that is sent `once`, goes out on a connection of its own. It is
 *    repeated only when it provably never left this machine, or the server itself refused it
 *    (`vbo_error.refused`): once after a 401, and after a 429 or 503 as a read is, within the same
 *    retries, pauses and deadline. A status without the server's own error object may come from a
 *    gateway, and repeats nothing. When the answer of a change is lost the kind is UNKNOWN_OUTCOME.
 *  - A journaled client sends a change only with a permit that was issued for this request and that
 *    no request has spent; without one it fails with JOURNAL, and nothing is sent. What is a change
 *    the client decides itself: any method but GET, unless its API version is known to have it as a
 *    read or as housekeeping. `change` can add to that. The start spends the permit; the attempts
 *    that follow in this transfer need no other.
 *  - No redirect is followed; the token goes to the client's origin only.
 *  - An answer that is not 2xx never reaches a file or the puller: it is kept in memory (up to 1
 *    MiB, without the secrets of this process), and the transfer fails with the kind that its
 *    status and the server's error object give.
 *  - A file is written without a name, or under an unguessable one, compared with the length the
 *    server stated, hashed (SHA-256), checked, synced, sealed (`seal`), and only then gets its name. Devices,
 *    FIFOs and sockets are refused (DISK), links replaced.
 *  - An answer with neither Content-Length nor chunks has no provable end (RFC 9112 section 6.3):
 *    its file is never taken for whole (INTEGRITY).
 */
VBO_API vbo_transfer *vbo_transfer_start(vbo_client *client, const vbo_request *request,
                                         const vbo_sink_options *sink, vbo_error *err);

/* Returns whether the client takes the request for a change, by its method, path and body alone. A
 * journaled client sends it with a permit only. */
VBO_API bool vbo_request_changes(const vbo_request *request);

/* Waits until the transfer is done (pulled: until its headers are there). Returns true when it
 * succeeded; otherwise `err` is its failure, or CANCELLED after vbo_engine_interrupt, with the
 * transfer still under way. */
VBO_API bool vbo_transfer_wait(vbo_transfer *transfer, vbo_error *err);
/* Returns whether it has finished, well or not. A pulled transfer is done when its last byte came
 * in. */
VBO_API bool vbo_transfer_done(const vbo_transfer *transfer);
/* Returns its failure; NULL while it runs and when it succeeded. */
VBO_API const vbo_error *vbo_transfer_error(const vbo_transfer *transfer);
/* Returns how the attempt of that number (from 1) failed, which is why it was retried; NULL when
 * it did not fail, or was the last and is the transfer's own failure. */
VBO_API const vbo_error *vbo_transfer_lost(const vbo_transfer *transfer, int attempt);
/* Returns the HTTP status; 0 before the answer. */
VBO_API int vbo_transfer_status(const vbo_transfer *transfer);
/* Returns the value of a header field of the answer, its name in any case; NULL when absent. */
VBO_API const char *vbo_transfer_header(const vbo_transfer *transfer, const char *name);
/* Returns the answer's body in memory (also of a failed answer), NUL-terminated, and its size in
 * `size`, which may be NULL. */
VBO_API const char *vbo_transfer_body(const vbo_transfer *transfer, size_t *size);
/* Pulled: waits for bytes and takes up to `size` of them. Returns how many; 0 at the end of a
 * whole answer, -1 on failure. At most 1 MiB is buffered. */
VBO_API int64_t vbo_transfer_read(vbo_transfer *transfer, void *buffer, size_t size,
                                  vbo_error *err);
/* Pulled: returns how many bytes can be taken without waiting. */
VBO_API size_t vbo_transfer_available(const vbo_transfer *transfer);

typedef enum vbo_transfer_phase {
  VBO_PHASE_QUEUED,    /* waiting for a seat, a token or the pause before a retry */
  VBO_PHASE_SENDING,   /* connecting, or sending the request */
  VBO_PHASE_PREPARING, /* sent; the server has not answered yet */
  VBO_PHASE_RECEIVING, /* bytes come in */
  VBO_PHASE_DONE
} vbo_transfer_phase;

typedef struct vbo_progress {
  vbo_transfer_phase phase;
  int64_t received; /* bytes of the body */
  int64_t expected; /* -1 when the server does not say */
  int64_t elapsed;  /* since vbo_transfer_start */
  int64_t waited;   /* from the request to the answer's first byte, so far */
  int attempts;     /* 1 for the first */
  int64_t pause;    /* queued: the rest of the pause before it is sent; 0: none */
  bool sent;        /* the present attempt's request has left, or may have */
} vbo_progress;

/* Fills in how far the transfer is. */
VBO_API void vbo_transfer_progress(const vbo_transfer *transfer, vbo_progress *progress);

/* The events of a transfer, sent while its engine runs: one START, then as long as it is under way
 * PREPARING (the server has the request and has not answered) or PROGRESS (anything else), then
 * one DONE or FAILED. */
typedef enum vbo_event_kind {
  VBO_EVENT_START,
  VBO_EVENT_PREPARING,
  VBO_EVENT_PROGRESS,
  VBO_EVENT_DONE,
  VBO_EVENT_FAILED /* cancelled ones too */
} vbo_event_kind;

typedef struct vbo_event {
  vbo_event_kind kind;
  const char *name;       /* one line that is safe to print: the last part of a file's path,
                             otherwise the path of the request */
  vbo_progress progress;  /* `received` falls back to 0 with a retry */
  int64_t rate;           /* bytes a second, smoothed; of DONE and FAILED the mean; -1: unknown */
  int64_t left;           /* milliseconds until it is done at this rate; -1: unknown */
  const vbo_error *error; /* FAILED only */
} vbo_event;

/* Receives an event. `event` and what it points to live until the callback returns. The callback
 * may query, start and cancel transfers; it must not free any, nor run or free the engine (running
 * it gives USAGE). */
typedef void vbo_event_callback(void *owner, vbo_transfer *transfer, const vbo_event *event);

/* Makes vbo_engine_run, and all functions that wait, call `callback`: at the start and at the end
 * of every transfer, and in between at most every 100 ms for each; never inside libcurl, never on
 * another thread. A transfer that is freed, or whose engine is freed, before its end was reported
 * reports it then. NULL ends it. */
VBO_API void vbo_engine_on_progress(vbo_engine *engine, vbo_event_callback *callback, void *owner);
/* Returns the SHA-256 of the body that went into the file or to the puller, in lower case hex; ""
 * before the end. */
VBO_API const char *vbo_transfer_sha256(const vbo_transfer *transfer);
/* Fills in the identity of a saved file that has its name; returns false without one. */
VBO_API bool vbo_transfer_file(const vbo_transfer *transfer, vbo_identity *out);
/* Returns the check that a saved file has passed, of those requested; "" without one. A "document"
 * gives "size" (it has the listed one) or "zip" (an Office file, rewritten and whole). */
VBO_API const char *vbo_transfer_checked(const vbo_transfer *transfer);
/* Returns what could not be checked of what was requested, as a clause; "" when all was. */
VBO_API const char *vbo_transfer_unchecked(const vbo_transfer *transfer);
/* Ends it now with CANCELLED; a change that was sent ends with UNKNOWN_OUTCOME. Does nothing when
 * it is done. */
VBO_API void vbo_transfer_cancel(vbo_transfer *transfer);
/* Cancels the transfer when it is under way, and frees it. */
VBO_API void vbo_transfer_free(vbo_transfer *transfer);

/* Starts a transfer, waits, and returns it done and successful; NULL with its failure in `err`.
 * Interrupted while it runs, it is cancelled. */
VBO_API vbo_transfer *vbo_call(vbo_client *client, const vbo_request *request,
                               const vbo_sink_options *sink, vbo_error *err);

/* ----------------------------------------------------------------- journal */

/* A file that knows what runs change, so that a run that died goes on without changing anything
 * twice (docs/runs.md). A program opens one, begins a run, and makes its clients `journaled`. For
 * each change it states an intent, sends the request with the permit that it got, and states the
 * outcome:
 *
 *     vbo_step step;
 *     request.permit = vbo_step_intend(journal, &intent, &request, &step, &err);
 *     vbo_transfer *transfer = vbo_call(client, &request, &memory, &failure);
 *     vbo_step_finish(journal, &step, transfer != NULL ? NULL : &failure, &err);
 *
 * A journal belongs to one thread and one process; a fork may only free it. Several programs may
 * write one file at once. */
typedef struct vbo_journal vbo_journal;

/* Opens the file at `path`, which is made with its folder, for its owner alone; NULL: a journal in
 * memory. JOURNAL, before anything is changed, for a file that is damaged, of a newer version, not
 * a journal, read-only, another user's (unless it is group-writable and ours), writable for all, a
 * link, or on a network. */
VBO_API vbo_journal *vbo_journal_open(const char *path, vbo_error *err);
/* Closes the file. A run that was not ended counts as one that died. */
VBO_API void vbo_journal_free(vbo_journal *journal);

typedef struct vbo_run_settings {
  const char *program; /* what runs, for people; may be NULL */
  const char *reason;  /* why; may be NULL */
  const char *resume;  /* name of a run that died or failed, which goes on; NULL: a new run */
} vbo_run_settings;

/* Begins a run, or goes on with one. NOT_FOUND for an unknown name, BUSY for a run that is live,
 * CONFLICT for one that ended well, USAGE when the journal has one. `options` may be NULL. */
VBO_API bool vbo_run_begin(vbo_journal *journal, const vbo_run_settings *options, vbo_error *err);
/* Returns the run's name ("20261130-182152-3f9c7a"); "" without one. */
VBO_API const char *vbo_run_name(const vbo_journal *journal);
/* Ends the run: well, or with `failure`. */
VBO_API bool vbo_run_end(vbo_journal *journal, const vbo_error *failure, vbo_error *err);

/* States of a step: identifier and name. */
#define VBO_STEP_STATES(X)                                                                         \
  X(NONE, "none")         /* the run knows no such step */                                         \
  X(INTENT, "intent")     /* may have been sent */                                                 \
  X(ACCEPTED, "accepted") /* the server works on it, in `session` */                               \
  X(SEALED, "sealed")     /* a save: the file is whole and has no name yet */                      \
  X(DONE, "done")         /* the server did it */                                                  \
  X(PARTIAL, "partial")   /* the server did a part of it */                                        \
  X(REFUSED, "refused")   /* the server refused it; nothing was changed */                         \
  X(FAILED, "failed")     /* the server tried and failed */                                        \
  X(UNKNOWN, "unknown")   /* sent, and the answer was lost */                                      \
  X(LOCAL, "local")       /* failed before it was sent */                                          \
  X(SKIPPED, "skipped")   /* left out, as a person decided */

typedef enum vbo_step_state {
#define VBO_STEP_ENUM(id, name) VBO_STEP_##id,
  VBO_STEP_STATES(VBO_STEP_ENUM)
#undef VBO_STEP_ENUM
} vbo_step_state;

/* Returns the name of a state ("accepted"). The text is a constant. */
VBO_API const char *vbo_step_state_name(vbo_step_state state);

/* A step as the journal knows it: a plain value. */
typedef struct vbo_step {
  int64_t id; /* 0: NONE */
  vbo_step_state state;
  int attempt;
  char session[128]; /* ACCEPTED: the server's background session */
} vbo_step;

typedef struct vbo_intent {
  const char *key;    /* what is changed, in words that are the same in each run: server, operation,
                         object, options; no session's id, no href */
  int occurrence;     /* tells steps of one key apart; default 1 */
  const char *title;  /* one line for people; default the key */
  const char *effect; /* "converges", "adds", "sends", "starts" or "destroys"; default "adds" */
  const char *server; /* "https://host:port", for people; may be NULL */
  bool retry;         /* also where an earlier attempt may have been carried out; only for a change
                         that `converges` */
} vbo_intent;

/* Finds the step of this key in the run; NONE when it has none. */
VBO_API bool vbo_step_find(vbo_journal *journal, const char *key, int occurrence, vbo_step *step,
                           vbo_error *err);
/* Commits the intent and returns the permit for the request, which `vbo_request.permit` takes.
 * NULL with EXISTS for a step that is done, in part or as a whole; UNKNOWN_OUTCOME for one that may
 * have been carried out; JOURNAL when the intent cannot be written: then nothing may be sent, in
 * this run any more. `step` is filled in. */
VBO_API vbo_permit *vbo_step_intend(vbo_journal *journal, const vbo_intent *intent,
                                    const vbo_request *request, vbo_step *step, vbo_error *err);
/* Notes the background session that the server named: the step is followed, never sent again. */
VBO_API bool vbo_step_accept(vbo_journal *journal, vbo_step *step, const char *session,
                             vbo_error *err);
/* Notes the outcome: DONE without a `failure`; otherwise PARTIAL, REFUSED (`failure->refused`),
 * LOCAL (not `sent`) or UNKNOWN. */
VBO_API bool vbo_step_finish(vbo_journal *journal, vbo_step *step, const vbo_error *failure,
                             vbo_error *err);

#ifdef __cplusplus
}
#endif

#endif
