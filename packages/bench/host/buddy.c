/*
 * Own C programs of the simulated machine's shape: a binary buddy over arrays, and a two-level page walk behind a direct
 * mapped TLB that a walk by page strides always misses. Usage: buddy <row>; prints nanoseconds of CPU time per operation.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

enum { PAGES = 262144, ORDERS = 10 };
static int32_t next_of[PAGES + ORDERS], prev_of[PAGES + ORDERS];
static uint8_t order_of[PAGES];

static void add(int page, int head) {
  int first = next_of[head];
  prev_of[first] = page;
  next_of[page] = first;
  prev_of[page] = head;
  next_of[head] = page;
}

static void del(int page) {
  next_of[prev_of[page]] = next_of[page];
  prev_of[next_of[page]] = prev_of[page];
}

static void put_block(int page, int order) {
  while (order < ORDERS - 1) {
    int buddy = page ^ (1 << order);
    if (buddy >= PAGES || order_of[buddy] != order + 1) break;
    del(buddy);
    order_of[buddy] = 0;
    page &= ~(1 << order);
    order++;
  }
  order_of[page] = order + 1;
  add(page, PAGES + order);
}

static int get_block(int order) {
  for (int o = order; o < ORDERS; o++) {
    int page = next_of[PAGES + o];
    if (page >= PAGES) continue;
    del(page);
    order_of[page] = 0;
    while (o > order) {
      o--;
      order_of[page] = o + 1;
      add(page, PAGES + o);
      page += 1 << o;
    }
    return page;
  }
  return 0;
}

static uint32_t state = 1;
static uint32_t rnd(void) {
  uint32_t z = (state += 0x9e3779b9);
  z = (z ^ (z >> 16)) * 0x85ebca6b;
  z = (z ^ (z >> 13)) * 0xc2b2ae35;
  return z ^ (z >> 16);
}

static double buddy(void) {
  enum { LIVE = 65536, OPS = 4000000 };
  static int page[LIVE];
  static uint8_t order[LIVE];
  for (int o = 0; o < ORDERS; o++) next_of[PAGES + o] = prev_of[PAGES + o] = PAGES + o;
  for (int p = 1; p < PAGES; p++) put_block(p, 0);
  double t = now();
  for (int i = 0; i < OPS; i++) {
    uint32_t r = rnd();
    int slot = r & (LIVE - 1);
    if (page[slot]) {
      put_block(page[slot], order[slot]);
      page[slot] = 0;
    } else {
      order[slot] = (r >> 24) < 230 ? 0 : (r >> 20) & 3;
      page[slot] = get_block(order[slot]);
    }
  }
  return (now() - t) / OPS;
}

enum { WALK_PAGES = 16384 };
static uint32_t *ram;

static void build_tables(void) {
  ram = calloc(1024 * 64 + WALK_PAGES * 4, 4);
  for (int i = 0; i < WALK_PAGES / 1024; i++) {
    ram[i] = (uint32_t)(i + 1) << 12 | 7;
    for (int j = 0; j < 1024; j++) ram[(i + 1) * 1024 + j] = (uint32_t)(i * 1024 + j) << 12 | 7;
  }
}

enum { TLB_ENTRIES = 1024 };
static uint32_t tags[2 * TLB_ENTRIES], bases[TLB_ENTRIES], epoch = 2;
static double clock_ns, walks;

static int32_t miss(uint32_t va) {
  clock_ns += 20;
  walks += 1;
  uint32_t pde = ram[va >> 22];
  if (!(pde & 1) || pde & 0x80) return -1;
  if (!(pde & 0x20)) ram[va >> 22] = pde | 0x20;
  uint32_t at = (pde >> 12) * 1024 + (va >> 12 & 1023), pte = ram[at];
  if (!(pte & 1) || !(pde & pte & 4)) return -1;
  if (!(pte & 0x20)) ram[at] = pte |= 0x20;
  uint32_t i = va >> 12 & (TLB_ENTRIES - 1), tag = (va & ~4095u) | epoch;
  tags[i] = tag;
  tags[i + TLB_ENTRIES] = pde & pte & 2 && pte & 0x40 ? tag : 0;
  return bases[i] = (pte >> 12) * 1024;
}

static double walk(void) {
  enum { OPS = 20000000 };
  uint32_t sum = 0;
  build_tables();
  double t = now();
  for (int i = 0; i < OPS; i++) {
    uint32_t va = (uint32_t)i << 12 & (WALK_PAGES * 4096u - 1), at = va >> 12 & (TLB_ENTRIES - 1);
    sum += tags[at] == ((va & ~4095u) | epoch) ? bases[at] : (uint32_t)miss(va);
  }
  double d = (now() - t) / OPS;
  fprintf(stderr, "%u %g %g\n", sum, clock_ns, walks);
  return d;
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "buddy")) printf("%.2f\n", buddy());
  else if (argc > 1 && !strcmp(argv[1], "walk")) printf("%.2f\n", walk());
  else {
    fprintf(stderr, "buddy: unknown row\n");
    return 2;
  }
  return 0;
}
