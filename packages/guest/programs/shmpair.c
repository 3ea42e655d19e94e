/* shmpair KiB: parent and child share a segment: the child adds to what the parent wrote, the parent checks. */
#include "start.h"
enum { SYS_ipc = 117, SHMAT = 21, SHMDT = 22, SHMGET = 23, SHMCTL = 24 };
int program(int argc, char **argv) {
  u32 words = (argc > 1 ? number(argv[1]) : 64) * 256;
  int id = call6(SYS_ipc, SHMGET, 0, words * 4, 01600, 0, 0);
  if (id < 0) return 2;
  u32 *memory = 0;
  if (call6(SYS_ipc, SHMAT, (u32)id, 0, (u32)&memory, 0, 0) != 0) return 3;
  for (u32 i = 0; i < words; i++) memory[i] = i;
  int pid = CALL0(SYS_fork);
  if (pid < 0) return 4;
  if (pid == 0) {
    for (u32 i = 0; i < words; i++) memory[i] += 1000000;
    leave(0);
  }
  int status = -1;
  call6(SYS_wait4, (u32)pid, (u32)&status, 0, 0, 0, 0);
  u32 wrong = 0;
  for (u32 i = 0; i < words; i++)
    if (memory[i] != i + 1000000) wrong++;
  if (call6(SYS_ipc, SHMDT, 0, 0, 0, (u32)memory, 0) != 0) return 5;
  if (call6(SYS_ipc, SHMCTL, (u32)id, 0, 0, 0, 0) != 0) return 6;
  say_number(words);
  say(" words shared, ");
  say_number(wrong);
  say(" wrong\n");
  return wrong != 0 || status != 0;
}
