/* forkstorm CHILDREN KiB: children write to memory that they share with the parent until they do. Each must see its own words only. */
#include "start.h"
int program(int argc, char **argv) {
  u32 children = argc > 1 ? number(argv[1]) : 8;
  u32 words = (argc > 2 ? number(argv[2]) : 256) * 256;
  u32 *memory = map(words * 4, 2);
  if (!memory) return 2;
  for (u32 i = 0; i < words; i++) memory[i] = i;
  for (u32 child = 1; child <= children; child++) {
    int pid = CALL0(SYS_fork);
    if (pid < 0) return 3;
    if (pid == 0) {
      for (u32 i = 0; i < words; i += 7) memory[i] = i * child;
      for (u32 i = 0; i < words; i++)
        if (memory[i] != (i % 7 == 0 ? i * child : i)) leave(200);
      leave(child & 127);
    }
  }
  u32 sum = 0, expected = 0;
  for (u32 child = 1; child <= children; child++) {
    int status = 0;
    if (call6(SYS_wait4, (u32)-1, (u32)&status, 0, 0, 0, 0) <= 0) return 4;
    sum += (u32)status;
    expected += (child & 127) << 8;
  }
  for (u32 i = 0; i < words; i++)
    if (memory[i] != i) return 5;
  say_number(children);
  say(sum == expected ? " children, every word right\n" : " children, wrong words\n");
  return sum != expected;
}
