/* hog [MiB]: takes memory, page by page, until there is no more, or so much. */
#include "start.h"
int program(int argc, char **argv) {
  u32 most = argc > 1 ? number(argv[1]) : 3000;
  for (u32 taken = 0; taken < most; taken++) {
    volatile u32 *piece = map(1 << 20, 2);
    if (!piece) {
      say("no address space after ");
      say_number(taken);
      say(" MiB\n");
      return 3;
    }
    for (u32 i = 0; i < 256; i++) piece[i * 1024] = taken * 256 + i;
  }
  say("took ");
  say_number(most);
  say(" MiB\n");
  return 0;
}
