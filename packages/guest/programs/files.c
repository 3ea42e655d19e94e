/* files: what a program sees of a tree of files. `files` checks, `files cat PATH`, `files write PATH`. */
#include "start.h"
enum {
  SYS_creat = 8, SYS_link = 9, SYS_chdir = 12, SYS_chmod = 15, SYS_rename = 38, SYS_mkdir = 39, SYS_rmdir = 40,
  SYS_umask = 60, SYS_dup2 = 63, SYS_symlink = 83, SYS_readlink = 85, SYS_fcntl = 55, SYS_fchdir = 133, SYS_llseek = 140,
  SYS_writev = 146, SYS_pread = 180, SYS_getcwd = 183, SYS_truncate64 = 193, SYS_stat64 = 195, SYS_lstat64 = 196,
  SYS_fstat64 = 197, SYS_getdents64 = 220, SYS_openat = 295, SYS_mkdirat = 296, SYS_unlinkat = 301, SYS_faccessat = 307,
  SYS_utimensat = 320, SYS_flock = 143, SYS_fcntl64 = 221, SYS_dup3 = 330, SYS_pipe2 = 331, SYS_statx = 383
};
enum { O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0100, O_EXCL = 0200, O_TRUNC = 01000, O_APPEND = 02000, O_NONBLOCK = 04000, O_DIRECTORY = 0200000, O_NOFOLLOW = 0400000, O_CLOEXEC = 02000000 };
enum { ENOENT = 2, EAGAIN = 11, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ERANGE = 34, ENOTEMPTY = 39, ELOOP = 40 };
#define AT_FDCWD (-100)
struct stat64 { u32 dev[2], pad, small_ino, mode, nlink, uid, gid, rdev[2], pad2; u64 size __attribute__((packed)); u32 blksize; u64 blocks __attribute__((packed)); u32 atime, ans, mtime, mns, ctime, cns; u64 ino __attribute__((packed)); };

static int failures;
static void check(int good, const char *what) {
  if (good) return;
  failures++;
  say("FAILED: ");
  say(what);
  say("\n");
}
static int same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}
static int open_at(const char *path, int flags) { return CALL3(SYS_open, path, flags, 0644); }
static struct stat64 status;
static int stat(const char *path) { return CALL2(SYS_stat64, path, &status); }
static int lstat(const char *path) { return CALL2(SYS_lstat64, path, &status); }

static char buffer[4096];
/* Names of a directory, without . and .., separated by spaces, in any order. */
static u32 names(const char *path, const char *wanted) {
  int fd = open_at(path, O_DIRECTORY);
  u32 count = 0, found = 0;
  for (int got; (got = CALL3(SYS_getdents64, fd, buffer, sizeof buffer)) > 0;) {
    for (int at = 0; at < got; at += *(unsigned short *)(buffer + at + 16)) {
      const char *name = buffer + at + 19;
      if (name[0] == '.') continue;
      count++;
      if (same(name, wanted)) found = (u32)(unsigned char)buffer[at + 18];
    }
  }
  CALL1(SYS_close, fd);
  return count << 8 | found;
}

static void directories(void) {
  check(CALL2(SYS_mkdir, "d", 0777) == 0 && CALL2(SYS_mkdir, "d", 0777) == -EEXIST, "mkdir");
  check(stat("d") == 0 && status.mode == 040755 && status.nlink == 2, "stat of a directory");
  check(CALL2(SYS_mkdir, "none/d", 0777) == -ENOENT, "mkdir below nothing");
  check(CALL1(SYS_chdir, "d") == 0, "chdir");
  int length = CALL2(SYS_getcwd, buffer, sizeof buffer);
  check(length > 2 && buffer[length - 1] == 0 && buffer[length - 2] == 'd' && buffer[length - 3] == '/', "getcwd");
  check(CALL2(SYS_getcwd, buffer, 2) == -ERANGE, "getcwd without room");
  int fd = open_at("f", O_RDWR | O_CREAT | O_EXCL);
  check(fd >= 0 && open_at("f", O_RDWR | O_CREAT | O_EXCL) == -EEXIST, "O_EXCL");
  check(CALL3(SYS_write, fd, "0123456789", 10) == 10, "write");
  check(CALL2(SYS_fstat64, fd, &status) == 0 && status.size == 10 && status.mode == 0100644, "fstat64");
  CALL1(SYS_close, fd);
  check(CALL2(SYS_symlink, "f", "l") == 0 && CALL2(SYS_link, "f", "h") == 0, "symlink and link");
  check(lstat("l") == 0 && status.mode == 0120777 && status.size == 1, "lstat");
  check(stat("l") == 0 && status.nlink == 2 && status.size == 10, "stat of a link");
  check(CALL3(SYS_readlink, "l", buffer, 99) == 1 && buffer[0] == 'f', "readlink");
  check(names(".", "l") == (3 << 8 | 10) && names(".", "f") == (3 << 8 | 8) && names("..", "d") % 256 == 4, "getdents64");
  check(stat("f/x") == -ENOTDIR && open_at("../d", O_RDWR) == -EISDIR && open_at("f", O_DIRECTORY) == -ENOTDIR, "ENOTDIR, EISDIR");
  check(open_at("l", O_NOFOLLOW) == -ELOOP, "O_NOFOLLOW");
  CALL2(SYS_symlink, "loop", "loop");
  check(stat("loop") == -ELOOP && CALL1(SYS_unlink, "loop") == 0, "ELOOP");
  check(CALL2(SYS_rename, "h", "f") == 0 && stat("h") == 0, "rename to another name of the same file");
  check(CALL1(SYS_rmdir, "../d") == -ENOTEMPTY && CALL1(SYS_rmdir, "f") == -ENOTDIR, "rmdir");
}

static void contents(void) {
  int fd = open_at("f", O_RDWR | O_APPEND);
  CALL3(SYS_lseek, fd, 0, 0);
  struct { const char *base; u32 length; } pieces[2] = {{"ab", 2}, {"cd", 2}};
  check(CALL3(SYS_writev, fd, pieces, 2) == 4, "writev");
  check(call6(SYS_pread, (u32)fd, (u32)buffer, 20, 8, 0, 0) == 6 && buffer[0] == '8' && buffer[2] == 'a', "O_APPEND, pread");
  u64 place = 0;
  check(call6(SYS_llseek, (u32)fd, 1, 5, (u32)&place, 0, 0) == 0 && place == 0x100000005ull, "_llseek");
  check(CALL3(SYS_write, fd, "", 0) == 0, "write of nothing");
  CALL1(SYS_close, fd);
  check(CALL3(SYS_truncate64, "f", 5000, 0) == 0 && stat("f") == 0 && status.size == 5000, "truncate64");
  fd = open_at("f", O_RDWR | O_TRUNC);
  check(CALL2(SYS_fstat64, fd, &status) == 0 && status.size == 0, "O_TRUNC");
  check(CALL2(SYS_dup2, fd, 500) == 500 && CALL3(SYS_write, 500, "x", 1) == 1, "dup2 to a high descriptor");
  check(CALL3(SYS_fcntl, 500, 0, 600) == 600 && CALL3(SYS_fcntl, 600, 1, 0) == 0, "F_DUPFD");
  check(CALL3(SYS_dup3, 500, 700, O_CLOEXEC) == 700 && CALL3(SYS_fcntl, 700, 1, 0) == 1, "dup3");
  check(CALL3(SYS_dup3, 500, 500, 0) == -EINVAL, "dup3 to itself");
  check((CALL3(SYS_fcntl, fd, 3, 0) & 3) == O_RDWR, "F_GETFL");
  for (int each = 500; each <= 700; each += 100) CALL1(SYS_close, each);
  CALL1(SYS_close, fd);
  int ends[2];
  check(CALL2(SYS_pipe2, ends, O_NONBLOCK) == 0 && CALL3(SYS_read, ends[0], buffer, 1) == -EAGAIN, "a pipe that does not wait");
  CALL1(SYS_close, ends[0]);
  CALL1(SYS_close, ends[1]);
}

static void attributes(void) {
  check(CALL2(SYS_chmod, "f", 0755) == 0 && stat("f") == 0 && status.mode == 0100755, "chmod");
  check(CALL1(SYS_umask, 077) == 022, "umask");
  int fd = open_at("g", O_WRONLY | O_CREAT);
  CALL2(SYS_fstat64, fd, &status);
  check(status.mode == 0100600, "a file under another umask");
  CALL1(SYS_close, fd);
  CALL1(SYS_umask, 022);
  u32 times[4] = {11, 0, 22, 0};
  check(call6(SYS_utimensat, (u32)AT_FDCWD, (u32) "g", (u32)times, 0, 0, 0) == 0, "utimensat");
  check(stat("g") == 0 && status.atime == 11 && status.mtime == 22, "times");
  u32 extended[64];
  check(call6(SYS_statx, (u32)AT_FDCWD, (u32) "g", 0, 0x7ff, (u32)extended, 0) == 0, "statx");
  check((extended[7] & 0xffff) == 0100600 && extended[16] == 11 && extended[28] == 22, "what statx tells");
  check(CALL3(SYS_faccessat, AT_FDCWD, "g", 4) == 0 && CALL3(SYS_faccessat, AT_FDCWD, "no", 0) == -ENOENT, "faccessat");
}

static void at_directories(void) {
  int here = open_at(".", O_DIRECTORY);
  check(CALL3(SYS_mkdirat, here, "e", 0755) == 0, "mkdirat");
  check(CALL1(SYS_chdir, "e") == 0, "chdir below");
  int fd = call6(SYS_openat, (u32)here, (u32) "e/f", O_WRONLY | O_CREAT, 0600, 0, 0);
  check(fd >= 0 && stat("f") == 0, "openat");
  check(call6(SYS_openat, (u32)fd, (u32) "f", 0, 0, 0, 0) == -ENOTDIR, "openat from a file");
  CALL1(SYS_close, fd);
  check(CALL1(SYS_fchdir, here) == 0 && stat("e/f") == 0, "fchdir");
  check(CALL3(SYS_unlinkat, here, "e", 0x200) == -ENOTEMPTY, "unlinkat of a directory with files");
  check(CALL3(SYS_unlinkat, here, "e/f", 0) == 0 && CALL3(SYS_unlinkat, here, "e", 0x200) == 0, "unlinkat");
  CALL1(SYS_close, here);
}

static int wait_for(int pid) {
  int status = -1;
  return call6(SYS_wait4, (u32)pid, (u32)&status, 0, 0, 0, 0) == pid ? status >> 8 : -1;
}

static void locks(void) {
  int one = open_at("f", O_RDWR), two = open_at("f", O_RDWR);
  check(CALL2(SYS_flock, one, 1) == 0 && CALL2(SYS_flock, two, 1) == 0, "two readers' flock");
  check(CALL2(SYS_flock, two, 2 | 4) == -EAGAIN, "flock against a reader");
  CALL1(SYS_close, one);
  check(CALL2(SYS_flock, two, 2 | 4) == 0, "flock when the other file is closed");
  one = open_at("f", O_RDWR);
  int pid = CALL0(SYS_fork);
  if (pid == 0) {
    CALL1(SYS_close, two);
    leave(CALL2(SYS_flock, one, 2) == 0 ? 5 : 6);
  }
  u32 nap[2] = {0, 20000000};
  CALL2(SYS_nanosleep, nap, 0);
  CALL1(SYS_close, two);
  check(wait_for(pid) == 5, "flock waits");
  struct { short type, whence; u64 start __attribute__((packed)), length __attribute__((packed)); int pid; } range = {1, 0, 10, 10, 0}, asked = {1, 0, 15, 0, 0};
  check(CALL3(SYS_fcntl64, one, 13, &range) == 0, "F_SETLK64");
  check(CALL3(SYS_fcntl64, one, 12, &asked) == 0 && asked.type == 2, "F_GETLK64 of an own lock");
  int parent = CALL0(SYS_getpid);
  pid = CALL0(SYS_fork);
  if (pid == 0) {
    asked.type = 0;
    int told = CALL3(SYS_fcntl64, one, 12, &asked) == 0 && asked.type == 1 && asked.pid == parent && asked.start == 10 && asked.length == 10;
    range.start = 19;
    int refused = CALL3(SYS_fcntl64, one, 13, &range) == -EAGAIN;
    range.start = 20;
    leave(told && refused && CALL3(SYS_fcntl64, one, 13, &range) == 0 ? 7 : 8);
  }
  check(wait_for(pid) == 7, "locks of another process");
  range.start = 0;
  range.length = 0;
  check(CALL3(SYS_fcntl64, one, 13, &range) == 0, "the child's locks are gone");
  CALL1(SYS_close, one);
}

static void tidy(void) {
  const char *left[] = {"f", "g", "h", "l"};
  for (u32 i = 0; i < 4; i++) check(CALL1(SYS_unlink, left[i]) == 0, left[i]);
  check(CALL1(SYS_chdir, "..") == 0 && CALL1(SYS_rmdir, "d") == 0, "back, and rmdir");
}

static int cat(const char *path) {
  int fd = open_at(path, 0);
  if (fd < 0) {
    say("error ");
    say_number((u32)-fd);
    say("\n");
    return 1;
  }
  CALL2(SYS_fstat64, fd, &status);
  for (int shift = 15; shift >= 0; shift -= 3) say_number(status.mode >> shift & 7);
  say(" ");
  say_number((u32)status.size);
  say("\n");
  for (int got; (got = CALL3(SYS_read, fd, buffer, sizeof buffer)) > 0;) CALL3(SYS_write, 1, buffer, got);
  return 0;
}

static int put(const char *path) {
  int fd = open_at(path, O_WRONLY | O_CREAT);
  if (fd >= 0) return CALL3(SYS_write, fd, "x", 1) != 1;
  say("error ");
  say_number((u32)-fd);
  say("\n");
  return 1;
}

int program(int argc, char **argv) {
  if (argc > 2) return argv[1][0] == 'c' ? cat(argv[2]) : put(argv[2]);
  if (CALL1(SYS_chdir, "/tmp") != 0) return 1;
  directories();
  contents();
  attributes();
  locks();
  at_directories();
  tidy();
  say(failures ? "some checks failed\n" : "all checks passed\n");
  return failures;
}
