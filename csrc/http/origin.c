/* origin.c: see origin.h.
 *
 * The origin decides where the token goes. The URL is therefore parsed strictly and here alone, and
 * libcurl gets the normalized `name`: two parsers that disagree about the host would send the token
 * elsewhere. */
#include "http/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { DEFAULT_PORT = 4443 };

static bool refuse(const char *why, vbo_error *err) {
  /* The URL itself is not repeated: it may hold a password. */
  vbo_error_set(err, VBO_ERROR_USAGE, "the server's URL is not usable: %s", why);
  vbo_error_hint(err, "write https://host, https://host:port, https://host/path or just host");
  return false;
}

/* Returns the host's end; NULL when it is not a host. Checks the characters only: whether the host
 * exists is for the resolver. An address with a zone ("%eth0") is refused: a zone means something
 * on one machine only (RFC 4007 section 6). */
static const char *host_end(const char *host) {
  if (*host == '[') {
    const char *end = host + 1;
    while (vbo_ascii_digit(*end) || *end == ':' || *end == '.' ||
           (vbo_ascii_lower(*end) >= 'a' && vbo_ascii_lower(*end) <= 'f'))
      end++;
    return *end == ']' && end > host + 1 ? end + 1 : NULL;
  }
  const char *end = host;
  while (vbo_ascii_digit(*end) || (vbo_ascii_lower(*end) >= 'a' && vbo_ascii_lower(*end) <= 'z') ||
         *end == '-' || *end == '.' || *end == '_')
    end++;
  return end > host && *host != '-' && *host != '.' ? end : NULL;
}

/* Returns whether servers take a path segment for this folder or the one above, in any encoding. */
static bool is_dots(const char *segment, size_t size) {
  size_t dots = 0;
  for (size_t at = 0; at < size; dots++) {
    if (segment[at] == '.')
      at++;
    else if (size - at >= 3 && segment[at] == '%' && segment[at + 1] == '2' &&
             vbo_ascii_lower(segment[at + 2]) == 'e')
      at += 3;
    else
      return false;
  }
  return dots == 1 || dots == 2;
}

/* Checks the path of a reverse proxy ("/backup365/") that all requests begin with; it is sent as
 * it is. Returns NULL when it is usable, otherwise the problem. */
static const char *problem_with_path(const char *path) {
  if (strchr(path, '?') != NULL) return "a query follows the path";
  if (strchr(path, '#') != NULL) return "a fragment follows the path";
  for (const char *c = path; *c != '\0'; c++)
    if (*c <= ' ' || *c > '~' || strchr("\\\"<>^`{|}", *c) != NULL)
      return "its path must be percent-encoded";
  while (*path == '/') {
    size_t size = strcspn(path + 1, "/");
    bool last = path[1 + size] == '\0';
    if (size == 0 && !last) return "its path has an empty segment";
    if (is_dots(path + 1, size)) return "its path has a dot segment";
    path += 1 + size;
  }
  return NULL;
}

/* Returns the size of the authority: "host:port" of "host:port/path". */
static size_t authority_size(const char *start) {
  return strcspn(start, "/?#");
}

/* Reads ":port", if any. Returns the rest, NULL for a wrong port. The loop stops at six digits,
 * long before an overflow. */
static const char *read_port(const char *rest, long *port) {
  *port = DEFAULT_PORT;
  if (*rest != ':') return rest;
  *port = 0;
  for (rest++; vbo_ascii_digit(*rest) && *port < 100000; rest++)
    *port = *port * 10 + (*rest - '0');
  return *port < 1 || *port > 65535 ? NULL : rest;
}

static void lower(char *text) {
  for (; *text != '\0'; text++)
    *text = vbo_ascii_lower(*text);
}

/* Makes the results; `size` is the host's, with brackets. */
static bool make(const char *start, size_t size, long port, const char *path, vbo_origin *origin,
                 vbo_error *err) {
  size_t path_size = strlen(path);
  while (path_size > 0 && path[path_size - 1] == '/')
    path_size--;
  bool brackets = *start == '[';
  /* "https://", ":65535" and the NUL fit into the 32 bytes. */
  origin->name = malloc(size + 32);
  origin->host = brackets ? vbo_text_copy_n(start + 1, size - 2) : vbo_text_copy_n(start, size);
  origin->prefix = vbo_text_copy_n(path, path_size);
  if (origin->name == NULL || origin->host == NULL || origin->prefix == NULL) {
    vbo_origin_free(origin);
    return vbo_error_memory(err);
  }
  (void)snprintf(origin->name, size + 32, "https://%.*s:%ld", (int)size, start, port);
  lower(origin->name);
  lower(origin->host);
  size_t host_size = strlen(origin->host);
  /* Certificates hold names without the dot of the root. `name` keeps it, for the resolver. */
  if (host_size > 1 && origin->host[host_size - 1] == '.') origin->host[host_size - 1] = '\0';
  return true;
}

void vbo_origin_free(vbo_origin *origin) {
  free(origin->name);
  free(origin->host);
  free(origin->prefix);
  *origin = (vbo_origin){0};
}

bool vbo_origin_parse(const char *url, vbo_origin *origin, vbo_error *err) {
  *origin = (vbo_origin){0};
  if (url == NULL || *url == '\0') return refuse("it is empty", err);
  const char *scheme = strstr(url, "://");
  const char *start = url;
  /* A "://" behind the first "/", "?" or "#" belongs to the path. */
  if (scheme != NULL && strcspn(url, "/?#") > (size_t)(scheme - url)) {
    if (!vbo_ascii_equal(url, (size_t)(scheme - url), "https", 5))
      return refuse("its scheme must be https", err);
    start = scheme + 3;
  }
  size_t authority = authority_size(start);
  /* Credentials are options of their own: a URL ends up in messages and logs. */
  if (memchr(start, '@', authority) != NULL) return refuse("it must not hold a user name", err);
  const char *end = host_end(start);
  if (end == NULL) return refuse("it has no host name (non-ASCII names in their xn-- form)", err);
  long port = 0;
  const char *rest = read_port(end, &port);
  if (rest == NULL) return refuse("its port must be 1 to 65535", err);
  if (rest != start + authority) return refuse("something follows the host and the port", err);
  const char *problem = problem_with_path(rest);
  if (problem != NULL) return refuse(problem, err);
  return make(start, (size_t)(end - start), port, rest, origin, err);
}
