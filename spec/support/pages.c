/* pages.c: a TLS server of canned pages, for benches: one that is never what a
 * client waits for.
 *
 *   pages [--records N] [--file BYTES] [--certificate FILE] [--seconds N]
 *
 * Listens on 127.0.0.1, any port, and prints, one a line:
 *   pid: 123
 *   url: https://127.0.0.1:40123
 *   fingerprint: sha256/…
 *   ready
 * FILE gets its certificate, for clients that want an authority.  It ends on
 * SIGTERM and after N (600) seconds.
 *
 * It answers a POST to a path that ends in /token with a token, a GET of a path
 * that ends in /Documents with a page of v8 (?offset=&limit=, in the size and with
 * the members that a server gives: about 1 KiB a record), any other GET with a
 * small object, a POST to a path that ends in /save with BYTES (16 MiB), and
 * anything else with 204.  A page is one block that is copied,
 * with digits written into it: a tenth of what it takes to encrypt it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MOST = 16 << 10, LIMIT_DEFAULT = 30, LIMIT_MOST = 10000, DIGITS = 8 };

static long records = 1000000;
static long file_size = 16L << 20;
static char *file_bytes;
static SSL_CTX *context;

static void die(const char *why) {
  fprintf(stderr, "pages: %s\n", why);
  exit(1);
}

/* -------------------------------------------------------------- what is served */

#define DRIVE                                                                                      \
  "/v8/RestoreSessions/15aa649c-af84-41b1-88a9-05e96b4848ab/Organization/OneDrives/"               \
  "4e036749-2d65-40e4-b49b-b8b8b327fda733226343-4e4d-42a2-b434-3d1d8c04c66e"

/* '#' begins the digits of the record's number. */
static const char pattern[] =
    "{\"versionId\":512,\"isFolder\":false,\"inheritedPermissions\":true,"
    "\"oneDriveId\":\"4e036749-2d65-40e4-b49b-b8b8b327fda733226343-4e4d-42a2-b434-3d1d8c04c66e\","
    "\"id\":\"a37c9c95-9724-4709-895d-9167########\",\"name\":\"Quarterly report ########.docx\","
    "\"sizeBytes\":1########,\"version\":\"2.0\","
    "\"createdBy\":\"J\xC3\xBCrgen M\xC3\xBCller 000001\","
    "\"creationTime\":\"2024-03-16T08:01:50Z\","
    "\"modifiedBy\":\"J\xC3\xBCrgen M\xC3\xBCller 000001\","
    "\"modificationTime\":\"2026-11-02T17:45:11Z\",\"_links\":{"
    "\"self\":{\"href\":\"" DRIVE
    "/Documents/a37c9c95-9724-4709-895d-9167########\"},"
    "\"onedrive\":{\"href\":\"" DRIVE
    "\"},"
    "\"parent\":{\"href\":\"" DRIVE "/Folders/a5b95420-73eb-4e62-8209-74cbe6b38ea1\"}}}";

static char *block; /* LIMIT_MOST records, each with a comma behind it */
static size_t record_size;
static size_t places[8];
static size_t place_count;

static void make_block(void) {
  record_size = sizeof pattern;
  for (const char *at = strchr(pattern, '#'); at != NULL; at = strchr(at + DIGITS, '#'))
    places[place_count++] = (size_t)(at - pattern);
  block = malloc(record_size * LIMIT_MOST);
  if (block == NULL) die("out of memory");
  for (size_t i = 0; i < LIMIT_MOST; i++) {
    memcpy(block + i * record_size, pattern, record_size - 1);
    block[(i + 1) * record_size - 1] = ',';
  }
}

/* Appends records `offset` … to `out`; their bytes. */
static size_t put_records(char *out, long offset, long count) {
  size_t size = record_size * (size_t)count;
  memcpy(out, block, size);
  for (long i = 0; i < count; i++) {
    char digits[DIGITS];
    long number = offset + i;
    for (int d = DIGITS - 1; d >= 0; d--, number /= 10)
      digits[d] = (char)('0' + number % 10);
    for (size_t p = 0; p < place_count; p++)
      memcpy(out + (size_t)i * record_size + places[p], digits, DIGITS);
  }
  return count > 0 ? size - 1 : 0;
}

typedef struct connection {
  SSL *ssl;
  int socket;
  char *out;
  size_t capacity;
  char in[REQUEST_MOST];
  size_t used;
} connection;

static bool answer_with(connection *c, const char *status, const char *type, const char *body,
                        size_t size) {
  char head[256];
  int length =
      snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
               status, type, size);
  return SSL_write(c->ssl, head, length) > 0 &&
         (size == 0 || SSL_write(c->ssl, body, (int)size) > 0);
}

static bool answer(connection *c, const char *status, const char *body, size_t size) {
  return answer_with(c, status, "application/json", body, size);
}

static long number_in(const char *path, const char *name, long otherwise) {
  const char *at = strstr(path, name);
  return at == NULL ? otherwise : strtol(at + strlen(name), NULL, 10);
}

static bool answer_page(connection *c, const char *path) {
  long offset = number_in(path, "offset=", 0);
  long limit = number_in(path, "limit=", LIMIT_DEFAULT);
  if (limit < 1 || limit > LIMIT_MOST) limit = LIMIT_MOST;
  long count = records - offset;
  if (offset < 0 || count < 0) count = 0;
  if (count > limit) count = limit;
  size_t room = record_size * (size_t)count + 2048;
  if (room > c->capacity) {
    c->out = realloc(c->out, c->capacity = room);
    if (c->out == NULL) die("out of memory");
  }
  size_t used =
      (size_t)sprintf(c->out, "{\"offset\":%ld,\"limit\":%ld,\"results\":[", offset, limit);
  used += put_records(c->out + used, offset, count);
  used += (size_t)sprintf(c->out + used,
                          "],\"_links\":{\"self\":{\"href\":\"" DRIVE
                          "/Documents?offset=%ld&limit=%ld\"}",
                          offset, limit);
  if (offset + count < records)
    used += (size_t)sprintf(c->out + used,
                            ",\"next\":{\"href\":\"" DRIVE "/Documents?offset=%ld&limit=%ld\"}",
                            offset + count, limit);
  used += (size_t)sprintf(c->out + used, "}}");
  return answer(c, "200 OK", c->out, used);
}

static bool ends(const char *path, const char *with) {
  size_t size = strcspn(path, "?");
  size_t length = strlen(with);
  return size >= length && memcmp(path + size - length, with, length) == 0;
}

static bool answer_request(connection *c, const char *method, const char *path) {
  static const char token[] =
      "{\"access_token\":\"bench\",\"token_type\":\"bearer\","
      "\"refresh_token\":\"again\",\"expires_in\":3600}";
  static const char small[] = "{\"version\":\"8.0.0.1\",\"name\":\"bench\",\"id\":\"1\"}";
  if (strcmp(method, "POST") == 0 && ends(path, "/token"))
    return answer(c, "200 OK", token, strlen(token));
  if (strcmp(method, "POST") == 0 && ends(path, "/save"))
    return answer_with(c, "200 OK", "application/octet-stream", file_bytes, (size_t)file_size);
  if (strcmp(method, "GET") != 0) return answer(c, "204 No Content", "", 0);
  if (ends(path, "/Documents")) return answer_page(c, path);
  return answer(c, "200 OK", small, strlen(small));
}

/* ----------------------------------------------------------------- connections */

/* Reads until a whole head is there; its size, 0 at the end of the connection. */
static size_t read_head(connection *c) {
  for (;;) {
    c->in[c->used] = '\0';
    char *end = strstr(c->in, "\r\n\r\n");
    if (end != NULL) return (size_t)(end + 4 - c->in);
    if (c->used >= sizeof c->in - 1) return 0;
    int got = SSL_read(c->ssl, c->in + c->used, (int)(sizeof c->in - 1 - c->used));
    if (got <= 0) return 0;
    c->used += (size_t)got;
  }
}

static bool serve_request(connection *c) {
  size_t head = read_head(c);
  char method[12] = "";
  char path[4096] = "";
  if (head == 0 || sscanf(c->in, "%11s %4095s", method, path) != 2) return false;
  size_t body = 0;
  for (const char *line = strstr(c->in, "\r\n"); line < c->in + head - 4;
       line = strstr(line + 2, "\r\n"))
    if (strncasecmp(line + 2, "content-length:", 15) == 0) body = (size_t)atol(line + 17);
  while (c->used < head + body && c->used < sizeof c->in - 1) {
    int got = SSL_read(c->ssl, c->in + c->used, (int)(sizeof c->in - 1 - c->used));
    if (got <= 0) return false;
    c->used += (size_t)got;
  }
  if (c->used < head + body) return false;
  c->used -= head + body;
  memmove(c->in, c->in + head + body, c->used);
  return answer_request(c, method, path);
}

static void *serve(void *data) {
  connection *c = data;
  c->ssl = SSL_new(context);
  SSL_set_fd(c->ssl, c->socket);
  if (SSL_accept(c->ssl) == 1) {
    while (serve_request(c))
      continue;
    SSL_shutdown(c->ssl);
  }
  SSL_free(c->ssl);
  close(c->socket);
  free(c->out);
  free(c);
  return NULL;
}

/* ---------------------------------------------------------------- certificate */

static void add_extension(X509 *certificate, int id, const char *value) {
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, id, value);
  if (extension == NULL || X509_add_ext(certificate, extension, -1) != 1) die("an extension");
  X509_EXTENSION_free(extension);
}

static void make_context(const char *file, char *fingerprint) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = X509_new();
  X509_NAME *name = X509_NAME_new();
  if (key == NULL || certificate == NULL || name == NULL) die("a certificate");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                             0);
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)time(NULL));
  X509_gmtime_adj(X509_getm_notBefore(certificate), -24L * 3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24L * 3600);
  X509_set_subject_name(certificate, name);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, key);
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  if (X509_sign(certificate, key, EVP_sha256()) <= 0) die("signing");
  unsigned char digest[32];
  X509_digest(certificate, EVP_sha256(), digest, NULL);
  EVP_EncodeBlock((unsigned char *)fingerprint, digest, 32);
  context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey(context, key) != 1)
    die("the certificate");
  if (file != NULL) {
    FILE *out = fopen(file, "w");
    if (out == NULL || PEM_write_X509(out, certificate) != 1 || fclose(out) != 0) die(file);
  }
  X509_NAME_free(name);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

static void stop(int signal_number) {
  (void)signal_number;
  _exit(0);
}

int main(int argc, char **argv) {
  const char *file = NULL;
  unsigned seconds = 600;
  char fingerprint[64];
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) die("an option without a value");
    if (strcmp(argv[i], "--records") == 0)
      records = atol(argv[i + 1]);
    else if (strcmp(argv[i], "--file") == 0)
      file_size = atol(argv[i + 1]);
    else if (strcmp(argv[i], "--certificate") == 0)
      file = argv[i + 1];
    else if (strcmp(argv[i], "--seconds") == 0)
      seconds = (unsigned)atoi(argv[i + 1]);
    else
      die("unknown option");
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, stop);
  signal(SIGALRM, stop);
  alarm(seconds);
  make_block();
  file_bytes = calloc(1, (size_t)file_size + 1);
  if (file_bytes == NULL) die("out of memory");
  for (long i = 0; i < file_size; i++)
    file_bytes[i] = (char)(i * 2654435761L >> 13);
  make_context(file, fingerprint);

  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
      listen(listener, 512) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
    die("cannot listen");
  printf("pid: %ld\nurl: https://127.0.0.1:%d\nfingerprint: sha256/%s\nready\n", (long)getpid(),
         ntohs(address.sin_port), fingerprint);
  fflush(stdout);
  for (;;) {
    int socket = accept(listener, NULL, NULL);
    if (socket < 0) continue;
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection *c = calloc(1, sizeof *c);
    pthread_t thread;
    if (c == NULL) die("out of memory");
    c->socket = socket;
    if (pthread_create(&thread, NULL, serve, c) != 0) die("no thread");
    pthread_detach(thread);
  }
}
