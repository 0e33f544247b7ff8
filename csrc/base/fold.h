/* fold.h: names as people compare them, without regard to case and to how letters are composed.
 *
 * Two texts are alike when their folded forms are equal byte for byte: the canonical caseless
 * match of the Unicode Standard (section 3.13, D145), with the result composed (NFC).  That is
 * how SharePoint and Exchange compare names: "Ü" is "ü", however many code points it takes, and
 * "ß" is "ss".  Compatibility mappings (NFKC_Casefold) are left out on purpose: "x²" and "x2", or
 * a full-width and a plain letter, are names of different documents, and a restore of one must
 * not select the other.  Default case folding has no language, so no locale changes the result. */
#ifndef VBO_FOLD_H
#define VBO_FOLD_H

#include "base/buffer.h"

/* Appends the folded form of `text` to `out`. In text that is not UTF-8 only ASCII letters are
 * folded. False with MEMORY or LIMIT. */
bool vbo_fold(const char *text, size_t size, vbo_buffer *out, vbo_error *err);

/* Sets `*matches` to whether a pattern matches the whole of `text`, both folded: `*` stands for
 * any run of characters, `?` for one character as people see it (a grapheme cluster; a byte where
 * `text` is not UTF-8).  `pattern` must be folded already.  Takes time in proportion to the
 * product of the sizes.  False with MEMORY or LIMIT. */
bool vbo_fold_match(const char *pattern, size_t pattern_size, const char *text, size_t size,
                    bool *matches, vbo_error *err);

#endif
