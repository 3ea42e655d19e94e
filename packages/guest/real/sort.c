/* Sorts records of the C library's heap, and prints sums of what comes out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct record { unsigned key; char text[28]; };
static int by_key(const void *a, const void *b) {
  const struct record *x = a, *y = b;
  return x->key != y->key ? (x->key < y->key ? -1 : 1) : strcmp(x->text, y->text);
}
int main(int argc, char **argv) {
  int count = (argc > 1 ? atoi(argv[1]) : 8) << 15;
  struct record *records = malloc(sizeof *records * (size_t)count);
  unsigned state = 12345, sum = 0;
  if (!records) return 1;
  for (int i = 0; i < count; i++) {
    state = state * 1664525u + 1013904223u;
    records[i].key = state >> 7;
    snprintf(records[i].text, sizeof records[i].text, "record %d", i);
  }
  qsort(records, (size_t)count, sizeof *records, by_key);
  for (int i = 0; i < count; i++) {
    if (i > 0 && records[i - 1].key > records[i].key) return 2;
    for (const char *c = records[i].text; *c; c++) sum = sum * 31 + (unsigned char)*c;
  }
  printf("%d records, first %s, last %s, sum %u\n", count, records[0].text, records[count - 1].text, sum);
  return 0;
}
