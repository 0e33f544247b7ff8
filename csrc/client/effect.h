/* effect.h: whether a request alters production or the server, by the core's own judgment. */
#ifndef VBO_EFFECT_H
#define VBO_EFFECT_H

#include <stdbool.h>
#include <stddef.h>

/* Returns whether the request is a change: any method but GET, unless it is a POST that the API of
 * the path's version is known to have as a read or as housekeeping (harmless.h). A version later
 * than those known is judged as the newest. What is unknown or ambiguous is a change. `path` is
 * without the prefix of the client's URL; `body` may be NULL. */
bool vbo_effect_changes(const char *method, const char *path, const char *body, size_t size);

#endif
