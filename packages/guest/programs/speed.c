/* speed instructions|trap|fault|exec: does one thing many times, and prints nanoseconds of CPU time for each. */
#include "start.h"
enum { SYS_getrusage = 77 };
enum { INSTRUCTIONS = 200000000, TRAPS = 200000, FAULTS = 65536, PROGRAMS = 200 };
/* Microseconds that this process and those that it waited for have used. */
static u64 used(void) {
  u64 sum = 0;
  for (int who = -1; who <= 0; who++) {
    u32 usage[18];
    CALL2(SYS_getrusage, who, usage);
    sum += (u64)(usage[0] + usage[2]) * 1000000 + usage[1] + usage[3];
  }
  return sum;
}
static void instructions(void) {
  u32 left = INSTRUCTIONS / 8, a = 1, b = 2;
  __asm__ volatile(
      "1: add %1, %2\n\txor %2, %1\n\trol $3, %1\n\tlea 7(%1,%2), %2\n\tsub $5, %1\n\tand $0x7fffffff, %2\n\tdec %0\n\tjnz 1b"
      : "+r"(left), "+r"(a), "+r"(b));
}
static void traps(void) {
  for (int i = 0; i < TRAPS; i++) CALL0(SYS_getpid);
}
static void faults(void) {
  enum { PAGES = 1024 };
  for (int i = 0; i < FAULTS / PAGES; i++) {
    volatile char *memory = map(PAGES * 4096, 2);
    if (!memory) leave(1);
    for (int page = 0; page < PAGES; page++) memory[page * 4096] = 1;
    CALL2(SYS_munmap, memory, PAGES * 4096);
  }
}
static void programs(char *self) {
  char *arguments[] = {self, "nothing", 0};
  for (int i = 0; i < PROGRAMS; i++) {
    int status = 1, child = CALL0(SYS_fork);
    if (child == 0) {
      CALL3(SYS_execve, self, arguments, arguments + 2);
      leave(1);
    }
    call6(SYS_wait4, (u32)child, (u32)&status, 0, 0, 0, 0);
    if (status != 0) leave(1);
  }
}
int program(int argc, char **argv) {
  char what = argc > 1 ? argv[1][0] : 0;
  u32 count = what == 'i' ? INSTRUCTIONS : what == 't' ? TRAPS : what == 'f' ? FAULTS : PROGRAMS;
  if (what == 'n') return 0;
  u64 before = used();
  if (what == 'i') instructions();
  else if (what == 't') traps();
  else if (what == 'f') faults();
  else if (what == 'e') programs(argv[0]);
  else return 2;
  /* In hundredths of a nanosecond; the quotient fits 32 bits. */
  u64 spent = (used() - before) * 1000;
  u32 whole, rest;
  __asm__("divl %4" : "=a"(whole), "=d"(rest) : "a"((u32)spent), "d"((u32)(spent >> 32)), "r"(count));
  say_number(whole);
  say(".");
  u32 hundredths = (u32)(rest / (count / 100 + 1));
  say_number(hundredths / 10);
  say_number(hundredths % 10);
  say("\n");
  return 0;
}
