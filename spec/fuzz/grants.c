/* grants.c: token answers. */
#include "fuzz.h"

#include "client/grant.h"
#include "base/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = fuzz_copy(data, size, false);
  vbo_grant grant;
  vbo_error err = {0};
  if (vbo_grant_parse(text, size, &grant, &err)) {
    HOLDS(grant.access != NULL && grant.lifetime > 0);
    vbo_secret_free(grant.access);
    vbo_secret_free(grant.refresh);
  } else {
    HOLDS(err.kind != VBO_OK && grant.access == NULL && grant.refresh == NULL);
  }
  free(text);
  return 0;
}
