/* listener.c: sockets and the loop of the rehearsal server; see server.h.
 *
 * libmicrohttpd runs without a thread of its own ("external" polling): it works only inside
 * MHD_run, on the caller's thread, so that neither Lua nor a visit needs a lock. Requests wait in a
 * queue from visit.c until vbo_server_next hands them out. */
#include "server/identity.h"
#include "server/visit.h"
#include "server/signal.h"
#include "server/files.h"
#include "base/system.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

/* A backlog beyond the system's limit is cut silently (listen); a high one lets many clients
 * connect at once. */
enum {
  BACKLOG = 1024,
  /* bytes of one connection: its request's head, and a chunk of its answer */
  CONNECTION_MEMORY = 96 * 1024
};

static const size_t default_max_body = (size_t)64 * 1024 * 1024;

/* ------------------------------------------------------------------- the socket */

/* Says the cause in the user's words where it is a common mistake. */
static bool bind_failed(vbo_error *err, int number, const char *address, int port) {
  switch (number) {
    case EADDRINUSE:
      vbo_error_os(err, VBO_ERROR_NETWORK, number, "cannot listen on %s port %d", address, port);
      if (err)
        snprintf(err->message, sizeof err->message,
                 "cannot listen on %s port %d: another program does already", address, port);
      vbo_error_hint(err, "use port 0 for any free one");
      return false;
    case EACCES:
      vbo_error_os(err, VBO_ERROR_NETWORK, number, "cannot listen on %s port %d", address, port);
      vbo_error_hint(err, "use a port from 1024 on: lower ones belong to root");
      return false;
    case EADDRNOTAVAIL:
      vbo_error_os(err, VBO_ERROR_NETWORK, number, "cannot listen on %s", address);
      if (err)
        snprintf(err->message, sizeof err->message,
                 "cannot listen on %s: this machine has no such address", address);
      return false;
    default:
      return vbo_error_os(err, VBO_ERROR_NETWORK, number, "cannot listen on %s port %d", address,
                          port);
  }
}

/* Opens the socket here instead of letting libmicrohttpd do it: it takes no host name, and gives no
 * errno for a failure. Brackets around an IPv6 address, as in a URL, are accepted. */
static int open_socket(const char *address, int port, vbo_error *err) {
  char service[16];
  char host[256];
  size_t length = strlen(address);
  bool bracketed = length > 2 && address[0] == '[' && address[length - 1] == ']';
  snprintf(service, sizeof service, "%d", port);
  snprintf(host, sizeof host, "%.*s", bracketed ? (int)length - 2 : (int)length,
           bracketed ? address + 1 : address);
  struct addrinfo hints = {
      .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *found = NULL;
  int failure = length < sizeof host ? getaddrinfo(host, service, &hints, &found) : EAI_NONAME;
  if (failure != 0) {
    vbo_error_set(err, VBO_ERROR_NETWORK, "cannot listen on '%s': %s", address,
                  gai_strerror(failure));
    return -1;
  }
  int number = 0;
  int fd = -1;
  /* "localhost" may have two addresses, ::1 and 127.0.0.1: the first that can be bound is used. */
  for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
    int yes = 1;
    fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    if (fd < 0) {
      number = errno;
      continue;
    }
    /* Only over connections that linger from before: a port with a listener stays taken. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (!vbo_socket_prepare(fd) || bind(fd, at->ai_addr, at->ai_addrlen) != 0 ||
        listen(fd, BACKLOG) != 0) {
      number = errno;
      close(fd);
      fd = -1;
    }
  }
  freeaddrinfo(found);
  if (fd < 0) bind_failed(err, number, address, port);
  return fd;
}

/* Port 0 lets the system choose; only getsockname knows what it chose. */
static bool learn_address(vbo_server *server, int fd, bool plain, bool *ipv6) {
  struct sockaddr_storage bound;
  socklen_t size = sizeof bound;
  char host[128];
  char port[16];
  memset(&bound, 0, sizeof bound);
  if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0 ||
      getnameinfo((struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port,
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return false;
  *ipv6 = bound.ss_family == AF_INET6;
  server->port = (int)strtol(port, NULL, 10);
  /* A client cannot connect to "every address". */
  bool any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
  char url[192];
  snprintf(url, sizeof url,
           any     ? "%s://localhost:%s"
           : *ipv6 ? "%s://[%s]:%s"
                   : "%s://%s:%s",
           plain ? "http" : "https", any ? port : host, port);
  server->url = vbo_text_copy(url);
  return server->url != NULL;
}

/* ----------------------------------------------------------------- libmicrohttpd */

/* libmicrohttpd reports the reason of a failed start only through its logger. */
static void VBO_PRINTF(2, 0) keep_log(void *context, const char *format, va_list arguments) {
  vbo_server *server = context;
  char line[sizeof server->log];
  vsnprintf(line, sizeof line, format, arguments);
  vbo_text_clean(server->log, sizeof server->log, line, strlen(line));
}

/* The target stays as it was sent; libmicrohttpd would undo its percent encoding. A rehearsal must
 * see what the client sent: "%2F" within a name is not a slash. */
static size_t keep_encoded(void *context, struct MHD_Connection *connection, char *text) {
  (void)context;
  (void)connection;
  return strlen(text);
}

/* MHD_ALLOW_SUSPEND_RESUME serves the waiting requests. The socket is the daemon's once it has
 * started, and is closed by it. */
static bool start(vbo_server *server, int fd, bool ipv6, const vbo_server_options *options,
                  const char *key, vbo_error *err) {
  const vbo_mhd *mhd = &server->mhd;
  bool epoll = !options->select && mhd->MHD_is_feature_supported(MHD_FEATURE_EPOLL) == MHD_YES;
  unsigned int flags = MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME | (epoll ? MHD_USE_EPOLL : 0) |
                       (ipv6 ? MHD_USE_IPv6 : 0) | (options->plain ? 0 : MHD_USE_TLS);
  /* libmicrohttpd counts in whole seconds: rounded up, as 0 stands for no timeout. */
  int64_t idle = (options->idle_timeout + 999) / 1000;
  struct MHD_OptionItem tls[] = {
      {MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate},
      {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key},
      /* A priority string of GnuTLS: nothing below TLS 1.2. */
      {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
      {MHD_OPTION_END, 0, NULL},
  };
  struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
  server->daemon = mhd->MHD_start_daemon(
      flags, 0, NULL, NULL, vbo_visit_handle, server,                                  /**/
      MHD_OPTION_EXTERNAL_LOGGER, keep_log, server,                                    /**/
      MHD_OPTION_LISTEN_SOCKET, (MHD_socket)fd,                                        /**/
      MHD_OPTION_URI_LOG_CALLBACK, vbo_visit_begin, server,                            /**/
      MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, server,                              /**/
      MHD_OPTION_NOTIFY_COMPLETED, vbo_visit_end, server,                              /**/
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,                   /**/
      MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)(idle > INT_MAX / 1000 ? 0 : idle), /**/
      MHD_OPTION_ARRAY, options->plain ? none : tls, MHD_OPTION_END);
  /* With a certificate of the caller's, the usual cause is a key that does not belong to it. */
  if (!server->daemon) {
    close(fd);
    vbo_error_set(err, options->certificate ? VBO_ERROR_USAGE : VBO_ERROR_NETWORK,
                  "the rehearsal server did not start%s%s", server->log[0] ? ": " : "",
                  server->log);
    if (options->certificate)
      vbo_error_hint(err, "check that the certificate and the key belong together");
    return false;
  }
  /* epoll makes one descriptor of all connections: it can be polled together with the signals, and
   * has no limit of FD_SETSIZE. */
  if (epoll) {
    const union MHD_DaemonInfo *info =
        mhd->MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    server->poll_fd = info ? info->epoll_fd : -1;
  }
  return true;
}

/* `calloc`, -1 and NULL mark what is not acquired yet: vbo_server_free accepts a server in any
 * state. */
vbo_server *vbo_server_listen(const vbo_server_options *options, vbo_error *err) {
  const char *address = options->address ? options->address : "127.0.0.1";
  bool ipv6 = false;
  char *key = NULL;
  if (options->port < 0 || options->port > 65535) {
    vbo_error_set(err, VBO_ERROR_USAGE, "the port must be 0 to 65535, got %d", options->port);
    return NULL;
  }
  /* Both or neither: a key of the caller's does not fit a certificate that is made here. */
  if (!options->plain && !options->certificate != !options->key) {
    vbo_error_set(err, VBO_ERROR_USAGE, "a certificate needs its key, and a key its certificate");
    return NULL;
  }
  vbo_server *server = calloc(1, sizeof *server);
  if (!server) {
    vbo_error_memory(err);
    return NULL;
  }
  server->queue_end = &server->queue;
  server->poll_fd = server->signal_fd = -1;
  server->max_body = options->max_body ? options->max_body : default_max_body;
  if (!vbo_dynamic_mhd(&server->mhd, err)) goto fail;
  if (!options->plain) {
    vbo_identity_options identity = {.names = &address, .name_count = 1};
    if (strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0 || address[0] == '[')
      identity.name_count = 0; /* no name of a server */
    if (options->certificate) {
      server->certificate = vbo_text_copy(options->certificate);
      key = vbo_text_copy(options->key);
      if (!server->certificate || !key) {
        vbo_error_memory(err);
        goto fail;
      }
    } else if (!vbo_identity_make(&identity, &server->certificate, &key, err)) {
      goto fail;
    }
    if (!vbo_identity_fingerprint(server->certificate, server->fingerprint, err)) goto fail;
  }
  int fd = open_socket(address, options->port, err);
  if (fd < 0) goto fail;
  if (!learn_address(server, fd, options->plain, &ipv6)) {
    vbo_error_os(err, VBO_ERROR_NETWORK, errno, "cannot learn the address of the socket");
    close(fd);
    goto fail;
  }
  if (!start(server, fd, ipv6, options, key, err)) goto fail;
  if (options->signals && (server->signal_fd = vbo_signal_take(err)) < 0) goto fail;
  free(key);
  return server;
fail:
  free(key);
  vbo_server_free(server);
  return NULL;
}

/* The signals are given back first, so that one that comes now has its usual effect. */
void vbo_server_free(vbo_server *server) {
  if (!server) return;
  vbo_signal_give_back(server->signal_fd);
  if (server->daemon) {
    /* libmicrohttpd does not stop while a connection is suspended.  None of them runs again: what
     * is resumed here is closed, and its vbo_visit_end called, within MHD_stop_daemon. */
    for (vbo_visit *visit = server->all; visit; visit = visit->next)
      vbo_visit_resume(visit);
    server->mhd.MHD_stop_daemon(server->daemon);
  }
  free(server->url);
  free(server->certificate);
  free(server);
}

int vbo_server_port(const vbo_server *server) {
  return server->port;
}

const char *vbo_server_url(const vbo_server *server) {
  return server->url;
}

const char *vbo_server_fingerprint(const vbo_server *server) {
  return server->fingerprint;
}

const char *vbo_server_certificate(const vbo_server *server) {
  return server->certificate ? server->certificate : "";
}

/* ---------------------------------------------------------------------- the loop */

/* Returns how long only a socket can make anything happen: ms, -1 without a limit. */
static int64_t patience(const vbo_server *server, int64_t now, int64_t until) {
  /* Neither libmicrohttpd's timeout nor its descriptors show that a connection was resumed. */
  if (server->resumed) return 0;
  /* The earliest of three times: the caller's, libmicrohttpd's, and that of a visit that waits for
   * a delay or a rate. */
  int64_t wait = until < 0 ? -1 : until > now ? until - now : 0;
  MHD_UNSIGNED_LONG_LONG theirs = 0;
  if (server->mhd.MHD_get_timeout(server->daemon, &theirs) == MHD_YES &&
      (wait < 0 || theirs < (MHD_UNSIGNED_LONG_LONG)wait))
    wait = (int64_t)theirs;
  for (const vbo_visit *visit = server->all; visit; visit = visit->next)
    if (visit->wake_at > 0) {
      int64_t ours = visit->wake_at > now ? visit->wake_at - now : 0;
      if (wait < 0 || ours < wait) wait = ours;
    }
  return wait;
}

typedef enum round_result { ROUND_DONE, ROUND_INTERRUPTED, ROUND_FAILED } round_result;

/* poll ignores a negative descriptor (POSIX), which signal_fd is without signals. EINTR counts as
 * an interrupt, so that the caller learns of a signal at once. */
static round_result poll_round(vbo_server *server, int64_t wait, vbo_error *err) {
  struct pollfd watched[] = {{.fd = server->poll_fd, .events = POLLIN},
                             {.fd = server->signal_fd, .events = POLLIN}};
  int got = poll(watched, 2, wait < 0 ? -1 : wait > INT_MAX ? INT_MAX : (int)wait);
  if (got < 0 && errno != EINTR && errno != EAGAIN) {
    vbo_error_os(err, VBO_ERROR_NETWORK, errno, "the server cannot wait for its connections");
    return ROUND_FAILED;
  }
  bool interrupted = (got < 0 && errno == EINTR) || vbo_signal_came(server->signal_fd);
  server->mhd.MHD_run(server->daemon);
  return interrupted ? ROUND_INTERRUPTED : ROUND_DONE;
}

/* The same where there is no epoll. The sets are rebuilt for each round, as select overwrites
 * them. */
static round_result select_round(vbo_server *server, int64_t wait, vbo_error *err) {
  fd_set reads, writes, odd;
  MHD_socket highest = -1;
  FD_ZERO(&reads);
  FD_ZERO(&writes);
  FD_ZERO(&odd);
  if (server->mhd.MHD_get_fdset2(server->daemon, &reads, &writes, &odd, &highest, FD_SETSIZE) !=
      MHD_YES) {
    vbo_error_set(err, VBO_ERROR_NETWORK, "the server has more connections than select() can take");
    return ROUND_FAILED;
  }
  if (server->signal_fd >= 0 && server->signal_fd < FD_SETSIZE) {
    FD_SET(server->signal_fd, &reads);
    if (server->signal_fd > highest) highest = server->signal_fd;
  }
  struct timeval time = {.tv_sec = (time_t)(wait / 1000),
                         .tv_usec = (suseconds_t)(wait % 1000 * 1000)};
  int got = select(highest + 1, &reads, &writes, &odd, wait < 0 ? NULL : &time);
  if (got < 0 && errno != EINTR) {
    vbo_error_os(err, VBO_ERROR_NETWORK, errno, "the server cannot wait for its connections");
    return ROUND_FAILED;
  }
  bool interrupted = got < 0 || vbo_signal_came(server->signal_fd);
  if (got < 0) { /* the sets say nothing then */
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_ZERO(&odd);
  }
  server->mhd.MHD_run_from_select(server->daemon, &reads, &writes, &odd);
  return interrupted ? ROUND_INTERRUPTED : ROUND_DONE;
}

/* The caller gets a reference of its own, so that the visit stays readable after the client has
 * gone. queue_end points to the last link, so that a request is appended without a walk. */
static vbo_visit *take_request(vbo_server *server) {
  vbo_visit *visit = server->queue;
  if (!visit) return NULL;
  server->queue = visit->queue_next;
  if (!server->queue) server->queue_end = &server->queue;
  visit->queue_next = NULL;
  visit->references++;
  return visit;
}

/* A timeout that overflows the clock counts as none. */
vbo_server_event vbo_server_next(vbo_server *server, int64_t timeout_ms, vbo_visit **visit,
                                 vbo_error *err) {
  int64_t now = vbo_monotonic_ms();
  int64_t until = timeout_ms < 0 ? -1 : timeout_ms > INT64_MAX - now ? -1 : now + timeout_ms;
  for (;;) {
    *visit = take_request(server);
    if (*visit) return VBO_SERVER_REQUEST;
    int64_t wait = patience(server, now, until);
    server->resumed = false;
    round_result result =
        server->poll_fd >= 0 ? poll_round(server, wait, err) : select_round(server, wait, err);
    if (result == ROUND_FAILED) return VBO_SERVER_FAILED;
    /* After the round, as it may have taken long. */
    now = vbo_monotonic_ms();
    for (vbo_visit *due = server->all; due; due = due->next)
      if (due->wake_at > 0 && due->wake_at <= now) vbo_visit_wake(due);
    if (result == ROUND_INTERRUPTED) return VBO_SERVER_INTERRUPTED;
    /* A request that came in during this round is handed out first, even when the time is over. */
    if (until >= 0 && now >= until && !server->queue) return VBO_SERVER_TIMEOUT;
  }
}
