/* replay.c: runs a fuzz target over files, where no libFuzzer does.
 *   NAME FILE… */
#include <signal.h>
#include <unistd.h>

#include "fuzz.h"

static const char *current = "";

static void on_abort(int signal_number) {
  (void)signal_number;
  if (write(2, current, strlen(current)) < 0 || write(2, "\n", 1) < 0) _exit(2);
}

int main(int argc, char **argv) {
  signal(SIGABRT, on_abort); /* which input it was; then it goes on to abort */
  for (int i = 1; i < argc; i++) {
    current = argv[i];
    FILE *file = fopen(argv[i], "rb");
    if (file == NULL) {
      perror(argv[i]);
      return 1;
    }
    static uint8_t bytes[1 << 20];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    uint8_t *input = malloc(size + (size == 0));
    if (input == NULL) return 1;
    memcpy(input, bytes, size);
    LLVMFuzzerTestOneInput(input, size);
    free(input);
  }
  printf("%d inputs\n", argc - 1);
  return argc > 1 ? 0 : 1;
}
