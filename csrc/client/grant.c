/* grant.c: see grant.h.  Everything here lives on the secure heap. */
#include "client/grant.h"

#include <string.h>

#include "json/json.h"
#include "base/secret.h"
#include "base/text.h"

enum { LIFETIME = 15 * 60, LONGEST_LIFETIME = 365 * 24 * 60 * 60 };

/* Percent-encodes all but the unreserved characters of RFC 3986; a blank becomes %20, which
 * every form decoder takes. */
bool vbo_form_append(vbo_buffer *form, const char *name, const char *value, size_t size,
                     vbo_error *err) {
  static const char hex[] = "0123456789ABCDEF";
  if (form->size > 0 && !vbo_buffer_append_text(form, "&", err)) return false;
  if (!vbo_buffer_append_text(form, name, err) || !vbo_buffer_append_text(form, "=", err))
    return false;
  for (size_t i = 0; i < size; i++) {
    unsigned char c = (unsigned char)value[i];
    char lower = vbo_ascii_lower(value[i]);
    bool plain = vbo_ascii_digit(value[i]) || (lower >= 'a' && lower <= 'z') || c == '-' ||
                 c == '.' || c == '_' || c == '~';
    char encoded[3] = {'%', hex[c >> 4], hex[c & 15]};
    if (!vbo_buffer_append(form, plain ? value + i : encoded, plain ? 1 : 3, err)) return false;
  }
  return true;
}

/* A member as a secret.  RFC 6750 section 2.1 says what a token is made of; a
 * line break in it would smuggle a header into every request. */
static vbo_secret *token_member(const char *text, size_t size, const char *name, vbo_error *err) {
  vbo_json_token value;
  size_t length = 0;
  if (!vbo_json_member(text, size, name, &value) || value.type != VBO_JSON_STRING ||
      value.length <= 2) {
    vbo_error_set(err, VBO_ERROR_PROTOCOL, "the token answer has no %s", name);
    return NULL;
  }
  /* Decoding makes nothing longer, and the quotes leave room for the NUL. */
  char *bytes = vbo_secure_alloc(value.length);
  if (bytes == NULL) {
    vbo_secure_full(err);
    return NULL;
  }
  bool good = vbo_json_decode(text, &value, bytes, value.length, &length);
  for (size_t i = 0; good && i < length; i++)
    good = bytes[i] > ' ' && bytes[i] <= '~';
  if (good) return vbo_secret_adopt(bytes, length, value.length, err);
  vbo_secure_free(bytes, value.length);
  vbo_error_set(err, VBO_ERROR_PROTOCOL, "the %s in the token answer is not printable ASCII", name);
  return NULL;
}

bool vbo_grant_parse(const char *text, size_t size, vbo_grant *grant, vbo_error *err) {
  char type[16];
  int64_t seconds = 0;
  vbo_json_token value;
  *grant = (vbo_grant){0};
  /* Checked first: a document that breaks off would otherwise be reported as one without a
   * token. */
  if (size == 0 || !vbo_json_complete(text, size))
    return vbo_error_set(err, VBO_ERROR_PROTOCOL, "the token answer is not JSON");
  /* The type's case does not count. A missing one is accepted, although RFC 6749 section 5.1
   * requires it. */
  if (vbo_json_member_string(text, size, "token_type", type, sizeof type, NULL) &&
      !vbo_ascii_equal(type, strlen(type), "bearer", 6))
    return vbo_error_set(err, VBO_ERROR_PROTOCOL, "the server gives tokens of an unknown type");
  grant->access = token_member(text, size, "access_token", err);
  if (grant->access == NULL) return false;
  /* null and "" count as absent: the value's length includes its quotes. */
  if (vbo_json_member(text, size, "refresh_token", &value) && value.type == VBO_JSON_STRING &&
      value.length > 2) {
    grant->refresh = token_member(text, size, "refresh_token", err);
    if (grant->refresh == NULL) {
      vbo_secret_free(grant->access);
      grant->access = NULL;
      return false;
    }
  }
  /* RFC 6749 section 5.1 leaves expires_in out, or a server states nonsense: a quarter of an
   * hour then, since a refresh costs little. */
  if (!vbo_json_member_integer(text, size, "expires_in", &seconds) || seconds <= 0 ||
      seconds > LONGEST_LIFETIME)
    seconds = LIFETIME;
  grant->lifetime = seconds * 1000;
  return true;
}
