/* proxy.c: see proxy.h.
 *
 * The variables and the forms of no_proxy are curl's, so that one environment serves both.
 * http_proxy is not read: all requests here are HTTPS. */
#include "http/proxy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

/* ------------------------------------------------------------------ no_proxy */

/* Reads an address and returns how many bytes it has; 0 for a name. */
static size_t address_of(const char *text, unsigned char bytes[16]) {
  if (inet_pton(AF_INET, text, bytes) == 1) return 4;
  return inet_pton(AF_INET6, text, bytes) == 1 ? 16 : 0;
}

/* Compares the first `bits` of two addresses of the same family. */
static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned long bits) {
  if (memcmp(a, b, bits / 8) != 0) return false;
  unsigned rest = (unsigned)(bits % 8);
  return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0;
}

/* Returns whether an entry, "10.0.0.0/8", "[::1]" or "192.0.2.1", covers an address. */
static bool covers_address(const char *entry, const unsigned char *address, size_t size) {
  char text[64];
  unsigned char network[16];
  if (*entry == '[') entry++;
  size_t length = strcspn(entry, "/]");
  if (length >= sizeof text) return false;
  memcpy(text, entry, length);
  text[length] = '\0';
  if (address_of(text, network) != size) return false;
  const char *slash = strchr(entry, '/');
  char *end = NULL;
  unsigned long bits = slash != NULL ? strtoul(slash + 1, &end, 10) : size * 8;
  return bits <= size * 8 && (end == NULL || *end == '\0') && same_bits(address, network, bits);
}

/* Returns whether a list's entry covers the host: "example.com" and ".example.com" both cover the
 * domain and all below it. */
static bool covers_name(const char *entry, const char *host) {
  while (*entry == '.')
    entry++;
  size_t size = strlen(entry);
  size_t length = strlen(host);
  if (size > 0 && entry[size - 1] == '.') size--;
  if (size == 0 || size > length) return false;
  /* The byte in front must be a dot: "example.com" does not cover "badexample.com". */
  return vbo_ascii_equal(host + length - size, size, entry, size) &&
         (size == length || host[length - size - 1] == '.');
}

bool vbo_proxy_excepted(const char *list, const char *host) {
  unsigned char address[16];
  size_t address_size = address_of(host, address);
  while (*list != '\0') {
    char entry[256];
    list += strspn(list, ", \t");
    size_t size = strcspn(list, ", \t");
    /* A longer entry cannot be a host name, which has at most 255 bytes (RFC 1035 section
     * 2.3.4). */
    if (size > 0 && size < sizeof entry) {
      memcpy(entry, list, size);
      entry[size] = '\0';
      if (strcmp(entry, "*") == 0) return true;
      if (address_size > 0 ? covers_address(entry, address, address_size)
                           : covers_name(entry, host))
        return true;
    }
    list += size;
  }
  return false;
}

/* ------------------------------------------------------------------- the URL */

static bool refuse(vbo_error *err, const char *source, const char *why) {
  vbo_error_set(err, VBO_ERROR_USAGE, "the proxy in %s cannot be used: %s", source, why);
  vbo_error_hint(err,
                 "write http://host:port or http://user:password@host:port, with %%40 for "
                 "@, %%3A for : and %%2F for / in the password");
  return false;
}

static int hex_value(char c) {
  if (vbo_ascii_digit(c)) return c - '0';
  c = vbo_ascii_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX in place and returns the size. A "%" without two digits stands for itself. */
static size_t decode_percent(char *text, size_t size) {
  size_t used = 0;
  for (size_t at = 0; at < size; at++) {
    int high = at + 2 < size && text[at] == '%' ? hex_value(text[at + 1]) : -1;
    int low = high >= 0 ? hex_value(text[at + 2]) : -1;
    if (low >= 0) at += 2;
    text[used++] = low >= 0 ? (char)(high << 4 | low) : text[at];
  }
  return used;
}

/* "user", "user:password".  Both percent-encoded where they need it. */
static bool read_login(vbo_proxy *out, const char *login, size_t size, vbo_error *err) {
  const char *colon = memchr(login, ':', size);
  size_t user_size = colon != NULL ? (size_t)(colon - login) : size;
  out->user = vbo_text_copy_n(login, user_size);
  if (out->user == NULL) return vbo_error_memory(err);
  out->user[decode_percent(out->user, user_size)] = '\0';
  if (colon == NULL) return true;
  size_t password_size = size - user_size - 1;
  /* Never in ordinary memory, except where the environment holds it. */
  char *password = vbo_secure_alloc(password_size + 1);
  if (password == NULL) return vbo_secure_full(err);
  memcpy(password, colon + 1, password_size);
  size_t decoded = decode_percent(password, password_size);
  password[decoded] = '\0';
  out->password = vbo_secret_adopt(password, decoded, password_size + 1, err);
  return out->password != NULL;
}

/* Returns the size of the host, with brackets; 0 when it is not one. Non-ASCII names pass:
 * libcurl converts them where it can. */
static size_t host_size(const char *host) {
  size_t size = 0;
  if (*host == '[') {
    size = 1 + strspn(host + 1, "0123456789abcdefABCDEF:.");
    if (host[size] == '%') /* a zone */
      size += strcspn(host + size, "]/@ ");
    return host[size] == ']' && size > 1 ? size + 1 : 0;
  }
  for (; host[size] != '\0'; size++) {
    unsigned char c = (unsigned char)host[size];
    char lower = vbo_ascii_lower(host[size]);
    if (!vbo_ascii_digit(host[size]) && !(lower >= 'a' && lower <= 'z') && c != '-' && c != '.' &&
        c != '_' && c < 0x80)
      break;
  }
  return size;
}

/* Returns the port behind the host; `otherwise` without one, 0 for any other text. */
static long read_port(const char *rest, long otherwise) {
  if (*rest != ':') return *rest == '\0' || strcmp(rest, "/") == 0 ? otherwise : 0;
  long port = 0;
  for (rest++; vbo_ascii_digit(*rest) && port < 100000; rest++)
    port = port * 10 + (*rest - '0');
  return (*rest == '\0' || strcmp(rest, "/") == 0) && port < 65536 ? port : 0;
}

static bool known_scheme(const char *scheme, size_t size) {
  static const char *const schemes[] = {"http", "socks4", "socks4a", "socks5", "socks5h", "socks"};
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
    if (vbo_ascii_equal(scheme, size, schemes[i], strlen(schemes[i]))) return true;
  return false;
}

/* Takes the URL apart. 1080 is libcurl's default port, for HTTP proxies, too. */
static bool parse(vbo_proxy *out, const char *url, const char *source, vbo_error *err) {
  const char *scheme = "http";
  size_t scheme_size = 4;
  const char *rest = strstr(url, "://");
  if (rest != NULL && rest == url + strcspn(url, ":/@")) {
    scheme = url;
    scheme_size = (size_t)(rest - url);
    rest += 3;
  } else {
    rest = url;
  }
  /* TLS to the proxy would need authorities of its own. */
  if (vbo_ascii_equal(scheme, scheme_size, "https", 5))
    return refuse(err, source, "a proxy is reached over http or socks, not over https");
  if (!known_scheme(scheme, scheme_size))
    return refuse(err, source, "its scheme must be http, socks4, socks4a, socks5 or socks5h");
  /* The last "@" counts: a password that was not encoded may hold one, and "/" and ":", too. */
  const char *at = strrchr(rest, '@');
  if (at != NULL && !read_login(out, rest, (size_t)(at - rest), err)) return false;
  const char *host = at != NULL ? at + 1 : rest;
  size_t size = host_size(host);
  if (size == 0) return refuse(err, source, "it names no host");
  long port = read_port(host + size, 1080);
  if (port == 0) return refuse(err, source, "what follows its host must be a port from 1 to 65535");
  size_t room = scheme_size + size + 16;
  out->url = malloc(room);
  if (out->url == NULL) return vbo_error_memory(err);
  (void)snprintf(out->url, room, "%.*s://%.*s:%ld", (int)scheme_size, scheme, (int)size, host,
                 port);
  /* For messages: without user and password. */
  (void)snprintf(out->name, sizeof out->name, "the proxy %.*s:%ld (%s)",
                 (int)(size < 200 ? size : 200), host, port, source);
  return true;
}

/* Returns the first variable that is set. An empty one counts: it means no proxy. curl's order,
 * too: the lower-case name goes first. */
static const char *environment(const char *const names[], const char **found) {
  for (size_t i = 0; names[i] != NULL; i++) {
    const char *value = getenv(names[i]);
    if (value == NULL) continue;
    *found = names[i];
    return value;
  }
  return NULL;
}

bool vbo_proxy_find(const char *given, const char *host, vbo_proxy *out, vbo_error *err) {
  static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                        NULL};
  static const char *const exceptions[] = {"no_proxy", "NO_PROXY", NULL};
  const char *source = "the option 'proxy'";
  const char *name = NULL;
  *out = (vbo_proxy){0};
  /* no_proxy belongs to the environment: a proxy that was set as an option serves every host. */
  if (given == NULL) {
    given = environment(proxies, &source);
    const char *list = environment(exceptions, &name);
    if (given != NULL && list != NULL && vbo_proxy_excepted(list, host)) given = NULL;
  }
  if (given != NULL && *given != '\0') return parse(out, given, source, err);
  /* Not NULL: only an empty CURLOPT_PROXY keeps libcurl from reading the environment itself. */
  out->url = vbo_text_copy("");
  return out->url != NULL || vbo_error_memory(err);
}

void vbo_proxy_free(vbo_proxy *proxy) {
  free(proxy->url);
  free(proxy->user);
  vbo_secret_free(proxy->password);
  *proxy = (vbo_proxy){0};
}
