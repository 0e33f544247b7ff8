/* terminal.c: see terminal.h.
 *
 * /dev/tty rather than standard input, which may be a pipe with the runbook's data. */
#include "base/terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/disk.h"

struct vbo_terminal {
  int fd;
  struct termios before;
};

vbo_terminal *vbo_terminal_open(void) {
  vbo_terminal *terminal = malloc(sizeof *terminal);
  if (terminal == NULL) return NULL;
  terminal->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal->fd >= 0 && tcgetattr(terminal->fd, &terminal->before) == 0) {
    struct termios quiet = terminal->before;
    /* Without ISIG a Ctrl-C reaches us as a byte: a process that a signal ends
     * here would leave the terminal without echo. */
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    /* TCSAFLUSH drops what was typed before the prompt. */
    if (tcsetattr(terminal->fd, TCSAFLUSH, &quiet) == 0) return terminal;
  }
  if (terminal->fd >= 0) close(terminal->fd);
  free(terminal);
  return NULL;
}

void vbo_terminal_write(vbo_terminal *terminal, const char *text) {
  vbo_file_write(terminal->fd, text, strlen(text));
}

int vbo_terminal_key(vbo_terminal *terminal) {
  unsigned char byte = 0;
  return vbo_file_read(terminal->fd, &byte, 1) == 1 ? byte : -1;
}

/* Restores the terminal. TCSAFLUSH drops keys typed behind Enter, which must not reach a shell as a
 * command. */
void vbo_terminal_close(vbo_terminal *terminal) {
  tcsetattr(terminal->fd, TCSAFLUSH, &terminal->before);
  close(terminal->fd);
  free(terminal);
}
