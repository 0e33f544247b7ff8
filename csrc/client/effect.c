/* effect.c: see effect.h.
 *
 * A caller's word does not count: a runbook that sends a restore as a "read" would get around the
 * journal. The servers match paths and the members of a body in any case, and so does this. */
#include "client/effect.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "client/harmless.h"
#include "json/json.h"

typedef struct harmless {
  const char *path;
  const char *action;
  uint8_t versions;
} harmless;

static const harmless table[] = {
#define ROW(path, action, versions) {path, action, versions},
    VBO_HARMLESS(ROW)
#undef ROW
};

/* Returns the number of the path's version, and moves `*path` behind it; 0 without one. */
static unsigned version_of(const char **path) {
  const char *at = *path;
  unsigned number = 0;
  if (at[0] != '/' || vbo_ascii_lower(at[1]) != 'v' || at[2] == '0') return 0;
  for (at += 2; vbo_ascii_digit(*at) && number < 1000; at++)
    number = number * 10 + (unsigned)(*at - '0');
  if (*at != '/') return 0;
  *path = at + 1;
  return number;
}

/* Returns the character at `part[*at]`, decoded, and moves behind it; '%' for one that is encoded
 * twice or wrongly. */
static char decoded(const char *part, size_t size, size_t *at) {
  static const char digits[] = "0123456789abcdef";
  char c = part[(*at)++];
  if (c != '%' || size - *at < 2) return c;
  const char *high = strchr(digits, vbo_ascii_lower(part[*at]));
  const char *low = strchr(digits, vbo_ascii_lower(part[*at + 1]));
  *at += 2;
  return high != NULL && low != NULL ? (char)((high - digits) * 16 + (low - digits)) : '%';
}

/* Returns whether a server or a proxy may take the part for a step to another folder. Ids have
 * encoded slashes in them; with a "." behind one they could lead to any other path. */
static bool ambiguous(const char *part, size_t size) {
  bool begins = true;
  if (size == 0) return true;
  for (size_t at = 0; at < size;) {
    char c = decoded(part, size, &at);
    if (c == '%' || (unsigned char)c < ' ' || (begins && c == '.')) return true;
    begins = c == '/' || c == '\\';
  }
  return false;
}

/* Compares with a pattern, in which "*" is one part. A slash at the end is ignored. */
static bool fits(const char *pattern, const char *path, size_t size) {
  if (size > 0 && path[size - 1] == '/') size--;
  const char *end = path + size;
  for (;;) {
    size_t wanted = strcspn(pattern, "/");
    const char *slash = memchr(path, '/', (size_t)(end - path));
    size_t length = (size_t)((slash != NULL ? slash : end) - path);
    if (ambiguous(path, length)) return false;
    bool any = wanted == 1 && *pattern == '*';
    if (!any && !vbo_ascii_equal(pattern, wanted, path, length)) return false;
    pattern += wanted;
    if (*pattern == '\0' || slash == NULL) return *pattern == '\0' && slash == NULL;
    pattern++;
    path = slash + 1;
  }
}

/* Finds the one member of the body's object. False for several, for a name with escapes, and for
 * what is not one whole object. */
static bool action_of(const char *body, size_t size, vbo_json_token *name) {
  vbo_json_lexer lexer;
  vbo_json_token token;
  size_t members = 0;
  if (body == NULL) return false;
  vbo_json_start(&lexer, body, size, 0);
  for (bool first = true; vbo_json_next(&lexer, &token); first = false) {
    if (first && token.type != VBO_JSON_OBJECT) return false;
    if (token.type != VBO_JSON_KEY || token.depth != 1) continue;
    *name = token;
    members++;
  }
  return lexer.problem == NULL && members == 1 && !name->escaped;
}

static bool has_action(const char *action, const char *body, size_t size) {
  vbo_json_token name = {0};
  /* Without the quotes. */
  return *action == '\0' ||
         (action_of(body, size, &name) &&
          vbo_ascii_equal(body + name.start + 1, name.length - 2, action, strlen(action)));
}

bool vbo_effect_changes(const char *method, const char *path, const char *body, size_t size) {
  if (strcmp(method, "GET") == 0) return false;
  unsigned version = version_of(&path);
  if (strcmp(method, "POST") != 0 || version == 0) return true;
  if (version > VBO_HARMLESS_NEWEST) version = VBO_HARMLESS_NEWEST;
  size_t length = strcspn(path, "?");
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if ((table[i].versions >> (version - 1) & 1U) != 0 && fits(table[i].path, path, length) &&
        has_action(table[i].action, body, size))
      return false;
  return true;
}
