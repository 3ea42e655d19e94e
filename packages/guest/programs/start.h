/* The least that a freestanding program needs: entry point, system calls, a few lines of output. */
typedef unsigned int u32;
typedef unsigned long long u64;

enum {
  SYS_exit = 1, SYS_fork = 2, SYS_read = 3, SYS_write = 4, SYS_open = 5, SYS_close = 6, SYS_execve = 11,
  SYS_lseek = 19, SYS_getpid = 20, SYS_kill = 37, SYS_dup = 41, SYS_pipe = 42, SYS_brk = 45, SYS_unlink = 10,
  SYS_sigaction = 67, SYS_gettimeofday = 78, SYS_munmap = 91, SYS_fstat = 108, SYS_wait4 = 114, SYS_uname = 122,
  SYS_mprotect = 125, SYS_msync = 144, SYS_nanosleep = 162, SYS_mremap = 163, SYS_vfork = 190, SYS_mmap2 = 192,
  SYS_mincore = 218, SYS_madvise = 219, SYS_clock_gettime = 265
};

static inline int call6(int nr, u32 a, u32 b, u32 c, u32 d, u32 e, u32 f) {
  int result;
  u32 args[2] = {(u32)nr, f};
  __asm__ volatile(
      "push %%ebp\n\tmov 4(%%eax), %%ebp\n\tmov (%%eax), %%eax\n\tint $0x80\n\tpop %%ebp"
      : "=a"(result)
      : "0"(args), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
      : "memory");
  return result;
}
static inline int call3(int nr, u32 a, u32 b, u32 c) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "0"(nr), "b"(a), "c"(b), "d"(c) : "memory");
  return result;
}
#define CALL0(nr) call3(nr, 0, 0, 0)
#define CALL1(nr, a) call3(nr, (u32)(a), 0, 0)
#define CALL2(nr, a, b) call3(nr, (u32)(a), (u32)(b), 0)
#define CALL3(nr, a, b, c) call3(nr, (u32)(a), (u32)(b), (u32)(c))

static u32 length(const char *text) {
  u32 n = 0;
  while (text[n]) n++;
  return n;
}
static void say(const char *text) { CALL3(SYS_write, 1, text, length(text)); }
static void say_number(u32 value) {
  char digits[11];
  int at = 11;
  do digits[--at] = '0' + value % 10; while (value /= 10);
  CALL3(SYS_write, 1, digits + at, 11 - at);
}
static void say_hex(u32 value) {
  char digits[8];
  for (int i = 0; i < 8; i++) digits[i] = "0123456789abcdef"[(value >> (28 - 4 * i)) & 15];
  CALL3(SYS_write, 1, digits, 8);
}
static u32 number(const char *text) {
  u32 value = 0;
  while (*text >= '0' && *text <= '9') value = value * 10 + (*text++ - '0');
  return value;
}
static void leave(int code) {
  for (;;) CALL1(SYS_exit, code);
}
/* Anonymous memory, private (2) or shared (1). */
static void *map(u32 bytes, int sharing) {
  int at = call6(SYS_mmap2, 0, bytes, 3, 0x20 | sharing, (u32)-1, 0);
  return at < 0 && at > -4096 ? 0 : (void *)at;
}
static inline u32 xorshift(u32 *state) {
  u32 x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}
/* The compiler may call these. */
void *memset(void *to, int byte, u32 n) {
  void *at = to;
  __asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(byte) : "memory");
  return to;
}
void *memcpy(void *to, const void *from, u32 n) {
  void *at = to;
  __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n) : : "memory");
  return to;
}

int program(int argc, char **argv);
__attribute__((used)) static void begin(u32 *stack) { leave(program((int)stack[0], (char **)(stack + 1))); }
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n push %eax\n call begin\n");
