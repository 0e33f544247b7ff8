/* peer.c: a scripted TLS server for tests.  It says and does exactly what its
 * script tells it to, wrong things above all.
 *
 *   peer [--script FILE] [--log FILE] [--dir DIR] [--seconds N] [--port N] [--identity FILE]
 *
 * Listens on 127.0.0.1, on any free port by default, and prints, one a line:
 *   pid: 123
 *   port: 40123
 *   url: https://127.0.0.1:40123
 *   fingerprint: sha256/…          (of the certificate "good")
 *   fingerprint-other: sha256/…    (of the certificate "other")
 *   ready
 * (A peer with the FILE of an earlier one shows the earlier one's certificate.)
 * The script is read from FILE or standard input.  DIR gets ca.pem, the
 * authority that signs every certificate but "selfsigned", and selfsigned.pem.
 * It ends on SIGTERM and, so that nothing is ever left over, after N (120)
 * seconds.
 *
 * The log gets one line for each event, appended whole:
 *   connect 1                                        (the first connection)
 *   request 1 POST /v8/token auth=- body=grant_type=password&…
 *   request 2 GET /v8/Jobs auth=Bearer abc body=
 *   end 1                                            (the client has closed it)
 * Bytes that are not printable are written as \xHH.
 *
 * The script: one directive a line, # begins a comment line.
 *
 *   connection N WHAT [KIND]     holds from the N-th connection on:
 *     connection 1 certificate good|other|expired|future|wrong-name|selfsigned
 *     connection 1 tls           (again, after plain, refuse or hang)
 *     connection 1 plain         HTTP without TLS
 *     connection 1 refuse        accepts and closes
 *     connection 1 hang          accepts and is silent
 *     connection 1 alert         ends the handshake with a TLS alert
 *   token NAME SECONDS           answers every POST to a path ending in /token:
 *                                the access tokens are NAME-1, NAME-2, …, the
 *                                refresh tokens refresh-NAME-1, …
 *   on METHOD PATH [times N] [bearer TOKEN] [body PART]
 *                                begins a rule; * in PATH matches anything; the
 *                                first rule that fits and is not used up is
 *                                taken; `bearer` and `body` narrow it to requests
 *                                with that token, or with PART in their body
 *   Lines after `on`, carried out in order for each request:
 *     send TEXT                  these bytes; \r \n \t \\ \0 \xHH as in C
 *     line TEXT                  the same and \r\n
 *     header NAME: VALUE         one more header for the next json, empty or file
 *     json STATUS TEXT           a whole JSON answer
 *     text STATUS TYPE TEXT      a whole answer of another type
 *     empty STATUS               a whole answer without a body
 *     file STATUS N              a whole answer of N bytes: "abc…xyzabc…"
 *     numbers STATUS N           a whole JSON answer of N bytes (odd): [7,7,…,7]
 *     bytes N                    the same bytes as file's, alone
 *     pieces N                   from here on, send in pieces of N bytes
 *     drip MS [N]                from here on, send N bytes (1) each MS milliseconds
 *     chunks N                   the next json, file … goes in chunks of N bytes (for
 *                                a file a multiple of 26)
 *     lie N                      its Content-Length is N more than it has
 *     strike N HOW               after N more bytes: close, cut, reset, alert or hang
 *     wire N HOW                 the same, counting the bytes of TLS
 *     hold                       what follows goes out at once, at its end
 *     pause MS                   wait
 *     until FILE                 wait until there is such a file
 *     close                      end with a TLS close_notify
 *     cut                        end the TCP connection without one
 *     reset                      end it with a TCP reset
 *     alert                      end it with a fatal TLS alert
 *     hang                       be silent until the client closes
 * Rules come before `token`; a request that neither fits is answered 404.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer_certificates.h"

static int token_serial;
static int log_file = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* -------------------------------------------------------------- connections */

typedef struct connection {
  int number;
  int socket;
  SSL *ssl; /* NULL: plain */
  bool open;
  size_t piece;
  unsigned gap; /* milliseconds between pieces */
  size_t chunk;
  long lie;
  long left; /* until it is struck; -1: it is not */
  char how[8];
  BIO *wire; /* of the TLS bytes, when these are counted or held back */
  bool held;
  char headers[4096]; /* for the next whole answer */
} connection;

static void end_with(connection *c, const char *how);

static void log_line(const char *format, int number, const char *more) {
  if (log_file < 0) return;
  char *text = malloc(LONGEST);
  size_t used = (size_t)snprintf(text, LONGEST, format, number);
  for (; *more != '\0' && used < LONGEST - 8; more++)
    used += (size_t)snprintf(text + used, 8, isprint((unsigned char)*more) ? "%c" : "\\x%02x",
                             (unsigned char)*more);
  text[used++] = '\n';
  if (write(log_file, text, used) < 0) die("the log");
  free(text);
}

/* Sends what TLS has made of it, as far as it may go. */
static void put_wire(connection *c) {
  char *bytes = NULL;
  if (c->held) return;
  long size = BIO_get_mem_data(c->wire, &bytes);
  if (c->left >= 0 && size > c->left) size = c->left;
  for (long at = 0; at < size && c->open;) {
    ssize_t sent = send(c->socket, bytes + at, (size_t)(size - at), MSG_NOSIGNAL);
    if (sent <= 0) c->open = false;
    at += sent;
  }
  (void)BIO_reset(c->wire);
  if (c->left >= 0) c->left -= size;
  if (c->left == 0 && c->open) end_with(c, c->how);
}

static void put(connection *c, const char *bytes, size_t size) {
  while (c->open && size > 0) {
    size_t piece = c->piece != 0 && c->piece < size ? c->piece : size;
    bool struck = c->wire == NULL && c->left >= 0;
    if (struck && piece > (size_t)c->left) piece = (size_t)c->left;
    if (piece == 0) {
      end_with(c, c->how);
      return;
    }
    int sent = c->ssl != NULL ? SSL_write(c->ssl, bytes, (int)(piece > 1 << 20 ? 1 << 20 : piece))
                              : (int)send(c->socket, bytes, piece, MSG_NOSIGNAL);
    if (sent <= 0) {
      c->open = false;
      return;
    }
    bytes += sent;
    size -= (size_t)sent;
    if (struck) c->left -= sent;
    if (c->wire != NULL) put_wire(c);
    if (c->piece != 0) usleep(c->gap * 1000); /* so that the pieces arrive as pieces */
  }
  if (c->open && c->wire == NULL && c->left == 0) end_with(c, c->how);
}

/* Sends a body, in chunks if the script says so. */
static void put_body(connection *c, const char *bytes, size_t size) {
  char line[32];
  for (size_t at = 0; c->chunk != 0 && at < size; at += c->chunk) {
    size_t piece = size - at < c->chunk ? size - at : c->chunk;
    put(c, line, (size_t)snprintf(line, sizeof line, "%zx\r\n", piece));
    put(c, bytes + at, piece);
    put(c, "\r\n", 2);
  }
  if (c->chunk != 0)
    put(c, "0\r\n\r\n", 5);
  else
    put(c, bytes, size);
}

static void put_pattern(connection *c, long size) {
  char block[26 * 1024];
  for (size_t i = 0; i < sizeof block; i++)
    block[i] = (char)('a' + i % 26);
  while (c->open && size > 0) {
    long piece = size < (long)sizeof block ? size : (long)sizeof block;
    put(c, block, (size_t)piece);
    size -= piece;
  }
}

/* The same in chunks, which a whole number of alphabets makes: c->chunk is a multiple of 26. */
static void put_pattern_body(connection *c, long size) {
  char line[32];
  for (long left = size; c->chunk != 0 && left > 0; left -= (long)c->chunk) {
    long piece = left < (long)c->chunk ? left : (long)c->chunk;
    put(c, line, (size_t)snprintf(line, sizeof line, "%lx\r\n", (unsigned long)piece));
    put_pattern(c, piece);
    put(c, "\r\n", 2);
  }
  if (c->chunk != 0)
    put(c, "0\r\n\r\n", 5);
  else
    put_pattern(c, size);
}

static void put_numbers(connection *c, long size) {
  char *bytes = malloc((size_t)size + 1);
  if (bytes == NULL) die("out of memory");
  for (long i = 0; i < size; i++)
    bytes[i] = i % 2 != 0 ? '7' : ',';
  bytes[0] = '[';
  bytes[size - 1] = ']';
  put_body(c, bytes, (size_t)size);
  free(bytes);
}

static int get(connection *c, char *bytes, int size) {
  int got =
      c->ssl != NULL ? SSL_read(c->ssl, bytes, size) : (int)recv(c->socket, bytes, (size_t)size, 0);
  if (got <= 0) c->open = false;
  return got;
}

static void head(connection *c, long status, const char *type, long length) {
  char text[8192];
  int used = snprintf(text, sizeof text, "HTTP/1.1 %ld Scripted\r\n", status);
  if (status != 204 && c->chunk != 0)
    used += snprintf(text + used, sizeof text - (size_t)used, "Transfer-Encoding: chunked\r\n");
  else if (status != 204)
    used += snprintf(text + used, sizeof text - (size_t)used, "Content-Length: %ld\r\n",
                     length + c->lie);
  if (type != NULL)
    used += snprintf(text + used, sizeof text - (size_t)used, "Content-Type: %s\r\n", type);
  used += snprintf(text + used, sizeof text - (size_t)used, "%s\r\n", c->headers);
  c->headers[0] = '\0';
  put(c, text, (size_t)used);
}

/* A record that cannot be decrypted makes OpenSSL send a fatal alert (bad_record_mac). */
static void send_alert(connection *c) {
  static const unsigned char garbage[5 + 64] = {23, 3, 3, 0, 64};
  char byte = 0;
  SSL_set0_rbio(c->ssl, BIO_new_mem_buf(garbage, sizeof garbage));
  SSL_read(c->ssl, &byte, 1);
  ERR_clear_error();
}

static void hang(connection *c) {
  char byte = 0;
  while (c->open)
    get(c, &byte, 1);
}

static void end_with(connection *c, const char *how) {
  c->left = -1;
  if (strcmp(how, "hang") == 0) hang(c);
  if (strcmp(how, "alert") == 0 && c->ssl != NULL) send_alert(c);
  if (strcmp(how, "close") == 0 && c->ssl != NULL) SSL_shutdown(c->ssl);
  if (strcmp(how, "reset") == 0) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  }
  c->open = false;
}

static void count_wire(connection *c) {
  if (c->wire == NULL) SSL_set0_wbio(c->ssl, c->wire = BIO_new(BIO_s_mem()));
}

static void carry_out(connection *c, const step *s) {
  const char *verb = s->verb;
  if (strcmp(verb, "send") == 0 || strcmp(verb, "line") == 0) {
    put(c, s->text, s->size);
    if (*verb == 'l') put(c, "\r\n", 2);
  } else if (strcmp(verb, "header") == 0) {
    size_t used = strlen(c->headers);
    snprintf(c->headers + used, sizeof c->headers - used, "%s\r\n", s->text);
  } else if (strcmp(verb, "json") == 0) {
    head(c, s->number, "application/json", (long)s->size);
    put_body(c, s->text, s->size);
  } else if (strcmp(verb, "text") == 0) {
    const char *blank = strchr(s->text, ' ');
    if (blank == NULL) die("text STATUS TYPE TEXT");
    char type[128];
    snprintf(type, sizeof type, "%.*s", (int)(blank - s->text), s->text);
    size_t size = s->size - (size_t)(blank + 1 - s->text);
    head(c, s->number, type, (long)size);
    put(c, blank + 1, size);
  } else if (strcmp(verb, "empty") == 0) {
    head(c, s->number, NULL, 0);
  } else if (strcmp(verb, "file") == 0) {
    head(c, s->number, "application/octet-stream", atol(s->text));
    put_pattern_body(c, atol(s->text));
  } else if (strcmp(verb, "numbers") == 0) {
    head(c, s->number, "application/json", atol(s->text));
    put_numbers(c, atol(s->text));
  } else if (strcmp(verb, "bytes") == 0) {
    put_pattern(c, s->number);
  } else if (strcmp(verb, "drip") == 0) {
    char *more = NULL;
    c->gap = (unsigned)strtol(s->text, &more, 10);
    c->piece = *more != '\0' ? (size_t)atol(more) : 1;
  } else if (strcmp(verb, "chunks") == 0) {
    c->chunk = (size_t)s->number;
  } else if (strcmp(verb, "lie") == 0) {
    c->lie = s->number;
  } else if (strcmp(verb, "strike") == 0 || strcmp(verb, "wire") == 0) {
    snprintf(c->how, sizeof c->how, "%s", s->text);
    c->left = s->number;
    if (*verb == 'w') count_wire(c);
  } else if (strcmp(verb, "hold") == 0) {
    count_wire(c);
    c->held = true;
  } else if (strcmp(verb, "pieces") == 0) {
    c->piece = (size_t)s->number;
    c->gap = 1;
  } else if (strcmp(verb, "pause") == 0) {
    usleep((useconds_t)s->number * 1000);
  } else if (strcmp(verb, "until") == 0) {
    while (c->open && access(s->text, F_OK) != 0)
      usleep(5000);
  } else if (strcmp(verb, "hang") == 0) {
    hang(c);
  } else {
    end_with(c, verb);
  }
}

/* ----------------------------------------------------------------- requests */

static bool fits(const char *pattern, const char *text) {
  if (*pattern == '*') return fits(pattern + 1, text) || (*text != '\0' && fits(pattern, text + 1));
  if (*pattern != *text) return false;
  return *pattern == '\0' || fits(pattern + 1, text + 1);
}

static rule *find_rule(const char *method, const char *path, const char *auth, const char *body) {
  rule *found = NULL;
  pthread_mutex_lock(&lock);
  for (size_t i = 0; i < rule_count && found == NULL; i++) {
    rule *r = &rules[i];
    if ((strcmp(r->method, method) != 0 && strcmp(r->method, "*") != 0) || !fits(r->path, path) ||
        r->left == 0)
      continue;
    if (r->bearer != NULL && (strncmp(auth, "Bearer ", 7) != 0 || strcmp(auth + 7, r->bearer) != 0))
      continue;
    if (r->body != NULL && strstr(body, r->body) == NULL) continue;
    if (r->left > 0) r->left--;
    found = r;
  }
  pthread_mutex_unlock(&lock);
  return found;
}

static void give_token(connection *c) {
  char text[512];
  pthread_mutex_lock(&lock);
  int serial = ++token_serial;
  pthread_mutex_unlock(&lock);
  int size = snprintf(text, sizeof text,
                      "{\"access_token\":\"%s-%d\",\"token_type\":\"bearer\",\"refresh_token\":"
                      "\"refresh-%s-%d\",\"expires_in\":%ld}",
                      token_name, serial, token_name, serial, token_seconds);
  head(c, 200, "application/json", size);
  put(c, text, (size_t)size);
}

/* Copies a header field's value. */
static void field(const char *request, const char *name, char *out, size_t capacity) {
  snprintf(out, capacity, "-");
  for (const char *at = strstr(request, "\r\n"); at != NULL; at = strstr(at + 2, "\r\n")) {
    if (strncasecmp(at + 2, name, strlen(name)) != 0 || at[2 + strlen(name)] != ':') continue;
    const char *value = at + 3 + strlen(name);
    value += strspn(value, " ");
    snprintf(out, capacity, "%.*s", (int)strcspn(value, "\r"), value);
  }
}

/* Reads one request; false at the connection's end. */
static bool serve_request(connection *c, char *buffer) {
  size_t used = 0;
  char *end = NULL;
  while (end == NULL && used < LONGEST - 1) {
    int got = get(c, buffer + used, 1);
    if (got <= 0) return false;
    buffer[++used] = '\0';
    end = strstr(buffer + (used > 4 ? used - 4 : 0), "\r\n\r\n");
  }
  char auth[LONGEST / 8];
  char length[32];
  char method[12] = "";
  char path[4096] = "";
  field(buffer, "Authorization", auth, sizeof auth);
  field(buffer, "Content-Length", length, sizeof length);
  if (sscanf(buffer, "%11s %4095s", method, path) != 2) return false;
  size_t body_size = *length == '-' ? 0 : (size_t)atol(length);
  char *body = calloc(1, body_size + 1);
  for (size_t have = 0; have < body_size;) {
    int got = get(c, body + have, (int)(body_size - have));
    if (got <= 0) break;
    have += (size_t)got;
  }
  char *line = malloc(LONGEST);
  snprintf(line, LONGEST, "%s %s auth=%s body=%.32000s", method, path, auth, body);
  log_line("request %d ", c->number, line);
  free(line);
  size_t path_size = strlen(path);
  rule *r = find_rule(method, path, auth, body);
  free(body);
  c->piece = c->chunk = 0;
  c->lie = 0;
  c->left = -1;
  for (size_t i = 0; r != NULL && i < r->count && c->open; i++)
    carry_out(c, &r->steps[i]);
  if (c->held) {
    c->held = false;
    put_wire(c);
  }
  if (r != NULL) return c->open;
  if (token_name[0] != '\0' && path_size >= 6 && strcmp(path + path_size - 6, "/token") == 0)
    give_token(c);
  else {
    static const char none[] = "{\"message\":\"no rule for this\"}";
    head(c, 404, "application/json", (long)strlen(none));
    put(c, none, strlen(none));
  }
  return c->open;
}

static void *serve(void *data) {
  connection *c = data;
  const char *what = "tls";
  const char *kind = "good";
  for (size_t i = 0; i < change_count; i++) {
    if (changes[i].from > c->number) continue;
    if (strcmp(changes[i].what, "certificate") == 0)
      kind = changes[i].kind;
    else
      what = changes[i].what;
  }
  log_line("connect %d", c->number, "");
  char *buffer = malloc(LONGEST);
  if (strcmp(what, "hang") == 0) {
    while (recv(c->socket, buffer, LONGEST, 0) > 0)
      continue;
  } else if (strcmp(what, "refuse") != 0) {
    bool ready = true;
    refuses = strcmp(what, "alert") == 0;
    if (strcmp(what, "tls") == 0 || refuses) {
      int index = 0;
      while (index < KINDS && strcmp(kinds[index], kind) != 0)
        index++;
      if (index == KINDS) die("an unknown certificate");
      c->ssl = SSL_new(contexts[index]);
      SSL_set_fd(c->ssl, c->socket);
      ready = SSL_accept(c->ssl) == 1;
    } else if (strcmp(what, "plain") == 0) {
      /* A web server that is spoken TLS to says 400 in plain text. */
      char first = 0;
      ready = recv(c->socket, &first, 1, MSG_PEEK) == 1 && first != 0x16;
      if (!ready) {
        const char *bad = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
        send(c->socket, bad, strlen(bad), MSG_NOSIGNAL);
        shutdown(c->socket, SHUT_WR);
        while (recv(c->socket, buffer, LONGEST, 0) > 0)
          continue;
      }
    }
    while (ready && serve_request(c, buffer))
      continue;
  }
  log_line("end %d", c->number, "");
  SSL_free(c->ssl);
  close(c->socket);
  free(buffer);
  free(c);
  return NULL;
}

static void stop(int signal_number) {
  (void)signal_number;
  _exit(0);
}

/* Binds to `port` of the loopback interface; 0 takes a free one.  It comes from below the range in
 * which systems give ports to clients (32768 and up on Linux, 49152 on macOS): a peer that ends can
 * be started again at its port, which no other process has got meanwhile. */
static int listen_at(int port, struct sockaddr_in *address) {
  socklen_t size = sizeof *address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  int again = 1; /* the port of one that is gone */
  if (listener < 0) die("no socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again);
  unsigned seed = (unsigned)getpid() * 2654435761u;
  bool bound = false;
  for (int tries = 0; tries < 1000 && !bound; tries++) {
    int at = port != 0 ? port : 10240 + (int)((seed = seed * 1103515245u + 12345u) >> 8) % 20000;
    *address = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)at),
                                    .sin_addr = {htonl(INADDR_LOOPBACK)}};
    bound = bind(listener, (struct sockaddr *)address, size) == 0 && listen(listener, 512) == 0;
    if (!bound && port != 0) usleep(10 * 1000); /* its former owner may be about to end */
  }
  if (!bound) die("cannot listen");
  return listener;
}

int main(int argc, char **argv) {
  FILE *script = stdin;
  const char *directory = NULL;
  unsigned seconds = 120;
  int port = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--script") == 0)
      script = fopen(argv[i + 1], "r");
    else if (strcmp(argv[i], "--log") == 0)
      log_file = open(argv[i + 1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    else if (strcmp(argv[i], "--dir") == 0)
      directory = argv[i + 1];
    else if (strcmp(argv[i], "--port") == 0)
      port = atoi(argv[i + 1]);
    else if (strcmp(argv[i], "--identity") == 0)
      identity = argv[i + 1];
    else if (strcmp(argv[i], "--seconds") == 0)
      seconds = (unsigned)atoi(argv[i + 1]);
    else
      die("unknown option");
  }
  if (script == NULL) die("the script cannot be read");
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, stop);
  signal(SIGALRM, stop);
  alarm(seconds);
  parse(script);
  make_contexts(directory);

  struct sockaddr_in address = {0};
  int listener = listen_at(port, &address);
  printf(
      "pid: %ld\nport: %d\nurl: https://127.0.0.1:%d\nfingerprint: %s\nfingerprint-other: %s\n"
      "ready\n",
      (long)getpid(), ntohs(address.sin_port), ntohs(address.sin_port), fingerprints[0],
      fingerprints[1]);
  fflush(stdout);
  for (int number = 1;; number++) {
    int socket = accept(listener, NULL, NULL);
    if (socket < 0) continue;
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection *c = calloc(1, sizeof *c);
    pthread_t thread;
    if (c == NULL) die("out of memory");
    *c = (connection){.number = number, .socket = socket, .open = true};
    if (pthread_create(&thread, NULL, serve, c) != 0) die("no thread");
    pthread_detach(thread);
  }
}
