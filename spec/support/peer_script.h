/* peer_script.h: the script of peer.c, read.  Included by peer.c alone; the
 * language is described there. */
#ifndef PEER_SCRIPT_H
#define PEER_SCRIPT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RULES = 1024, MOST_STEPS = 32, MOST_CHANGES = 32, LONGEST = 1 << 16 };

typedef struct step {
  char verb[12];
  char *text; /* with its escapes resolved */
  size_t size;
  long number;
} step;

typedef struct rule {
  char method[12];
  char *path;
  char *bearer;
  char *body;
  long left; /* -1: any number */
  step steps[MOST_STEPS];
  size_t count;
} rule;

typedef struct change {
  int from;
  char what[16];
  char kind[16];
} change;

static rule rules[MOST_RULES];
static size_t rule_count;
static change changes[MOST_CHANGES];
static size_t change_count;
static char token_name[64];
static long token_seconds;

static void die(const char *what) {
  fprintf(stderr, "peer: %s\n", what);
  exit(2);
}

static char *unescape(const char *text, size_t *size) {
  char *out = malloc(strlen(text) + 1);
  char *to = out;
  if (out == NULL) die("out of memory");
  for (; *text != '\0'; text++) {
    if (*text != '\\' || text[1] == '\0') {
      *to++ = *text;
      continue;
    }
    switch (*++text) {
      case 'r':
        *to++ = '\r';
        break;
      case 'n':
        *to++ = '\n';
        break;
      case 't':
        *to++ = '\t';
        break;
      case '0':
        *to++ = '\0';
        break;
      case 'x': {
        char hex[3] = {text[1], text[1] != '\0' ? text[2] : '\0', '\0'};
        *to++ = (char)strtol(hex, NULL, 16);
        text += 2;
        break;
      }
      default:
        *to++ = *text;
    }
  }
  *to = '\0';
  *size = (size_t)(to - out);
  return out;
}

static char *word(char **at) {
  char *start = *at + strspn(*at, " \t");
  char *end = start + strcspn(start, " \t");
  *at = *end == '\0' ? end : end + 1;
  *end = '\0';
  return start;
}

static void parse_rule(char *at) {
  if (rule_count == MOST_RULES) die("too many rules");
  rule *r = &rules[rule_count++];
  snprintf(r->method, sizeof r->method, "%s", word(&at));
  r->path = strdup(word(&at));
  r->left = -1;
  for (char *key = word(&at); *key != '\0'; key = word(&at)) {
    if (strcmp(key, "times") == 0)
      r->left = atol(word(&at));
    else if (strcmp(key, "bearer") == 0)
      r->bearer = strdup(word(&at));
    else if (strcmp(key, "body") == 0)
      r->body = strdup(word(&at));
    else
      die("unknown word after `on`");
  }
}

static void parse_step(char *verb, char *at) {
  static const char *const verbs[] = {"send",   "line",   "header",  "json",  "text",  "empty",
                                      "file",   "bytes",  "pieces",  "pause", "close", "cut",
                                      "reset",  "hang",   "numbers", "alert", "lie",   "drip",
                                      "chunks", "strike", "wire",    "hold",  "until"};
  bool known = false;
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    known |= strcmp(verbs[i], verb) == 0;
  if (!known) {
    fprintf(stderr, "peer: unknown directive: %s\n", verb);
    exit(2);
  }
  if (rule_count == 0) die("a step before the first `on`");
  rule *r = &rules[rule_count - 1];
  if (r->count == MOST_STEPS) die("too many steps");
  step *s = &r->steps[r->count++];
  snprintf(s->verb, sizeof s->verb, "%s", verb);
  if (strcmp(verb, "json") == 0 || strcmp(verb, "text") == 0 || strcmp(verb, "empty") == 0 ||
      strcmp(verb, "file") == 0 || strcmp(verb, "numbers") == 0 || strcmp(verb, "strike") == 0 ||
      strcmp(verb, "wire") == 0)
    s->number = atol(word(&at));
  else
    s->number = atol(at);
  s->text = unescape(at, &s->size);
}

static void parse(FILE *script) {
  static char text[LONGEST];
  while (fgets(text, sizeof text, script) != NULL) {
    text[strcspn(text, "\r\n")] = '\0';
    char *at = text + strspn(text, " \t");
    if (*at == '\0' || *at == '#') continue;
    char *verb = word(&at);
    if (strcmp(verb, "on") == 0) {
      parse_rule(at);
    } else if (strcmp(verb, "token") == 0) {
      snprintf(token_name, sizeof token_name, "%s", word(&at));
      token_seconds = atol(word(&at));
    } else if (strcmp(verb, "connection") == 0) {
      if (change_count == MOST_CHANGES) die("too many changes");
      change *c = &changes[change_count++];
      c->from = atoi(word(&at));
      snprintf(c->what, sizeof c->what, "%s", word(&at));
      snprintf(c->kind, sizeof c->kind, "%s", word(&at));
    } else {
      parse_step(verb, at);
    }
  }
}

#endif
