/* mapfile KiB: writes a file, maps it shared, changes it through the mapping, reads it back with read(), and the other way round. */
#include "start.h"
int program(int argc, char **argv) {
  u32 bytes = (argc > 1 ? number(argv[1]) : 64) * 1024, pages = bytes / 4096, wrong = 0;
  int fd = CALL3(SYS_open, "/mapfile.data", 0102, 0644);
  if (fd < 0) return 2;
  u32 buffer[1024];
  for (u32 page = 0; page < pages; page++) {
    for (u32 i = 0; i < 1024; i++) buffer[i] = page * 1024 + i;
    if (CALL3(SYS_write, fd, buffer, 4096) != 4096) return 3;
  }
  u32 *file = (u32 *)call6(SYS_mmap2, 0, bytes, 3, 1, (u32)fd, 0);
  if ((int)file < 0 && (int)file > -4096) return 4;
  for (u32 i = 0; i < bytes / 4; i++) {
    if (file[i] != i) wrong++;
    file[i] = ~i;
  }
  CALL3(SYS_lseek, fd, 0, 0);
  for (u32 page = 0; page < pages; page++) {
    if (CALL3(SYS_read, fd, buffer, 4096) != 4096) return 5;
    for (u32 i = 0; i < 1024; i++)
      if (buffer[i] != ~(page * 1024 + i)) wrong++;
  }
  CALL3(SYS_lseek, fd, 4096, 0);
  if (CALL3(SYS_write, fd, "seen at once", 12) != 12 || file[1024] != 0x6e656573) wrong++;
  CALL2(SYS_munmap, file, bytes);
  CALL1(SYS_close, fd);
  CALL1(SYS_unlink, "/mapfile.data");
  say_number(pages);
  say(" pages, ");
  say_number(wrong);
  say(" words wrong\n");
  return wrong != 0;
}
