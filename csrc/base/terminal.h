/* terminal.h: the terminal of this process, for typing a secret. */
#ifndef VBO_TERMINAL_H
#define VBO_TERMINAL_H

typedef struct vbo_terminal vbo_terminal;

/* Opens /dev/tty without echo, keys as they come, Ctrl-C as a byte.  NULL when there is none. */
vbo_terminal *vbo_terminal_open(void);
void vbo_terminal_write(vbo_terminal *terminal, const char *text);
/* Returns the next byte; -1 at the end. */
int vbo_terminal_key(vbo_terminal *terminal);
/* Restores the terminal as it was. */
void vbo_terminal_close(vbo_terminal *terminal);

#endif
