/* begins.c: guesses from the first bytes of a body whether it is HTML or JSON.
 *
 * The checks use this to detect an error page or a JSON answer that came with status 200 in place
 * of the file. The bytes may end anywhere, so that every test here bounds itself by `size`. */
#include "save/begins.h"

#include <string.h>

#include "base/text.h"

/* A byte order mark counts only at the very beginning (RFC 3629 section 6); '\t' to '\r' are the
 * other white space of C's isspace, without asking the locale. */
size_t vbo_begins_at(const unsigned char *bytes, size_t size) {
  size_t at = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  while (at < size && (bytes[at] == ' ' || (bytes[at] >= '\t' && bytes[at] <= '\r')))
    at++;
  return at;
}

/* Text that is shorter than the word does not begin with it: `size` runs out before the word
 * does. */
bool vbo_begins_with(const unsigned char *bytes, size_t size, const char *word) {
  size_t at = 0;
  while (word[at] != '\0' && at < size && vbo_ascii_lower((char)bytes[at]) == word[at])
    at++;
  return word[at] == '\0';
}

/* HTML has no signature. These tags begin the pages of proxies, gateways and log-in forms; "<"
 * alone would also match XML, which documents may be. */
bool vbo_begins_html(const unsigned char *bytes, size_t size) {
  static const char *const words[] = {"<!doctype html", "<html",   "<head", "<body",
                                      "<title",         "<script", "<meta", "<form"};
  size_t at = vbo_begins_at(bytes, size);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (vbo_begins_with(bytes + at, size - at, words[i])) return true;
  return false;
}

/* A bracket alone would be too little: scripts and logs begin with one. The character behind it
 * must begin a member or a value. */
bool vbo_begins_json(const unsigned char *bytes, size_t size) {
  size_t at = vbo_begins_at(bytes, size);
  if (at == size || (bytes[at] != '{' && bytes[at] != '[')) return false;
  bool list = bytes[at] == '[';
  at++;
  at += vbo_begins_at(bytes + at, size - at);
  if (at >= size) return false;
  return bytes[at] == '"' || bytes[at] == (list ? ']' : '}') ||
         (list && (bytes[at] == '{' || bytes[at] == '['));
}
