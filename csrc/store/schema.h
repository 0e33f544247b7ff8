/* schema.h: the tables of a journal, one list of statements a format. */
#ifndef VBO_SCHEMA_H
#define VBO_SCHEMA_H

#include "store/journal.h"

/* Checks that the file is empty or a journal of a known format, and changes nothing. */
bool vbo_schema_known(vbo_journal *journal, vbo_error *err);
/* Brings the file to the format of this version, in one transaction; makes its tables when it has
 * none.  Checks that it is whole. */
bool vbo_schema_prepare(vbo_journal *journal, vbo_error *err);

#endif
