/* terminal: what a program sees of a terminal, of process groups and of stopping. `terminal checks`, `terminal lines`,
   `terminal raw MIN TIME`, `terminal wait`. */
#include "start.h"
enum {
  SYS_setpgid = 57, SYS_getppid = 64, SYS_getpgrp = 65, SYS_setsid = 66, SYS_ioctl = 54, SYS_getsid = 147, SYS_pause = 29,
  SYS_rt_sigaction = 174, SYS_rt_sigprocmask = 175
};
enum {
  TCGETS = 0x5401, TCSETS = 0x5402, TIOCSCTTY = 0x540e, TIOCGPGRP = 0x540f, TIOCSPGRP = 0x5410, TIOCGWINSZ = 0x5413,
  FIONREAD = 0x541b, TIOCNOTTY = 0x5422
};
enum { SIGINT = 2, SIGUSR1 = 10, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19, SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22, SIGWINCH = 28 };
enum { WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 8 };
struct termios { u32 iflag, oflag, cflag, lflag; unsigned char line, cc[19]; };
struct action { void *handler; u32 flags; void *restorer; u32 mask[2]; };
static int failures;
static void check(int good, const char *what) {
  if (good) return;
  failures++;
  say("FAILED: ");
  say(what);
  say("\n");
}
static int ioctl(int fd, u32 request, void *argument) { return CALL3(SYS_ioctl, fd, request, argument); }
static void handle(int signal, void *handler) {
  struct action action = {handler, 0x10000000, 0, {0, 0}};
  call6(SYS_rt_sigaction, (u32)signal, (u32)&action, 0, 8, 0, 0);
}
static volatile int seen[32];
static void on_signal(int signal) { seen[signal]++; }
static int wait_for(int pid, int options) {
  int status = -1;
  int found = call6(SYS_wait4, (u32)pid, (u32)&status, (u32)options, 0, 0, 0);
  return found > 0 ? status : found;
}
static int same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}
static void show_size(void) {
  unsigned short size[4];
  check(ioctl(0, TIOCGWINSZ, size) == 0, "TIOCGWINSZ");
  say_number(size[0]);
  say(" lines of ");
  say_number(size[1]);
  say("\n");
}

/* Stops and goes on; the parent hears of it. In its parent's group, which is orphaned. */
static void stopping(void) {
  int child = CALL0(SYS_fork);
  if (child == 0)
    for (;;) CALL2(SYS_nanosleep, ((u32[2]){1, 0}), 0);
  CALL2(SYS_kill, child, SIGTSTP);
  CALL2(SYS_nanosleep, ((u32[2]){0, 20000000}), 0);
  check(wait_for(child, WUNTRACED | WNOHANG) == 0, "SIGTSTP does not stop an orphaned group");
  seen[SIGCHLD] = 0;
  CALL2(SYS_kill, child, SIGSTOP);
  check(wait_for(child, WUNTRACED) == (SIGSTOP << 8 | 0x7f), "wait tells that it stopped");
  check(seen[SIGCHLD] == 1, "SIGCHLD of a child that stopped");
  check(wait_for(child, WUNTRACED | WNOHANG) == 0, "and only once");
  CALL2(SYS_kill, child, SIGCONT);
  check(wait_for(child, WCONTINUED) == 0xffff, "wait tells that it goes on");
  CALL2(SYS_nanosleep, ((u32[2]){0, 20000000}), 0);
  check(seen[SIGCHLD] == 2, "SIGCHLD of a child that goes on");
  CALL2(SYS_kill, child, SIGSTOP);
  CALL2(SYS_kill, child, 9);
  int status = wait_for(child, 0);
  check(status == 9, "SIGKILL ends what is stopped");
}

/* In a group of its own, behind the one in front. */
static int behind(void (*act)(void)) {
  int child = CALL0(SYS_fork);
  if (child == 0) {
    CALL2(SYS_setpgid, 0, 0);
    act();
    leave(0);
  }
  CALL2(SYS_setpgid, child, child);
  return child;
}
static void reads(void) {
  char byte;
  leave(-CALL3(SYS_read, 0, &byte, 1));
}
static void reads_ignoring(void) {
  handle(SIGTTIN, (void *)1);
  reads();
}
static void sets(void) {
  struct termios settings;
  ioctl(0, TCGETS, &settings);
  leave(-ioctl(0, TCSETS, &settings));
}
static void writes(void) { leave(CALL3(SYS_write, 1, "", 0)); }
static void sleeps(void) {
  for (;;) CALL2(SYS_nanosleep, ((u32[2]){1, 0}), 0);
}
static void groups(void) {
  int me = CALL0(SYS_getpid), group = 0, child;
  check((int)CALL0(SYS_getpgrp) == me && (int)CALL1(SYS_getsid, 0) == me, "leads its group and session");
  check(ioctl(0, TIOCGPGRP, &group) == 0 && group == me, "is in front");
  check((int)CALL0(SYS_setsid) == -1 && (int)CALL2(SYS_setpgid, 0, 0) == -1, "a leader stays where it is");
  child = behind(reads);
  check(wait_for(child, WUNTRACED) == (SIGTTIN << 8 | 0x7f), "a read from behind stops");
  check(ioctl(0, TIOCSPGRP, &child) == 0 && ioctl(0, TIOCGPGRP, &group) == 0 && group == child, "TIOCSPGRP");
  CALL2(SYS_kill, -child, 9);
  check(wait_for(child, 0) == 9, "kill of a group");
  handle(SIGTTOU, (void *)1);
  check(ioctl(0, TIOCSPGRP, &me) == 0, "back in front, with SIGTTOU ignored");
  handle(SIGTTOU, (void *)0);
  child = behind(reads_ignoring);
  check(wait_for(child, WUNTRACED) == 5 << 8, "a read from behind with SIGTTIN ignored is EIO");
  child = behind(sets);
  check(wait_for(child, WUNTRACED) == (SIGTTOU << 8 | 0x7f), "setting from behind stops");
  ioctl(0, TIOCSPGRP, &child);
  CALL2(SYS_kill, -child, SIGCONT);
  check(wait_for(child, 0) == 0, "and is made again in front");
  handle(SIGTTOU, (void *)1);
  ioctl(0, TIOCSPGRP, &me);
  child = behind(writes);
  check(wait_for(child, WUNTRACED) == 0, "a write from behind does not stop");
  child = behind(sleeps);
  check(wait_for(-child, WNOHANG) == 0 && wait_for(-me, WNOHANG) == -10, "wait for a group");
  CALL2(SYS_kill, child, SIGTSTP);
  check(wait_for(-child, WUNTRACED) == (SIGTSTP << 8 | 0x7f), "SIGTSTP");
  CALL2(SYS_kill, child, 15);
  check(wait_for(child, WUNTRACED | WNOHANG) == 0, "a stopped process does not end");
  CALL2(SYS_kill, child, SIGCONT);
  check(wait_for(child, 0) == 15, "before it goes on");
}
static void alone(void) {
  int group, fd;
  check((int)CALL0(SYS_setsid) == (int)CALL0(SYS_getpid), "setsid");
  check((int)CALL3(SYS_open, "/dev/tty", 2, 0) == -6, "a session without terminal: ENXIO");
  check(ioctl(0, TIOCGPGRP, &group) == -25, "TIOCGPGRP of another's terminal");
  check(ioctl(0, TIOCSCTTY, 0) == -1, "a terminal of another session cannot be had");
  fd = (int)CALL3(SYS_open, "/dev/null", 2, 0);
  check(ioctl(fd, TIOCGPGRP, &group) == -25, "no terminal");
  leave(failures);
}
static int checks(void) {
  struct termios settings;
  int fd = (int)CALL3(SYS_open, "/dev/tty", 2, 0), child;
  check(fd > 2, "/dev/tty");
  check(ioctl(fd, TCGETS, &settings) == 0 && (settings.lflag & 0xb) == 0xb, "TCGETS: lines, echo, signals");
  handle(SIGCHLD, on_signal);
  groups();
  stopping();
  child = CALL0(SYS_fork);
  if (child == 0) alone();
  check(wait_for(child, 0) == 0, "a session of its own");
  if (!failures) say("all checks passed\n");
  return failures;
}
static int lines(void) {
  char line[4096];
  int got;
  while ((got = CALL3(SYS_read, 0, line, sizeof line)) > 0) {
    say_number((u32)got);
    say("[");
    CALL3(SYS_write, 1, line, got);
    say("]\n");
  }
  say(got == 0 ? "end\n" : "error\n");
  return 0;
}
static int raw(u32 min, u32 time) {
  struct termios old, settings;
  unsigned char bytes[64];
  check(ioctl(0, TCGETS, &old) == 0, "TCGETS");
  settings = old;
  settings.lflag &= ~0xbu;
  settings.cc[6] = (unsigned char)min;
  settings.cc[5] = (unsigned char)time;
  check(ioctl(0, TCSETS, &settings) == 0, "TCSETS");
  say("raw\n");
  int got = CALL3(SYS_read, 0, bytes, sizeof bytes);
  say_number((u32)got);
  for (int i = 0; i < got; i++) {
    say(" ");
    say_hex(bytes[i]);
  }
  say("\n");
  ioctl(0, TCSETS, &old);
  return failures;
}
static int wait_for_signals(void) {
  handle(SIGWINCH, on_signal);
  handle(SIGINT, on_signal);
  handle(SIGCONT, on_signal);
  show_size();
  for (;;) {
    CALL2(SYS_nanosleep, ((u32[2]){0, 10000000}), 0);
    if (seen[SIGWINCH]) show_size();
    if (seen[SIGCONT]) say("goes on\n");
    if (seen[SIGINT]) return 7;
    seen[SIGWINCH] = seen[SIGCONT] = 0;
  }
}
int program(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "checks";
  if (same(what, "lines")) return lines();
  if (same(what, "raw")) return raw(number(argv[2]), number(argv[3]));
  if (same(what, "wait")) return wait_for_signals();
  return checks();
}
