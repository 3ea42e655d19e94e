/* quicksort MiB [DESCRIPTOR]: fills memory with random words, sorts it, and checks order, sum and exclusive or of all; writes
   the sorted words to a descriptor. */
#include "start.h"
static void sort(u32 *low, u32 *high) {
  while (high - low > 16) {
    u32 a = *low, b = low[(high - low) / 2], c = *high;
    u32 pivot = a < b ? (b < c ? b : (a < c ? c : a)) : (a < c ? a : (b < c ? c : b));
    u32 *i = low, *j = high;
    while (i <= j) {
      while (*i < pivot) i++;
      while (*j > pivot) j--;
      if (i > j) break;
      u32 t = *i;
      *i++ = *j;
      *j-- = t;
    }
    /* The smaller part first: the stack stays small. */
    if (j - low < high - i) {
      sort(low, j);
      low = i;
    } else {
      sort(i, high);
      high = j;
    }
  }
  for (u32 *i = low + 1; i <= high; i++) {
    u32 value = *i, *j = i;
    for (; j > low && j[-1] > value; j--) *j = j[-1];
    *j = value;
  }
}
int program(int argc, char **argv) {
  u32 words = (argc > 1 ? number(argv[1]) : 16) << 18;
  u32 *memory = map(words * 4, 2);
  if (!memory) return 2;
  u32 state = 2463534242u, sum = 0, mixed = 0;
  for (u32 i = 0; i < words; i++) {
    u32 word = xorshift(&state);
    memory[i] = word;
    sum += word;
    mixed ^= word;
  }
  sort(memory, memory + words - 1);
  u32 unsorted = 0;
  for (u32 i = 0; i < words; i++) {
    if (i > 0 && memory[i - 1] > memory[i]) unsorted++;
    sum -= memory[i];
    mixed ^= memory[i];
  }
  if (argc > 2) CALL3(SYS_write, number(argv[2]), memory, words * 4);
  say("sorted ");
  say_number(words);
  say(" words; out of order ");
  say_number(unsorted);
  say(sum == 0 && mixed == 0 ? ", none lost; median " : ", SOME LOST; median ");
  say_hex(memory[words / 2]);
  say("\n");
  return unsorted != 0 || sum != 0 || mixed != 0;
}
