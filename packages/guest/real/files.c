/* Files in the working directory: what is written is read, in pieces, by names that change. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
  FILE *file = fopen("real-a", "w+");
  if (!file) return 1;
  for (int i = 0; i < 100000; i++) fprintf(file, "line %d of a file\n", i);
  long size = ftell(file);
  unsigned sum = 0;
  int c;
  rewind(file);
  while ((c = getc(file)) != EOF) sum = sum * 31 + (unsigned)c;
  printf("%ld bytes, sum %u\n", size, sum);
  fseek(file, -17, SEEK_END);
  char line[64];
  fgets(line, sizeof line, file);
  printf("last: %s", line);
  char *map = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fileno(file), 0);
  if (map == MAP_FAILED) return 2;
  sum = 0;
  for (long i = 0; i < size; i++) sum = sum * 31 + (unsigned char)map[i];
  printf("mapped: %u\n", sum);
  munmap(map, (size_t)size);
  fclose(file);
  rename("real-a", "real-b");
  struct stat status;
  printf("%d %d, size %ld\n", stat("real-a", &status), stat("real-b", &status), (long)status.st_size);
  truncate("real-b", 10);
  file = fopen("real-b", "a+");
  fputs("more", file);
  rewind(file);
  fgets(line, sizeof line, file);
  printf("%s\n", line);
  fclose(file);
  unlink("real-b");
  printf("%d\n", access("real-b", F_OK));
  return 0;
}
