/* Says what it was called with. */
#include "start.h"
int program(int argc, char **argv) {
  say("hello from ring 3:");
  for (int i = 0; i < argc; i++) {
    say(" ");
    say(argv[i]);
  }
  say("\n");
  return argc - 1;
}
