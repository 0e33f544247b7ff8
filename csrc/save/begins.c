/* begins.c: see begins.h. */
#include "save/begins.h"

#include <string.h>

#include "base/text.h"

size_t vbo_begins_at(const unsigned char *bytes, size_t size) {
  size_t at = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  while (at < size && (bytes[at] == ' ' || (bytes[at] >= '\t' && bytes[at] <= '\r')))
    at++;
  return at;
}

bool vbo_begins_with(const unsigned char *bytes, size_t size, const char *word) {
  size_t at = 0;
  while (word[at] != '\0' && at < size && vbo_ascii_lower((char)bytes[at]) == word[at])
    at++;
  return word[at] == '\0';
}

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
