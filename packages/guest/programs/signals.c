/* signals: what handlers are told, who interrupts whom, timers, and calls that wait for several things. Prints a line for each failure. */
#include "start.h"
enum {
  SYS_waitpid = 7, SYS_alarm = 27, SYS_pause = 29, SYS_setitimer = 104, SYS_getitimer = 105, SYS_select = 142,
  SYS_getrusage = 77, SYS_rt_sigaction = 174, SYS_rt_sigprocmask = 175, SYS_rt_sigpending = 176, SYS_rt_sigtimedwait = 177,
  SYS_rt_sigqueueinfo = 178, SYS_rt_sigsuspend = 179, SYS_sigaltstack = 186, SYS_waitid = 284, SYS_pselect6 = 308,
  SYS_ppoll = 309, SYS_prlimit64 = 340, SYS_times = 43, SYS_getpriority = 96, SYS_setpriority = 97, SYS_prctl = 172,
  SYS_sched_getaffinity = 242, SYS_clock_nanosleep = 267
};
enum { SIGINFO = 4, ONSTACK = 0x08000000, RESTART = 0x10000000, NODEFER = 0x40000000, RESETHAND = (int)0x80000000 };
static int failures;
static void check(int good, const char *what) {
  if (good) return;
  failures++;
  say("FAILED: ");
  say(what);
  say("\n");
}
typedef struct { int signo, error, code; u32 words[29]; } info_t;
struct action { void *handler; u32 flags; void *restorer; u32 mask[2]; };
static volatile int calls, order[16];
static info_t told;
static volatile u32 stack_at;
static void on_info(int signal, info_t *info, u32 *context) {
  (void)context;
  if (calls < 16) order[calls] = signal;
  calls++;
  told = *info;
  stack_at = (u32)__builtin_frame_address(0);
}
static void handle(int signal, void *handler, int flags) {
  struct action action = {handler, (u32)flags, 0, {0, 0}};
  check(call6(SYS_rt_sigaction, (u32)signal, (u32)&action, 0, 8, 0, 0) == 0, "rt_sigaction");
  calls = 0;
}
static void mask(int how, u32 low, u32 high) {
  u32 set[2] = {low, high};
  call6(SYS_rt_sigprocmask, (u32)how, (u32)set, 0, 8, 0, 0);
}
#define BIT(signal) (1u << ((signal) - 1))
static void nap(u32 milliseconds) {
  u32 time[2] = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  CALL2(SYS_nanosleep, time, 0);
}
static int self;
static int queue(int pid, int signal, u32 value) {
  info_t info = {0, 0, -1, {(u32)self, 0, value}};
  return CALL3(SYS_rt_sigqueueinfo, pid, signal, &info);
}
static int wait_for(int pid) {
  int status = -1;
  check(call6(SYS_wait4, (u32)pid, (u32)&status, 0, 0, 0, 0) == pid, "wait4");
  return status;
}

static void telling(void) {
  handle(10, on_info, SIGINFO);
  CALL2(SYS_kill, self, 10);
  check(calls == 1 && told.signo == 10 && told.code == 0 && told.words[0] == (u32)self, "kill tells who");
  call3(270, (u32)self, (u32)self, 10);
  check(calls == 2 && told.code == -6, "tgkill");
  handle(11, on_info, SIGINFO | RESETHAND);
  int pid = CALL0(SYS_fork);
  if (pid == 0) {
    *(volatile u32 *)0x1234 = 0;
    leave(1);
  }
  check(wait_for(pid) == 11, "the second fault is not handled");
  handle(17, on_info, SIGINFO);
  pid = CALL0(SYS_fork);
  if (pid == 0) leave(3);
  while (!calls) nap(1);
  check(told.signo == 17 && told.code == 1 && told.words[0] == (u32)pid && told.words[2] == 3, "SIGCHLD: exited");
  check(wait_for(pid) == 3 << 8, "wait");
  calls = 0;
  pid = CALL0(SYS_fork);
  if (pid == 0) for (;;) nap(100000);
  CALL2(SYS_kill, pid, 9);
  while (!calls) nap(1);
  check(told.code == 2 && told.words[2] == 9, "SIGCHLD: killed");
  info_t info;
  check(call6(SYS_waitid, 1, (u32)pid, (u32)&info, 0x01000004, 0, 0) == 0 && info.code == 2 && info.words[2] == 9, "waitid looks");
  check(call6(SYS_waitid, 1, (u32)pid, (u32)&info, 4, 0, 0) == 0 && info.words[0] == (u32)pid, "waitid");
  check(call6(SYS_waitid, 1, (u32)pid, (u32)&info, 4, 0, 0) == -10, "ECHILD");
  handle(17, (void *)0, 0);
}

static void queueing(void) {
  for (int signal = 34; signal < 38; signal++) handle(signal, on_info, SIGINFO);
  handle(10, on_info, SIGINFO);
  mask(0, BIT(10), 0xffffffff);
  CALL2(SYS_kill, self, 10);
  CALL2(SYS_kill, self, 10);
  for (u32 i = 0; i < 3; i++) check(queue(self, 36, i) == 0, "rt_sigqueueinfo");
  queue(self, 35, 9);
  u32 pending[2];
  check(call3(SYS_rt_sigpending, (u32)pending, 8, 0) == 0 && pending[0] == BIT(10) && pending[1] == (4 | 8), "rt_sigpending");
  check(calls == 0, "blocked");
  mask(1, BIT(10), 0xffffffff);
  check(calls == 5, "one of those below 32, all of those above");
  /* Each handler begins before the one before has gone on: the last begun runs first. */
  check(order[4] == 10 && order[3] == 35 && order[0] == 36, "the lowest first");
  check(told.signo == 10 || told.words[2] < 3, "values");
  info_t info;
  u32 set[2] = {0, 8}, brief[2] = {0, 5000000};
  mask(0, 0, 8);
  queue(self, 36, 77);
  check(call6(SYS_rt_sigtimedwait, (u32)set, (u32)&info, (u32)brief, 8, 0, 0) == 36 && info.words[2] == 77, "sigtimedwait");
  check(call6(SYS_rt_sigtimedwait, (u32)set, (u32)&info, (u32)brief, 8, 0, 0) == -11, "in vain");
  int pid = CALL0(SYS_fork);
  if (pid == 0) {
    nap(20);
    queue(CALL0(64), 36, 78);
    leave(0);
  }
  check(call6(SYS_rt_sigtimedwait, (u32)set, (u32)&info, 0, 8, 0, 0) == 36 && info.words[2] == 78, "sigwaitinfo");
  wait_for(pid);
  mask(1, 0, 8);
  check(queue(1 << 20, 36, 0) == -3 && queue(self, 65, 0) == -22, "ESRCH, EINVAL");
}

static volatile int deep, deepest, sent;
static void recurse(int signal) {
  if (++deep > deepest) deepest = deep;
  if (sent++ < 2) CALL2(SYS_kill, self, signal);
  deep--;
}
static void stacks(void) {
  char *memory = map(32768, 2);
  struct { void *start; int flags; u32 size; } stack = {memory, 0, 32768}, old;
  check(CALL2(SYS_sigaltstack, &stack, 0) == 0, "sigaltstack");
  handle(10, on_info, SIGINFO | ONSTACK);
  CALL2(SYS_kill, self, 10);
  check(stack_at > (u32)memory && stack_at < (u32)memory + 32768, "a handler on its own stack");
  handle(10, on_info, SIGINFO);
  CALL2(SYS_kill, self, 10);
  check(stack_at > 0x80000000, "and one that did not ask for it");
  stack.size = 100;
  check(CALL2(SYS_sigaltstack, &stack, &old) == -12, "ENOMEM");
  stack.flags = 2;
  check(CALL2(SYS_sigaltstack, &stack, &old) == 0 && old.start == memory && old.size == 32768, "given back");
  handle(10, recurse, NODEFER);
  CALL2(SYS_kill, self, 10);
  check(deepest == 3, "NODEFER");
  deepest = sent = 0;
  handle(10, recurse, 0);
  CALL2(SYS_kill, self, 10);
  check(deepest == 1 && sent == 3, "without it the signal waits");
}

static volatile double half_three = 1.5;
static void spoil(int signal, info_t *info, u32 *context) {
  (void)signal;
  (void)info;
  /* uc_mcontext.fpstate: st(0) in 80 bits lies behind seven words. */
  unsigned char *state = (unsigned char *)context[5 + 19];
  check(state != 0 && state[28 + 7] == 0xc0 && state[28 + 8] == 0xff && state[28 + 9] == 0x3f, "st(0) is in the frame");
  check(((u32 *)state)[28 + 40] == 0x12345678, "xmm0 is in the frame");
  ((u32 *)state)[28 + 41] = 99;
  __asm__ volatile("fninit; fld1; fld1; xorps %%xmm0, %%xmm0" : : : "memory");
}
static void numbers(void) {
  handle(10, spoil, SIGINFO);
  double result;
  u32 lanes[4] = {0x12345678, 1, 2, 3}, after[4];
  __asm__ volatile(
      "fldl %2\n movups %3, %%xmm0\n mov $37, %%eax\n mov %4, %%ebx\n mov $10, %%ecx\n int $0x80\n"
      "fstpl %0\n movups %%xmm0, %1"
      : "=m"(result), "=m"(after)
      : "m"(half_three), "m"(lanes), "m"(self)
      : "eax", "ebx", "ecx", "memory");
  check(result == 1.5, "x87 survives a handler");
  check(after[0] == 0x12345678 && after[1] == 99 && after[3] == 3, "and what the handler wrote arrives");
}

static int later(int signal, u32 milliseconds) {
  int pid = CALL0(SYS_fork);
  if (pid == 0) {
    nap(milliseconds);
    CALL2(SYS_kill, CALL0(64), signal);
    nap(30);
    leave(0);
  }
  return pid;
}
static void interrupting(void) {
  int ends[2];
  char byte;
  CALL1(SYS_pipe, ends);
  handle(10, on_info, SIGINFO);
  int pid = later(10, 20);
  check(CALL3(SYS_read, ends[0], &byte, 1) == -4, "EINTR");
  wait_for(pid);
  handle(10, on_info, SIGINFO | RESTART);
  pid = CALL0(SYS_fork);
  if (pid == 0) {
    nap(20);
    CALL2(SYS_kill, CALL0(64), 10);
    nap(30);
    CALL3(SYS_write, ends[1], "x", 1);
    leave(0);
  }
  check(CALL3(SYS_read, ends[0], &byte, 1) == 1 && calls == 1, "RESTART");
  wait_for(pid);
  pid = later(10, 20);
  u32 nap_time[2] = {10, 0}, rest[2] = {0, 0};
  check(CALL2(SYS_nanosleep, nap_time, rest) == -4 && rest[0] == 9, "a sleep is not restarted, and tells the rest");
  wait_for(pid);
  struct { int fd; short events, happened; } polled = {ends[0], 1, 0};
  pid = later(10, 20);
  check(CALL3(168, &polled, 1, 1000) == -4, "nor is poll");
  wait_for(pid);
  pid = later(10, 20);
  check(CALL0(SYS_pause) == -4, "pause");
  wait_for(pid);
  mask(0, BIT(10), 0);
  u32 all[2] = {0, 0};
  pid = later(10, 20);
  calls = 0;
  check(CALL2(SYS_rt_sigsuspend, all, 8) == -4 && calls == 1, "sigsuspend");
  wait_for(pid);
  u32 now[2];
  call6(SYS_rt_sigprocmask, 0, 0, (u32)now, 8, 0, 0);
  check(now[0] == BIT(10), "the mask is back");
  u32 long_time[2] = {1, 0}, size[2] = {(u32)all, 8};
  pid = later(10, 20);
  check(call6(SYS_ppoll, (u32)&polled, 1, (u32)long_time, (u32)all, 8, 0) == -4, "ppoll lets a signal in");
  wait_for(pid);
  pid = later(10, 20);
  check(call6(SYS_pselect6, 0, 0, 0, 0, (u32)long_time, (u32)size) == -4, "pselect lets a signal in");
  wait_for(pid);
  mask(1, BIT(10), 0);
  handle(10, (void *)1, 0);
  pid = later(10, 20);
  nap_time[0] = 0;
  nap_time[1] = 60000000;
  check(CALL2(SYS_nanosleep, nap_time, rest) == 0, "what is ignored interrupts nobody");
  wait_for(pid);

  u32 in[32] = {0}, out[32] = {0}, wait[2] = {0, 20000};
  in[0] = 1u << ends[0];
  out[0] = 1u << ends[1];
  check(call6(SYS_select, 32, (u32)in, (u32)out, 0, (u32)wait, 0) == 1 && in[0] == 0 && out[0] == 1u << ends[1], "select: writing");
  in[0] = 1u << ends[0];
  check(call6(SYS_select, 32, (u32)in, 0, 0, (u32)wait, 0) == 0 && wait[1] == 0, "select: in vain");
  CALL3(SYS_write, ends[1], "y", 1);
  in[0] = 1u << ends[0];
  check(call6(SYS_select, 32, (u32)in, 0, 0, 0, 0) == 1 && in[0] == 1u << ends[0], "select: reading");
  in[0] = 1u << 30;
  check(call6(SYS_select, 32, (u32)in, 0, 0, 0, 0) == -9, "select: EBADF");
}

struct timers { u32 every[2], left[2]; };
static void timing(void) {
  handle(14, on_info, SIGINFO);
  struct timers timer = {{0, 10000}, {0, 30000}}, old;
  check(CALL3(SYS_setitimer, 0, &timer, 0) == 0, "setitimer");
  while (calls < 3) CALL0(SYS_pause);
  check(CALL2(SYS_getitimer, 0, &old) == 0 && old.every[1] == 10000 && old.left[1] <= 10000, "getitimer");
  timer.left[1] = 0;
  CALL3(SYS_setitimer, 0, &timer, &old);
  CALL1(SYS_alarm, 5);
  check(CALL1(SYS_alarm, 0) == 5, "alarm");
  handle(26, on_info, SIGINFO);
  handle(27, on_info, SIGINFO);
  struct timers brief = {{0, 0}, {0, 50000}};
  CALL3(SYS_setitimer, 1, &brief, 0);
  CALL3(SYS_setitimer, 2, &brief, 0);
  for (u32 i = 0; calls < 2 && i < 4000000000u; i++) __asm__ volatile("" : : : "memory");
  check(calls == 2, "SIGVTALRM and SIGPROF");
  check(CALL2(SYS_getitimer, 3, &old) == -22, "EINVAL");
  u32 usage[18], ticks[4];
  check(CALL2(SYS_getrusage, 0, usage) == 0 && (usage[0] > 0 || usage[1] >= 40000) && usage[8] > 10, "getrusage");
  check(CALL1(SYS_times, ticks) != 0 && ticks[0] >= 4, "times");
  u32 until[2];
  CALL2(SYS_clock_gettime, 1, until);
  until[0]++;
  u32 begin = until[0];
  check(call6(SYS_clock_nanosleep, 1, 1, (u32)until, 0, 0, 0) == 0, "clock_nanosleep until");
  CALL2(SYS_clock_gettime, 1, until);
  check(until[0] >= begin, "it is that late");
}

static void limits(void) {
  u32 limit[4], one = 0;
  check(call6(SYS_prlimit64, 0, 3, 0, (u32)limit, 0, 0) == 0 && limit[0] == 8 << 20, "prlimit64");
  u32 fewer[4] = {5, 0, 5, 0};
  int pid = CALL0(SYS_fork);
  if (pid == 0) {
    call6(SYS_prlimit64, 0, 7, (u32)fewer, 0, 0, 0);
    int fd = 0;
    while (fd >= 0) fd = CALL1(SYS_dup, 1);
    leave(fd == -24 ? 4 : 5);
  }
  check(wait_for(pid) == 4 << 8, "RLIMIT_NOFILE");
  check(CALL3(SYS_setpriority, 0, 0, 5) == 0 && CALL2(SYS_getpriority, 0, 0) == 15, "priorities");
  check(CALL3(SYS_sched_getaffinity, 0, 3, &one) == -22, "sched_getaffinity");
  char name[16];
  CALL2(SYS_prctl, 15, "a name that is too long");
  check(CALL2(SYS_prctl, 16, name) == 0 && name[13] == 's' && name[15] == 0, "the thread's name");
}

int program(int argc, char **argv) {
  (void)argc;
  (void)argv;
  self = CALL0(SYS_getpid);
  telling();
  queueing();
  stacks();
  numbers();
  interrupting();
  timing();
  limits();
  say(failures ? "some checks failed\n" : "all signals arrived\n");
  return failures;
}
