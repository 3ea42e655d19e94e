/* touch MiB PATTERN ROUNDS: writes a word to each page of a mapping, and reads all back.
   Patterns: forward, backward, stride, random. Exit code 1: a page had the wrong word. */
#include "start.h"
static u32 place(char pattern, u32 i, u32 pages, u32 *state) {
  if (pattern == 'b') return pages - 1 - i;
  if (pattern == 's') return i * 67 % pages;
  if (pattern == 'r') return xorshift(state) % pages;
  return i;
}
int program(int argc, char **argv) {
  u32 pages = (argc > 1 ? number(argv[1]) : 4) * 256;
  char pattern = argc > 2 ? argv[2][0] : 'f';
  u32 rounds = argc > 3 ? number(argv[3]) : 1;
  volatile u32 *memory = map(pages * 4096, 2);
  if (!memory) return 2;
  u32 state = 2463534242u;
  for (u32 round = 0; round < rounds; round++)
    for (u32 i = 0; i < pages; i++) {
      u32 page = place(pattern, i, pages, &state);
      memory[page * 1024 + page % 1024] = page ^ 0x5eed0000;
    }
  u32 wrong = 0, touched = 0;
  for (u32 page = 0; page < pages; page++) {
    u32 word = memory[page * 1024 + page % 1024];
    if (word == 0 && pattern == 'r') continue;
    if (word != (page ^ 0x5eed0000)) wrong++;
    touched++;
  }
  say_number(touched);
  say(" pages touched, ");
  say_number(wrong);
  say(" wrong\n");
  return wrong != 0;
}
