/*
 * LRU and Clock of libCacheSim's shape: a request is filled for each reference, objects of 64-bit numbers are found in a hash
 * table with chains, and each is malloc'ed and on a doubly linked list; the policy is called through pointers.
 *
 *   replay lru | clock                      CPU nanoseconds for one reference of the bench's trace, and the share that missed
 *   replay lru | clock PAGES FRAMES COUNT   the same of another trace
 *   replay cpu PROGRAM ARGUMENTS            runs a program; afterwards prints the CPU nanoseconds that it took
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

struct request {
  int64_t time;
  uint64_t hash;
  uint64_t id;
  int64_t size;
};

struct object {
  struct object *chain;
  uint64_t id;
  int64_t size;
  struct object *prev, *next;
  int32_t uses;
};

struct cache {
  struct object **table;
  uint64_t mask;
  struct object *head, *tail;
  int64_t used, size;
  void (*hit)(struct cache *, struct object *);
  void (*evict)(struct cache *);
};

static uint64_t hash_of(uint64_t id) {
  id = (id ^ (id >> 33)) * 0xff51afd7ed558ccdull;
  id = (id ^ (id >> 33)) * 0xc4ceb9fe1a85ec53ull;
  return id ^ (id >> 33);
}

static void unlink_object(struct cache *c, struct object *o) {
  if (o->prev) o->prev->next = o->next;
  else c->head = o->next;
  if (o->next) o->next->prev = o->prev;
  else c->tail = o->prev;
}

static void prepend(struct cache *c, struct object *o) {
  o->prev = NULL;
  o->next = c->head;
  if (c->head) c->head->prev = o;
  else c->tail = o;
  c->head = o;
}

static void drop(struct cache *c, struct object *o) {
  unlink_object(c, o);
  struct object **at = &c->table[hash_of(o->id) & c->mask];
  while (*at != o) at = &(*at)->chain;
  *at = o->chain;
  c->used -= o->size;
  free(o);
}

static void lru_hit(struct cache *c, struct object *o) {
  if (c->head == o) return;
  unlink_object(c, o);
  prepend(c, o);
}

static void lru_evict(struct cache *c) { drop(c, c->tail); }

static void clock_hit(struct cache *c, struct object *o) {
  (void)c;
  if (o->uses < 1) o->uses++;
}

static void clock_evict(struct cache *c) {
  struct object *o;
  while ((o = c->tail)->uses > 0) {
    o->uses--;
    unlink_object(c, o);
    prepend(c, o);
  }
  drop(c, o);
}

static bool get(struct cache *c, const struct request *r) {
  struct object **bucket = &c->table[r->hash & c->mask];
  for (struct object *o = *bucket; o; o = o->chain) {
    if (o->id == r->id) {
      c->hit(c, o);
      return true;
    }
  }
  while (c->used + r->size > c->size) c->evict(c);
  struct object *o = malloc(sizeof *o);
  *o = (struct object){.id = r->id, .size = r->size, .chain = *bucket};
  *bucket = o;
  prepend(c, o);
  c->used += r->size;
  return false;
}

static uint32_t state = 1;

static uint32_t below(uint32_t n) {
  uint32_t z = state += 0x9e3779b9;
  z = (z ^ (z >> 16)) * 0x85ebca6b;
  z = (z ^ (z >> 13)) * 0xc2b2ae35;
  return (z ^ (z >> 16)) % n;
}

static uint32_t zipf(uint32_t pages) {
  uint32_t octave = 1u << below(32 - __builtin_clz(pages));
  uint32_t rank = octave - 1 + below(octave);
  if (rank >= pages) rank = below(pages);
  return rank * 2654435761u % pages;
}

static int policy(bool lru, uint32_t pages, int64_t frames, int64_t count) {
  uint32_t *trace = malloc(count * sizeof *trace);
  for (int64_t i = 0; i < count; i++) trace[i] = zipf(pages);
  uint64_t buckets = 1;
  while (buckets < (uint64_t)frames) buckets *= 2;
  double spent = 0;
  int64_t misses = 0;
  for (int round = 0; round < 2; round++) {
    struct cache c = {.mask = buckets - 1, .size = frames};
    c.table = calloc(buckets, sizeof *c.table);
    c.hit = lru ? lru_hit : clock_hit;
    c.evict = lru ? lru_evict : clock_evict;
    misses = 0;
    double start = now();
    for (int64_t i = 0; i < count; i++) {
      struct request r = {.time = i, .id = trace[i] + 1, .size = 1};
      r.hash = hash_of(r.id);
      if (!get(&c, &r)) misses++;
    }
    spent = now() - start;
    while (c.head) drop(&c, c.head);
    free(c.table);
  }
  printf("%f %.12f\n", spent / count, (double)misses / count);
  return 0;
}

static int cpu(char **command) {
  pid_t child = fork();
  if (child == 0) {
    execv(command[0], command);
    _exit(127);
  }
  int status;
  struct rusage used;
  if (child < 0 || wait4(child, &status, 0, &used) < 0 || status != 0) return 1;
  double seconds = used.ru_utime.tv_sec + used.ru_stime.tv_sec;
  double micros = used.ru_utime.tv_usec + used.ru_stime.tv_usec;
  printf("\n%f\n", seconds * 1e9 + micros * 1e3);
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 2 && strcmp(argv[1], "cpu") == 0) return cpu(argv + 2);
  bool lru = argc > 1 && strcmp(argv[1], "lru") == 0;
  if (!lru && (argc < 2 || strcmp(argv[1], "clock") != 0)) return 2;
  if (argc == 5) return policy(lru, atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
  return policy(lru, 524288, 131072, 5000000);
}
