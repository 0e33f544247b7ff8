/* origin.c: scheme, host and port; the token goes nowhere else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "text.h"

enum { DEFAULT_PORT = 4443 };

static bool refuse(const char *why, vbo_error *err) {
  /* The URL itself is not repeated: somebody may have put a password into it. */
  vbo_error_set(err, VBO_ERROR_USAGE, "the server's URL is not usable: %s", why);
  vbo_error_hint(err, "write https://host, https://host:port or just host");
  return false;
}

/* The host's end; NULL when it is not one. */
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

bool vbo_origin_parse(const char *url, char **origin, char **host, vbo_error *err) {
  *origin = *host = NULL;
  if (url == NULL || *url == '\0') return refuse("it is empty", err);
  const char *scheme = strstr(url, "://");
  const char *start = url;
  if (scheme != NULL) {
    if (!vbo_ascii_equal(url, (size_t)(scheme - url), "https", 5))
      return refuse("only https is spoken", err);
    start = scheme + 3;
  }
  if (strchr(start, '@') != NULL) return refuse("it holds a user name", err);
  const char *end = host_end(start);
  if (end == NULL)
    return refuse("there is no host name in it (non-ASCII names in their xn-- form)", err);
  const char *rest = end;
  long port = DEFAULT_PORT;
  if (*rest == ':') {
    port = 0;
    for (rest++; vbo_ascii_digit(*rest) && port < 100000; rest++)
      port = port * 10 + (*rest - '0');
    if (port < 1 || port > 65535) return refuse("the port is not 1 to 65535", err);
  }
  if (*rest == '/') rest++;
  if (*rest != '\0') return refuse("something follows the host and the port", err);

  size_t size = (size_t)(end - start);
  bool brackets = *start == '[';
  *origin = malloc(size + 32);
  *host = brackets ? vbo_text_copy_n(start + 1, size - 2) : vbo_text_copy_n(start, size);
  if (*origin == NULL || *host == NULL) {
    free(*origin);
    free(*host);
    *origin = *host = NULL;
    return vbo_error_memory(err);
  }
  (void)snprintf(*origin, size + 32, "https://%.*s:%ld", (int)size, start, port);
  for (char *c = *origin; *c != '\0'; c++)
    *c = vbo_ascii_lower(*c);
  for (char *c = *host; *c != '\0'; c++)
    *c = vbo_ascii_lower(*c);
  size_t host_size = strlen(*host);
  if (host_size > 1 && (*host)[host_size - 1] == '.') (*host)[host_size - 1] = '\0';
  return true;
}
