/* open.h: how a journal's file is found, checked and opened. */
#ifndef VBO_OPEN_H
#define VBO_OPEN_H

#include "store/journal.h"

/* Opens the file, which is made when it is missing; a NULL path is a journal in memory.  NOT_FOUND
 * for a missing file that is to be read only, otherwise JOURNAL; USAGE when it is open. */
bool vbo_journal_start(vbo_journal *journal, const char *path, bool read_only, vbo_error *err);

#endif
