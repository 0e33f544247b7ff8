/* check_document.c: decides whether a stream is the listed document.
 *
 * The rule is: the listed size must match exactly, except for suffixes of files that SharePoint
 * rewrites. For those the size may differ within a bound, if the file is whole in its own format.
 * Everything else here only makes the message better. */
#include "save/check_document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "save/begins.h"
#include "save/check_format.h"

enum {
  BEGINNING = 512,
  SUFFIX = 16,
  /* Properties and previews that SharePoint adds, or takes out. */
  REWRITTEN = 64 * 1024,
  REWRITTEN_PART = 10 /* … or this part of the file, if that is more */
};

/* How SharePoint may change a file on its way out, by its suffix: never (the size must match), as
 * an Office Open XML archive, as a compound file of the older Office, or as a file without a
 * structure that is checked here. */
typedef enum rewriting {
  REWRITTEN_NEVER,
  REWRITTEN_ZIP,
  REWRITTEN_COMPOUND,
  REWRITTEN_ELSE
} rewriting;

struct vbo_document_check {
  int64_t listed; /* -1: not known */
  char name[128];
  char suffix[SUFFIX]; /* of the name, "docx"; "" when there is none */
  char type[64];
  unsigned char begin[BEGINNING];
  size_t begun;
  int64_t size;
  vbo_format_check *inner; /* of an Office file */
  bool inner_begun;
  bool inner_failed;
  const char *made;
  char missed[192];
};

/* ----------------------------------------------------------- what names say */

/* Returns whether a list of words, each between blanks, has this one. The blanks on both sides make
 * `at[-1]` and `at[size]` valid for every hit, and prevent "doc" from matching within "docx". */
static bool has_word(const char *list, const char *word) {
  size_t size = strlen(word);
  if (size == 0) return false;
  for (const char *at = list; (at = strstr(at, word)) != NULL; at += size)
    if (at[-1] == ' ' && at[size] == ' ') return true;
  return false;
}

static rewriting rewriting_of(const char *suffix) {
  if (has_word(" docx docm dotx dotm xlsx xlsm xltx xltm xlsb xlam pptx pptm potx potm ppsx ppsm "
               "ppam sldx sldm vsdx vsdm vstx vstm vssx vssm thmx ",
               suffix))
    return REWRITTEN_ZIP;
  if (has_word(" doc dot xls xlt xla ppt pot pps vsd vst vss mpp mpt pub ", suffix))
    return REWRITTEN_COMPOUND;
  return has_word(" one onetoc2 onepkg aspx xsn infopathxml ", suffix) ? REWRITTEN_ELSE
                                                                       : REWRITTEN_NEVER;
}

/* Returns whether a document of this name may be HTML or JSON itself. A file without a suffix may
 * be anything. The list is generous: a wrong "no" would refuse a good file, while the size still
 * catches a page in place of most others. */
static bool may_be_text(const char *suffix) {
  return *suffix == '\0' ||
         has_word(
             " html htm xhtml xht shtml hta mht mhtml xml xsl xslt xsd svg rss atom asp aspx "
             "ascx master php jsp vue json jsonl ndjson geojson webmanifest har ipynb map js "
             "mjs cjs ts tsx jsx css md markdown txt text log csv tsv yaml yml eml xls "
             "template tmpl hbs bak old tmp orig ",
             suffix);
}

/* ----------------------------------------------------------- what bytes say */

static bool is_type(const vbo_document_check *document, const char *type) {
  return vbo_begins_with((const unsigned char *)document->type, strlen(document->type), type);
}

/* Returns what came instead of the document, as far as it shows; NULL when it may be the document.
 */
static const char *stranger(const vbo_document_check *document) {
  if (may_be_text(document->suffix)) return NULL;
  if (vbo_begins_html(document->begin, document->begun)) return "a page of HTML";
  if (vbo_begins_json(document->begin, document->begun)) return "JSON";
  /* documents come as application/octet-stream, or with their own type */
  if (is_type(document, "text/html")) return "something called text/html";
  return is_type(document, "application/json") || is_type(document, "application/problem+json")
             ? "something called application/json"
             : NULL;
}

/* ---------------------------------------------------------------- judgement */

/* Adds the hint that every refusal has, and returns false for the caller to return. */
static bool refuse(vbo_error *err) {
  vbo_error_hint(err, "save it again, or set check = false to save it as the server sends it");
  return false;
}

static bool wrong_size(const vbo_document_check *document, vbo_error *err) {
  const char *what = stranger(document);
  const char *name = *document->name != '\0' ? document->name : "the document";
  if (document->size == 0)
    vbo_error_set(err, VBO_ERROR_INTEGRITY, "nothing came of \"%s\", which has %lld bytes", name,
                  (long long)document->listed);
  else if (what != NULL)
    vbo_error_set(err, VBO_ERROR_INTEGRITY, "%s came instead of \"%s\", which has %lld bytes", what,
                  name, (long long)document->listed);
  else
    vbo_error_set(err, VBO_ERROR_INTEGRITY, "%lld bytes came of \"%s\", which has %lld",
                  (long long)document->size, name, (long long)document->listed);
  return refuse(err);
}

/* Returns by how many bytes the size may differ from the listed one. 0: the file is never
 * rewritten. */
static int64_t bound(const vbo_document_check *document) {
  if (rewriting_of(document->suffix) == REWRITTEN_NEVER) return 0;
  int64_t part = document->listed / REWRITTEN_PART;
  return part > REWRITTEN ? part : REWRITTEN;
}

/* Returns whether the Office file is whole in itself. The inner check's own error is dropped: the
 * caller reports the size, which is the fact that the user can compare. */
static bool inner_passes(vbo_document_check *document) {
  vbo_error ignored = {0};
  return document->inner != NULL && !document->inner_failed &&
         vbo_format_check_finish(document->inner, &ignored);
}

/* A size within the bound alone proves nothing: a log-in page may happen to have it. So the file
 * must be whole in itself, and must not begin like a page. */
static bool finish_rewritten(vbo_document_check *document, vbo_error *err) {
  int64_t difference = document->size - document->listed;
  rewriting how = rewriting_of(document->suffix);
  bool whole = how == REWRITTEN_ELSE || inner_passes(document);
  if (difference > bound(document) || -difference > bound(document) || document->size == 0 ||
      stranger(document) != NULL || !whole ||
      (how == REWRITTEN_ELSE && vbo_begins_html(document->begin, document->begun)))
    return wrong_size(document, err);
  if (document->inner != NULL && strcmp(vbo_format_check_made(document->inner), "zip") == 0)
    document->made = "zip";
  (void)snprintf(document->missed, sizeof document->missed,
                 "its size: %lld bytes came, %lld are listed, and SharePoint rewrites such files",
                 (long long)document->size, (long long)document->listed);
  return true;
}

/* Without a listed size nothing but an obvious stranger is refused. The Office check is optional
 * here: it can confirm the file, but a suffix may be wrong. */
static bool finish_unlisted(vbo_document_check *document, vbo_error *err) {
  const char *what = stranger(document);
  if (what != NULL) {
    vbo_error_set(err, VBO_ERROR_INTEGRITY, "%s came instead of \"%s\"", what,
                  *document->name != '\0' ? document->name : "the document");
    return refuse(err);
  }
  if (inner_passes(document) && strcmp(vbo_format_check_made(document->inner), "zip") == 0)
    document->made = "zip";
  (void)snprintf(document->missed, sizeof document->missed,
                 "its size, which the server does not list");
  return true;
}

/* The exact size is enough: it also holds for an encrypted or unusual Office file that the inner
 * check cannot read. */
bool vbo_document_check_finish(vbo_document_check *document, vbo_error *err) {
  if (document->listed < 0) return finish_unlisted(document, err);
  if (document->size != document->listed)
    return bound(document) > 0 ? finish_rewritten(document, err) : wrong_size(document, err);
  document->made = "size";
  return true;
}

/* --------------------------------------------------------------- the stream */

/* Begins to check an archive or a compound file (older, or encrypted) beside the size; its result
 * counts where the size differs. */
static bool begin_inner(vbo_document_check *document, vbo_error *err) {
  rewriting how = rewriting_of(document->suffix);
  document->inner_begun = true;
  if (how != REWRITTEN_ZIP && how != REWRITTEN_COMPOUND) return true;
  if (document->inner == NULL) document->inner = vbo_format_check_new("zip|msg", err);
  return document->inner != NULL;
}

bool vbo_document_check_add(vbo_document_check *document, const void *bytes, size_t size,
                            vbo_error *err) {
  size_t keep = BEGINNING - document->begun < size ? BEGINNING - document->begun : size;
  memcpy(document->begin + document->begun, bytes, keep);
  document->begun += keep;
  document->size += (int64_t)size;
  /* Fails early, so that an endless stream does not fill the disk before its end is judged. */
  if (document->listed >= 0 && document->size - document->listed > bound(document))
    return wrong_size(document, err);
  if (!document->inner_begun && !begin_inner(document, err)) return false;
  vbo_error ignored = {0};
  /* A failure is only noted: the size may still turn out to be the listed one. */
  if (document->inner != NULL && !document->inner_failed)
    document->inner_failed = !vbo_format_check_add(document->inner, bytes, size, &ignored);
  return true;
}

/* ---------------------------------------------------------------- life span */

vbo_document_check *vbo_document_check_new(vbo_error *err) {
  vbo_document_check *document = calloc(1, sizeof *document);
  if (document == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  document->listed = -1;
  document->made = "";
  return document;
}

void vbo_document_check_expect(vbo_document_check *document, const char *name, int64_t size) {
  document->listed = size;
  if (name == NULL) return;
  vbo_text_clean(document->name, sizeof document->name, name, strlen(name));
  const char *dot = strrchr(name, '.');
  /* A name that begins with its only dot (".profile") has no suffix. */
  if (dot == NULL || dot == name || strlen(dot + 1) >= SUFFIX) return;
  size_t at = 0;
  for (; dot[1 + at] != '\0'; at++)
    document->suffix[at] = vbo_ascii_lower(dot[1 + at]);
  document->suffix[at] = '\0';
}

void vbo_document_check_type(vbo_document_check *document, const char *type) {
  (void)snprintf(document->type, sizeof document->type, "%s", type != NULL ? type : "");
}

/* The listing (name, size) describes the document, not the attempt, so that it stays. */
void vbo_document_check_reset(vbo_document_check *document) {
  document->begun = 0;
  document->size = 0;
  document->inner_begun = document->inner_failed = false;
  if (document->inner != NULL) vbo_format_check_reset(document->inner);
}

const char *vbo_document_check_made(const vbo_document_check *document) {
  return document->made;
}

const char *vbo_document_check_missed(const vbo_document_check *document) {
  return document->missed;
}

void vbo_document_check_free(vbo_document_check *document) {
  if (document == NULL) return;
  vbo_format_check_free(document->inner);
  free(document);
}
