/*
 * malloc and free of the C library, or of whatever is preloaded, on the patterns of the simulated kernel's slab rows.
 * Usage: malloc lifo|fifo|random; prints nanoseconds of CPU time per pair of calls. Compile with -fno-builtin.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OBJECT = 128, BATCH = 1000, LIVE = 131072, PAIRS = 4000000 };
static void *held[LIVE];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void lifo(void) {
  for (int i = 0; i < PAIRS; i++) free(malloc(OBJECT));
}

static void fifo(void) {
  for (int done = 0; done < PAIRS; done += BATCH) {
    for (int i = 0; i < BATCH; i++) held[i] = malloc(OBJECT);
    for (int i = 0; i < BATCH; i++) free(held[i]);
  }
}

static void random_order(void) {
  uint32_t state = 1;
  for (int i = 0; i < PAIRS; i++) {
    state = state * 1664525 + 1013904223;
    uint32_t slot = state >> 15;
    free(held[slot]);
    held[slot] = malloc(OBJECT);
  }
}

int main(int argc, char **argv) {
  void (*run)(void) = 0;
  if (argc > 1 && !strcmp(argv[1], "lifo")) run = lifo;
  if (argc > 1 && !strcmp(argv[1], "fifo")) run = fifo;
  if (argc > 1 && !strcmp(argv[1], "random")) run = random_order;
  if (!run) {
    fprintf(stderr, "malloc: unknown row\n");
    return 2;
  }
  if (run == random_order)
    for (int i = 0; i < LIVE; i++) held[i] = malloc(OBJECT);
  run();
  double t = now();
  run();
  printf("%.2f\n", (now() - t) / PAIRS);
  return 0;
}
