/* Processes, pipes, signals: a ring of children through which a number goes. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile sig_atomic_t usr1, chld, alarms;
static sigjmp_buf back;
static void count(int signal) {
  if (signal == SIGUSR1) usr1++;
  if (signal == SIGCHLD) chld++;
  if (signal == SIGALRM) alarms++;
}
static void on_fault(int signal) { siglongjmp(back, signal); }
int main(void) {
  struct sigaction action = {.sa_handler = count};
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGALRM, &action, NULL);
  int in[2], out[2], number = 1;
  pipe(in);
  int first = in[1], last = in[0];
  for (int i = 0; i < 8; i++) {
    pipe(out);
    if (fork() == 0) {
      close(first);
      close(out[0]);
      while (read(last, &number, sizeof number) == sizeof number) {
        number = number * 3 + i;
        write(out[1], &number, sizeof number);
      }
      _exit(i);
    }
    close(last);
    close(out[1]);
    last = out[0];
  }
  for (int i = 0; i < 5; i++) {
    write(first, &i, sizeof i);
    read(last, &number, sizeof number);
    printf("%d comes back as %d\n", i, number);
  }
  close(first);
  int codes = 0, status;
  while (wait(&status) > 0) codes += WEXITSTATUS(status);
  printf("codes %d\n", codes);
  kill(getpid(), SIGUSR1);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  raise(SIGUSR1);
  printf("SIGUSR1 %d, ", (int)usr1);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  printf("then %d\n", (int)usr1);
  fflush(stdout);
  action.sa_handler = on_fault;
  sigaction(SIGSEGV, &action, NULL);
  int fault = sigsetjmp(back, 1);
  if (fault == 0) *(volatile int *)0 = 1;
  printf("fault %d\n", fault);
  alarm(1);
  int slept = (int)sleep(10);
  printf("alarms %d, %s\n", (int)alarms, slept > 0 ? "woken" : "slept on");
  fflush(stdout);
  if (fork() == 0) abort();
  wait(&status);
  printf("signal %d\n", WTERMSIG(status));
  char *arguments[] = {"sh", NULL};
  errno = 0;
  execv("/no/such/program", arguments);
  perror("execv");
  return 0;
}
