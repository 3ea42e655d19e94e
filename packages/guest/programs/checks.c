/* checks: what a program sees of tasks, signals, pipes and memory. Prints a line for each failure; the exit code counts them. */
#include "start.h"
static int failures;
static void check(int good, const char *what) {
  if (good) return;
  failures++;
  say("FAILED: ");
  say(what);
  say("\n");
}
struct action { void *handler; u32 flags; void *restorer; u32 mask[2]; };
struct plain_action { void *handler; u32 mask, flags; void *restorer; };
enum { SYS_rt_sigaction = 174, SYS_sigprocmask = 126, SYS_alarm = 27, SYS_getppid = 64 };
static volatile u32 seen_signal, seen_addr, seen_code;
static volatile u32 *target;
/* A fault: maps the page, so that the access succeeds when it is made again. */
static void on_fault(int signal, u32 *info, u32 *context) {
  (void)context;
  seen_signal = (u32)signal;
  seen_code = info[2];
  seen_addr = info[3];
  call6(SYS_mmap2, seen_addr & -4096u, 4096, 3, 0x32, (u32)-1, 0);
}
static void on_signal(int signal) { seen_signal = (u32)signal; }
static void handle(int signal, void *handler, u32 flags) {
  struct action action = {handler, flags, 0, {0, 0}};
  check(call6(SYS_rt_sigaction, (u32)signal, (u32)&action, 0, 8, 0, 0) == 0, "rt_sigaction");
}
static int wait_for(int pid) {
  int status = -1;
  check(call6(SYS_wait4, (u32)pid, (u32)&status, 0, 0, 0, 0) == pid, "wait4");
  return status;
}
static int ends_with(void (*child)(void)) {
  int pid = CALL0(SYS_fork);
  if (pid == 0) {
    child();
    leave(99);
  }
  return wait_for(pid);
}
static void null_write(void) { *(volatile u32 *)0 = 1; }
static void kernel_read(void) { (void)*(volatile u32 *)0xc0100000; }
/* On a 64-bit kernel a 32-bit stack may lie there: then this check alone fails. */
static void stub_write(void) { *(volatile u32 *)0xffc02000 = 0; }
static void illegal(void) { __asm__ volatile("ud2"); }
static void divide(void) { __asm__ volatile("xor %%edx, %%edx; xor %%ecx, %%ecx; div %%ecx" : : : "eax", "ecx", "edx"); }
static void privileged(void) { __asm__ volatile("cli"); }
static void port(void) { __asm__ volatile("in $0x60, %%al" : : : "eax"); }
static void bad_iret(void) { __asm__ volatile("push $0; push $0; push $0; iret"); }
static void text_write(void) { *(volatile u32 *)(u32)&program = 0; }
static void killed(void) { CALL2(SYS_kill, CALL0(SYS_getpid), 9); }
static u32 double_of(volatile unsigned char *code, unsigned char opcode, u32 value) {
  /* mov eax, [esp+4]; add eax, eax or sub eax, eax; ret */
  const unsigned char bytes[] = {0x8b, 0x44, 0x24, 4, opcode, 0xc0, 0xc3};
  for (u32 i = 0; i < sizeof bytes; i++) code[i] = bytes[i];
  return ((u32(*)(u32))(u32)code)(value);
}
int program(int argc, char **argv) {
  check(ends_with(null_write) == 11, "SIGSEGV at 0");
  check(ends_with(kernel_read) == 11, "SIGSEGV in the kernel");
  check(ends_with(stub_write) == 11, "SIGSEGV at the trap stubs");
  check(ends_with(illegal) == 4, "SIGILL");
  check(ends_with(divide) == 8, "SIGFPE");
  check(ends_with(privileged) == 11, "cli");
  check(ends_with(port) == 11, "in");
  check(ends_with(bad_iret) == 11, "iret");
  check(ends_with(text_write) == 11, "write to text");
  check(ends_with(killed) == 9, "SIGKILL");

  handle(11, on_fault, 4);
  target = (u32 *)0x50000000;
  target[3] = 77;
  check(target[3] == 77 && seen_signal == 11 && seen_addr == 0x5000000c && seen_code == 1, "SIGSEGV handler, MAPERR");
  u32 *guarded = map(4096, 2);
  guarded[0] = 5;
  CALL3(SYS_mprotect, guarded, 4096, 1);
  guarded[0] = 6;
  check(seen_addr == (u32)guarded && seen_code == 2, "SIGSEGV handler, ACCERR");

  struct plain_action plain = {on_signal, 0, 0, 0};
  check(CALL3(SYS_sigaction, 10, &plain, 0) == 0, "sigaction");
  CALL2(SYS_kill, CALL0(SYS_getpid), 10);
  check(seen_signal == 10, "a signal to oneself");
  u32 mask = 1 << 9;
  seen_signal = 0;
  CALL3(SYS_sigprocmask, 0, &mask, 0);
  CALL2(SYS_kill, CALL0(SYS_getpid), 10);
  check(seen_signal == 0, "a blocked signal waits");
  CALL3(SYS_sigprocmask, 1, &mask, 0);
  check(seen_signal == 10, "and comes when it is let in");
  handle(14, on_signal, 0);
  CALL1(SYS_alarm, 1);
  u32 long_time[2] = {100, 0};
  check(CALL2(SYS_nanosleep, long_time, 0) == -4 && seen_signal == 14, "SIGALRM ends a sleep");

  int ends[2];
  check(CALL1(SYS_pipe, ends) == 0, "pipe");
  int pid = CALL0(SYS_fork);
  if (pid == 0) {
    CALL1(SYS_close, ends[0]);
    char block[1000];
    for (u32 i = 0; i < 20; i++) {
      memset(block, (int)i, sizeof block);
      CALL3(SYS_write, ends[1], block, sizeof block);
    }
    leave(5);
  }
  CALL1(SYS_close, ends[1]);
  u32 got = 0;
  char piece[600];
  for (int n; (n = CALL3(SYS_read, ends[0], piece, sizeof piece)) > 0; got += (u32)n)
    for (int i = 0; i < n; i++)
      if (piece[i] != (char)((got + (u32)i) / 1000)) check(0, "bytes of the pipe");
  check(got == 20000, "a pipe ends when its writers have");
  check(wait_for(pid) == 5 << 8, "exit code");
  check(CALL3(SYS_wait4, -1, 0, 0) == -10, "ECHILD");

  pid = CALL0(SYS_vfork);
  if (pid == 0) {
    seen_code = 4711;
    leave(1);
  }
  check(seen_code == 4711 && wait_for(pid) == 1 << 8, "vfork shares memory");

  unsigned char *code = (unsigned char *)call6(SYS_mmap2, 0, 4096, 7, 0x22, (u32)-1, 0);
  u32 sum = 0;
  for (u32 i = 0; i < 200000; i++) sum += i == 0 ? double_of(code, 1, 1) : ((u32(*)(u32))(u32)code)(1);
  check(sum == 400000, "generated code");
  check(double_of(code, 0x29, 3) == 0, "changed code");

  u32 before[2], after[2];
  u32 nap[2] = {2, 0};
  CALL2(SYS_clock_gettime, 1, before);
  CALL2(SYS_nanosleep, nap, 0);
  CALL2(SYS_clock_gettime, 1, after);
  check(after[0] - before[0] == 2, "two seconds of sleep");
  u32 random[4] = {0, 0, 0, 0}, *pair = (u32 *)argv + argc + 1;
  while (*pair) pair++;
  for (pair++; pair[0] && pair[0] != 25; pair += 2);
  check(pair[0] == 25 && *(u32 *)pair[1] != ((u32 *)pair[1])[1], "AT_RANDOM");
  check(call6(355, (u32)random, 16, 0, 0, 0, 0) == 16 && random[0] != random[1], "getrandom");
  volatile int child_pid = 0;
  pid = call6(120, 0x01200011, 0, 0, 0, (u32)&child_pid, 0);
  if (pid == 0) leave(child_pid == CALL0(SYS_getpid) ? 8 : 9);
  check(pid > 0 && child_pid == 0 && wait_for(pid) == 8 << 8, "clone as fork");
  struct { int fd; short events, happened; } polled[2] = {{0, 0, 0}, {77, 1, 0}};
  check(call6(331, (u32)ends, 02000000, 0, 0, 0, 0) == 0, "pipe2");
  polled[0].fd = ends[0];
  polled[0].events = 1;
  check(CALL3(168, polled, 1, 5) == 0, "poll waits in vain");
  pid = CALL0(SYS_fork);
  if (pid == 0) {
    CALL2(SYS_nanosleep, nap, 0);
    CALL3(SYS_write, ends[1], "x", 1);
    leave(0);
  }
  check(CALL3(168, polled, 1, -1) == 1 && polled[0].happened == 1, "poll wakes");
  check(CALL3(168, polled, 2, 0) == 2 && polled[1].happened == 32, "poll of no descriptor");
  wait_for(pid);
  char exe[200];
  int exe_length = CALL3(85, "/proc/self/exe", exe, sizeof exe);
  exe[exe_length > 0 ? exe_length : 0] = 0;
  check(exe_length > 6 && exe[exe_length - 1] == 's', "readlink of /proc/self/exe");
  char *word = map(4096, 2), **many = map(200000, 2);
  memset(word, 'a', 100);
  for (u32 i = 0; i < 40000; i++) many[i] = word;
  check(CALL3(SYS_execve, exe, many, 0) == -7, "E2BIG");
  u32 low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  check(low != 0 || high != 0, "rdtsc");
  check(CALL0(9999) == -38, "ENOSYS");
  check(CALL3(SYS_write, 1, 0xc0000000, 4) == -14, "EFAULT");
  check(CALL3(SYS_write, 77, "x", 1) == -9, "EBADF");
  say(failures ? "some checks failed\n" : "all checks passed\n");
  return failures;
}
