/*
 * The host kernel's side of the bench: the same operations as the simulated machine's, with CPU time per operation.
 * Usage: host <row>; prints nanoseconds of CPU time per operation. Compiled on the spot: cc -O2 host.c -o host
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static char *map(unsigned long pages) {
  char *p = mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  return p;
}

static void touch(volatile char *p, unsigned long pages, int write) {
  for (unsigned long i = 0; i < pages; i++) {
    if (write) p[i * PAGE] = 1;
    else (void)p[i * PAGE];
  }
}

#define COLD_PAGES 65536UL
#define SMALL_PAGES 16384UL

static double fault_cold(void) {
  char *p = map(COLD_PAGES);
  double t = now();
  touch(p, COLD_PAGES, 1);
  return (now() - t) / COLD_PAGES;
}

static double fault_hot(void) {
  enum { ROUNDS = 1000, PAGES = 64 };
  double t = now();
  for (int r = 0; r < ROUNDS; r++) {
    char *p = map(PAGES);
    touch(p, PAGES, 1);
    munmap(p, PAGES * PAGE);
  }
  return (now() - t) / (ROUNDS * PAGES);
}

static double fault_read(void) {
  char *p = map(COLD_PAGES);
  double t = now();
  touch(p, COLD_PAGES, 0);
  return (now() - t) / COLD_PAGES;
}

static double zap(void) {
  char *p = map(COLD_PAGES);
  touch(p, COLD_PAGES, 1);
  double t = now();
  munmap(p, COLD_PAGES * PAGE);
  return (now() - t) / COLD_PAGES;
}

/* Runs `work` in a child that shares the pages of p; its CPU time comes back through a pipe. */
static double in_child(char *p, int parent_keeps, double (*work)(char *)) {
  int fd[2];
  double result = 0;
  if (pipe(fd)) exit(1);
  pid_t pid = fork();
  if (pid == 0) {
    double d = work(p);
    if (write(fd[1], &d, sizeof d) != sizeof d) _exit(1);
    _exit(0);
  }
  (void)parent_keeps;
  if (read(fd[0], &result, sizeof result) != sizeof result) exit(1);
  waitpid(pid, 0, 0);
  return result;
}

static double write_all(char *p) {
  double t = now();
  touch(p, SMALL_PAGES, 1);
  return (now() - t) / SMALL_PAGES;
}

static double cow_copy(void) {
  char *p = map(SMALL_PAGES);
  touch(p, SMALL_PAGES, 1);
  return in_child(p, 1, write_all);
}

static double cow_reuse(void) {
  char *p = map(SMALL_PAGES);
  touch(p, SMALL_PAGES, 1);
  pid_t pid = fork();
  if (pid == 0) _exit(0);
  waitpid(pid, 0, 0);
  return write_all(p);
}

static double fork_page(void) {
  enum { ROUNDS = 8 };
  char *p = map(SMALL_PAGES);
  touch(p, SMALL_PAGES, 1);
  double sum = 0;
  for (int r = 0; r < ROUNDS; r++) {
    double t = now();
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    sum += now() - t;
    waitpid(pid, 0, 0);
  }
  return sum / ROUNDS / SMALL_PAGES;
}

static double map_unmap(void) {
  enum { N = 100000 };
  double t = now();
  for (int i = 0; i < N; i++) munmap(map(1), PAGE);
  return (now() - t) / N;
}

static double mprotect_split(void) {
  enum { N = 20000 };
  char *p = map(2 * N + 2);
  double t = now();
  for (int i = 0; i < N; i++) mprotect(p + (2 * i + 1) * PAGE, PAGE, PROT_READ);
  return (now() - t) / N;
}

static double mremap_move(void) {
  enum { N = 100000 };
  char *a = map(1), *room = map(64);
  a[0] = 1;
  munmap(room, 64 * PAGE);
  double t = now();
  for (int i = 0; i < N; i++) a = mremap(a, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room + (i & 1) * 8 * PAGE);
  return (now() - t) / N;
}

static double brk_grow(void) {
  enum { N = 2000 };
  char *b = sbrk(0);
  double t = now();
  for (int i = 1; i <= N; i++) syscall(SYS_brk, b + i * PAGE);
  for (int i = N - 1; i >= 0; i--) syscall(SYS_brk, b + i * PAGE);
  return (now() - t) / (2 * N);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    double (*run)(void);
  } rows[] = {{"fault-cold", fault_cold}, {"fault-hot", fault_hot},     {"fault-read", fault_read},
              {"zap", zap},               {"cow-copy", cow_copy},       {"cow-reuse", cow_reuse},
              {"fork", fork_page},        {"mmap-munmap", map_unmap},   {"mprotect", mprotect_split},
              {"mremap", mremap_move},    {"brk", brk_grow}};
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  for (unsigned i = 0; argc > 1 && i < sizeof rows / sizeof *rows; i++) {
    if (!strcmp(argv[1], rows[i].name)) {
      printf("%.2f\n", rows[i].run());
      return 0;
    }
  }
  fprintf(stderr, "host: unknown row\n");
  return 2;
}
