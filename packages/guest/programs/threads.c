/* threads: clone, futexes and what threads share. Prints a line for each failure; the exit code counts them. */
#include "start.h"
enum {
  SYS_clone = 120, SYS_gettid = 224, SYS_futex = 240, SYS_set_thread_area = 243, SYS_exit_group = 252,
  SYS_set_tid_address = 258, SYS_tgkill = 270, SYS_set_robust_list = 311, SYS_futex_time64 = 422,
  SYS_rt_sigaction = 174, SYS_getppid = 64, SYS_sched_yield = 158, SYS_dup2 = 63
};
enum { WAIT = 0, WAKE = 1, REQUEUE = 3, CMP_REQUEUE = 4, WAKE_OP = 5, WAIT_BITSET = 9, WAKE_BITSET = 10, PRIVATE = 128 };
enum {
  VM = 0x100, FS = 0x200, FILES = 0x400, SIGHAND = 0x800, VFORK = 0x4000, THREAD = 0x10000, SYSVSEM = 0x40000,
  SETTLS = 0x80000, PARENT_SETTID = 0x100000, CHILD_CLEARTID = 0x200000, CHILD_SETTID = 0x1000000
};
enum { PTHREAD = VM | FS | FILES | SIGHAND | THREAD | SYSVSEM };
static int failures;
static void check(int good, const char *what) {
  if (good) return;
  __sync_fetch_and_add(&failures, 1);
  say("FAILED: ");
  say(what);
  say("\n");
}
static int futex(volatile void *at, int op, u32 value, u32 time, volatile void *at2, u32 value3) {
  return call6(SYS_futex, (u32)at, (u32)op, value, time, (u32)at2, value3);
}

/* A thread: it calls `run(argument)` on a stack of its own and ends. */
struct thread {
  void (*run)(void *);
  void *argument;
  volatile int tid;
};
struct user_desc { u32 entry, base, limit, flags; };
__attribute__((used)) static void thread_main(struct thread *thread) {
  thread->run(thread->argument);
  leave(0);
}
int clone_call(u32 flags, void *stack, volatile int *parent_tid, void *tls, volatile int *child_tid);
__asm__(
    "clone_call: push %ebx\n push %esi\n push %edi\n"
    " mov 16(%esp), %ebx\n mov 20(%esp), %ecx\n mov 24(%esp), %edx\n mov 28(%esp), %esi\n mov 32(%esp), %edi\n"
    " mov $120, %eax\n int $0x80\n test %eax, %eax\n jz 1f\n pop %edi\n pop %esi\n pop %ebx\n ret\n"
    "1: xor %ebp, %ebp\n call thread_main\n");
static int start_flags(struct thread *thread, u32 flags, void *tls) {
  u32 *stack = (u32 *)((char *)map(16384, 2) + 16384) - 5;
  /* What `call thread_main` leaves above: its argument. */
  stack[0] = (u32)thread;
  return clone_call(flags, stack, &thread->tid, tls, &thread->tid);
}
static int start(struct thread *thread, void (*run)(void *), void *argument) {
  thread->run = run;
  thread->argument = argument;
  thread->tid = 1;
  return start_flags(thread, PTHREAD | PARENT_SETTID | CHILD_CLEARTID, 0);
}
static void join(struct thread *thread) {
  for (int tid; (tid = thread->tid) != 0;) futex(&thread->tid, WAIT, (u32)tid, 0, 0, 0);
}
static int wait_for(int pid) {
  int status = -1;
  check(call6(SYS_wait4, (u32)pid, (u32)&status, 0x40000000, 0, 0, 0) == pid, "wait4");
  return status;
}
static void nap(u32 milliseconds) {
  u32 time[2] = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  CALL2(SYS_nanosleep, time, 0);
}

/* A mutex of three states, as Drepper's: free, taken, taken and somebody waits. */
static volatile u32 mutex, counter;
static void lock(void) {
  u32 state = __sync_val_compare_and_swap(&mutex, 0, 1);
  while (state != 0) {
    if (state == 2 || __sync_val_compare_and_swap(&mutex, 1, 2) != 0) futex(&mutex, WAIT | PRIVATE, 2, 0, 0, 0);
    state = __sync_val_compare_and_swap(&mutex, 0, 2);
  }
}
static void unlock(void) {
  if (__sync_fetch_and_sub(&mutex, 1) != 1) {
    mutex = 0;
    futex(&mutex, WAKE | PRIVATE, 1, 0, 0, 0);
  }
}
static void count(void *times) {
  for (u32 i = 0; i < (u32)times; i++) {
    lock();
    u32 seen = counter;
    if (i % 64 == 0) CALL0(SYS_sched_yield);
    counter = seen + 1;
    unlock();
  }
}
static void counting(void) {
  struct thread threads[6];
  for (int i = 0; i < 6; i++) check(start(&threads[i], count, (void *)2000) > 0, "clone");
  for (int i = 0; i < 6; i++) join(&threads[i]);
  check(counter == 12000, "a mutex");
}

/* What threads see of each other. */
static volatile int seen[4];
static void look(void *argument) {
  (void)argument;
  seen[0] = CALL0(SYS_getpid);
  seen[1] = CALL0(SYS_gettid);
  seen[2] = CALL2(SYS_dup2, 1, 20);
  seen[3] = CALL0(SYS_getppid);
}
static u32 load_tls(void) {
  u32 value;
  __asm__ volatile("mov %%gs:0, %0" : "=r"(value));
  return value;
}
static volatile u32 tls_seen;
static u32 tls_block[2] = {4711, 0};
static void look_at_tls(void *argument) {
  (void)argument;
  tls_seen = load_tls();
}
static void sharing(void) {
  struct thread thread;
  int tid = start(&thread, look, 0);
  join(&thread);
  check(seen[0] == CALL0(SYS_getpid) && seen[1] == tid && tid != seen[0], "pid and tid");
  check(seen[3] == CALL0(SYS_getppid), "the parent is the process'");
  check(seen[2] == 20 && CALL3(SYS_write, 20, "", 0) == 0, "descriptors are shared");
  CALL1(SYS_close, 20);

  static u32 own[2] = {815, 0};
  struct user_desc desc = {(u32)-1, (u32)own, 0xfffff, 0x51};
  check(CALL1(SYS_set_thread_area, &desc) == 0, "set_thread_area");
  __asm__ volatile("mov %0, %%gs" : : "r"(desc.entry * 8 + 3));
  desc.base = (u32)tls_block;
  thread.run = look_at_tls;
  thread.tid = 1;
  check(start_flags(&thread, PTHREAD | SETTLS | PARENT_SETTID | CHILD_CLEARTID, &desc) > 0, "clone with SETTLS");
  join(&thread);
  check(tls_seen == 4711 && load_tls() == 815, "storage of a thread's own");
}

static volatile u32 gate, gate2, passed;
static void wait_at_gate(void *bits) {
  int result = bits ? futex(&gate, WAIT_BITSET, 0, 0, 0, (u32)bits) : futex(&gate, WAIT, 0, 0, 0, 0);
  if (result == 0) __sync_fetch_and_add(&passed, 1);
}
static void waking(void) {
  struct thread threads[4];
  u32 time[2] = {0, 20000000}, long_time[4] = {0, 0, 20000000, 0}, bad[2] = {0, 1000000000};
  check(futex(&gate, WAIT, 1, 0, 0, 0) == -11, "EAGAIN");
  check(futex(&gate, WAIT, 0, (u32)time, 0, 0) == -110, "ETIMEDOUT");
  check(call6(SYS_futex_time64, (u32)&gate, WAIT, 0, (u32)long_time, 0, 0) == -110, "ETIMEDOUT, 64 bits");
  check(futex(&gate, WAIT, 1, (u32)bad, 0, 0) == -22, "a bad time comes before a wrong value");
  check(futex((char *)&gate + 1, WAIT, 0, 0, 0, 0) == -22, "EINVAL");
  check(futex((void *)0x1000, WAIT, 0, 0, 0, 0) == -14, "EFAULT");
  check(futex(&gate, 77, 0, 0, 0, 0) == -38, "ENOSYS");
  check(futex(&gate, WAIT_BITSET, 0, 0, 0, 0) == -22, "no bits");
  check(futex(&gate, WAKE, 1, 0, 0, 0) == 0, "nobody to wake");
  u32 now[2];
  CALL2(SYS_clock_gettime, 1, now);
  now[1] += 10000000;
  if (now[1] >= 1000000000) now[0]++, now[1] -= 1000000000;
  check(futex(&gate, WAIT_BITSET, 0, (u32)now, 0, 1) == -110, "until a time");

  for (int i = 0; i < 4; i++) start(&threads[i], wait_at_gate, (void *)(i < 2 ? 1u : 6u));
  nap(100);
  check(futex(&gate, WAKE_BITSET, 10, 0, 0, 8) == 0, "none listens");
  check(futex(&gate, WAKE_BITSET, 10, 0, 0, 4) == 2, "two listen");
  check(futex(&gate, WAKE, 1, 0, 0, 0) == 1 && futex(&gate, WAKE, 10, 0, 0, 0) == 1, "one at a time");
  for (int i = 0; i < 4; i++) join(&threads[i]);
  check(passed == 4, "all are awake");

  for (int i = 0; i < 4; i++) start(&threads[i], wait_at_gate, 0);
  nap(100);
  check(futex(&gate, CMP_REQUEUE, 1, 2, &gate2, 5) == -11, "CMP_REQUEUE looks");
  check(futex(&gate, CMP_REQUEUE, 1, 2, &gate2, 0) == 3, "CMP_REQUEUE: one awake, two moved");
  check(futex(&gate2, WAKE, 9, 0, 0, 0) == 2 && futex(&gate, REQUEUE, 0, 9, &gate2, 0) == 1, "REQUEUE");
  /* gate2 becomes 7 from 0; as it was 0, who waits there is woken, too. */
  check(futex(&gate, WAKE_OP, 1, 1, &gate2, 0u << 28 | 0u << 24 | 7 << 12 | 0) == 1 && gate2 == 7, "WAKE_OP");
  for (int i = 0; i < 4; i++) join(&threads[i]);
  gate2 = 0;
}

/* A word in shared memory, between processes: by its place in the file, not by its address. */
static void between_processes(void) {
  volatile u32 *shared = map(8192, 1);
  int pid = CALL0(SYS_fork);
  if (pid == 0) {
    volatile u32 *moved = (u32 *)call6(SYS_mremap, (u32)shared, 8192, 8192, 3, 0x60000000, 0);
    int result = futex(moved + 1024, WAIT, 0, 0, 0, 0);
    leave(result == 0 && moved[1024] == 3 ? 5 : 6);
  }
  nap(50);
  shared[1024] = 3;
  check(futex(shared + 1024, WAKE, 1, 0, 0, 0) == 1, "a futex of two processes");
  check(wait_for(pid) == 5 << 8, "the other one is awake");
}

/* Mutexes of a thread that ends. */
struct robust { struct robust *next; volatile u32 word; };
static struct { struct robust *next; int offset; struct robust *pending; } head;
static struct robust held, other;
static volatile int holder;
static void hold_and_end(void *argument) {
  (void)argument;
  head.next = &held;
  held.next = (struct robust *)&head;
  head.offset = 4;
  head.pending = &other;
  holder = CALL0(SYS_gettid);
  held.word = (u32)holder | 0x80000000;
  other.word = (u32)holder;
  check(CALL2(SYS_set_robust_list, &head, 12) == 0, "set_robust_list");
  nap(30);
}
static void owner_died(void) {
  struct thread thread;
  start(&thread, hold_and_end, 0);
  nap(10);
  u32 word = held.word;
  check(futex(&held.word, WAIT, word, 0, 0, 0) == 0, "who waits for a dead thread's mutex wakes");
  check(held.word == 0xc0000000 && other.word == 0x40000000, "the owner has died");
  join(&thread);
}

/* Signals to one thread, and to the process. */
static volatile int handled_by, handled;
static void on_signal(int signal) {
  (void)signal;
  handled_by = CALL0(SYS_gettid);
  __sync_fetch_and_add(&handled, 1);
}
static volatile u32 stop;
static void sleep_until_stopped(void *argument) {
  (void)argument;
  while (!stop) nap(1000);
}
static void signals(void) {
  struct { void *handler; u32 flags; void *restorer; u32 mask[2]; } action = {on_signal, 0, 0, {0, 0}};
  call6(SYS_rt_sigaction, 10, (u32)&action, 0, 8, 0, 0);
  struct thread thread;
  int tid = start(&thread, sleep_until_stopped, 0);
  nap(10);
  check(CALL3(SYS_tgkill, CALL0(SYS_getpid), tid, 10) == 0, "tgkill");
  nap(10);
  check(handled == 1 && handled_by == tid, "a signal to one thread");
  check(CALL3(SYS_tgkill, CALL0(SYS_getpid), 1, 10) == -3, "ESRCH: another process' thread");
  CALL2(SYS_kill, CALL0(SYS_getpid), 10);
  nap(10);
  check(handled == 2, "a signal to the process is handled once");
  stop = 1;
  CALL3(SYS_tgkill, CALL0(SYS_getpid), tid, 10);
  join(&thread);
}

/* Ends. */
static char *name;
static void sleep_for_ever(void *argument) {
  (void)argument;
  for (;;) nap(100000);
}
static void exec_from_here(void *argument) {
  (void)argument;
  char *arguments[] = {name, "again", 0};
  char *none[] = {0};
  CALL3(SYS_execve, name, arguments, none);
  CALL1(SYS_exit_group, 99);
}
static void end_all(void *argument) {
  (void)argument;
  nap(10);
  CALL1(SYS_exit_group, 7);
}
static void fault(void *argument) {
  (void)argument;
  nap(10);
  *(volatile u32 *)0 = 0;
}
static int child_with(void (*run)(void *)) {
  int pid = CALL0(SYS_fork);
  if (pid == 0) {
    struct thread first, second;
    start(&first, sleep_for_ever, 0);
    start(&second, run, 0);
    nap(100000);
    leave(98);
  }
  return wait_for(pid);
}
static void nothing(void *argument) { (void)argument; }
static void end_last(void *argument) {
  (void)argument;
  nap(30);
}
static void endings(void) {
  check(child_with(end_all) == 7 << 8, "exit_group of one ends all");
  check(child_with(fault) == 11, "a fault of one ends all");
  check(child_with(exec_from_here) == 33 << 8, "exec of one ends the others");
  int pid = CALL0(SYS_fork);
  if (pid == 0) {
    struct thread thread;
    start(&thread, end_last, 0);
    leave(9);
  }
  nap(10);
  int status;
  check(call6(SYS_wait4, (u32)pid, (u32)&status, 1, 0, 0, 0) == 0, "a process lives as long as a thread does");
  check(wait_for(pid) == 0, "and ends as the last one did");

  /* No thread: a process that shares memory, and is waited for. */
  struct thread clone = {nothing, 0, 1};
  pid = start_flags(&clone, VM | CHILD_SETTID, 0);
  check(pid > 0 && wait_for(pid) == 0 && clone.tid == pid, "a process in the same memory");
  check(clone_call(THREAD, 0, 0, 0, 0) == -22 && clone_call(SIGHAND, 0, 0, 0, 0) == -22, "flags that do not go together");
}

int program(int argc, char **argv) {
  name = argv[0];
  if (argc > 1) {
    /* After exec from a thread: alone, and under the old pid. */
    return CALL0(SYS_gettid) == CALL0(SYS_getpid) ? 33 : 34;
  }
  counting();
  sharing();
  waking();
  between_processes();
  owner_died();
  signals();
  endings();
  say(failures ? "some checks failed\n" : "all threads did well\n");
  return failures;
}
