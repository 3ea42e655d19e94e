/* malloc, realloc and free in disorder; every block keeps its bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
enum { BLOCKS = 600, STEPS = 8000 };
static struct { unsigned char *at; size_t size; unsigned char byte; } blocks[BLOCKS];
static unsigned state = 99;
static unsigned next(void) { return (state = state * 1103515245u + 12345u) >> 8; }
int main(void) {
  unsigned long long total = 0;
  unsigned wrong = 0;
  for (int step = 0; step < STEPS; step++) {
    int i = (int)(next() % BLOCKS);
    for (size_t j = 0; j < blocks[i].size; j += 509) wrong += blocks[i].at[j] != blocks[i].byte;
    size_t size = next() % 64 == 0 ? next() % 400000 : next() % 30000;
    if (next() % 3 == 0) {
      free(blocks[i].at);
      blocks[i].at = NULL;
      blocks[i].size = 0;
      continue;
    }
    blocks[i].at = realloc(blocks[i].at, size + 1);
    if (!blocks[i].at) return 1;
    blocks[i].size = size;
    blocks[i].byte = (unsigned char)next();
    memset(blocks[i].at, blocks[i].byte, size);
    total += size;
  }
  printf("%llu bytes, %u wrong\n", total, wrong);
  return wrong != 0;
}
