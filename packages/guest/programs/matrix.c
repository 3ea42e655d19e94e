/* matrix N: multiplies two N by N matrices of integers and prints a checksum. */
#include "start.h"
int program(int argc, char **argv) {
  u32 n = argc > 1 ? number(argv[1]) : 128;
  u32 *a = map(n * n * 4, 2), *b = map(n * n * 4, 2), *c = map(n * n * 4, 2);
  if (!a || !b || !c) return 2;
  u32 state = 12345;
  for (u32 i = 0; i < n * n; i++) {
    a[i] = xorshift(&state);
    b[i] = xorshift(&state);
  }
  for (u32 i = 0; i < n; i++)
    for (u32 j = 0; j < n; j++) {
      u32 sum = 0;
      for (u32 k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
      c[i * n + j] = sum;
    }
  u32 check = 0;
  for (u32 i = 0; i < n * n; i++) check = check * 31 + c[i];
  say("checksum ");
  say_hex(check);
  say("\n");
  return 0;
}
