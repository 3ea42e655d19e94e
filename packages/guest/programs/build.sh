#!/bin/sh
# Builds the programs again (gcc with 32-bit code generation; no library is needed). The ELF files are in the repository.
set -e
cd "$(dirname "$0")"
for source in *.c; do
  gcc -m32 -march=i686 -O2 -ffreestanding -fno-pic -no-pie -fno-stack-protector -fno-asynchronous-unwind-tables \
    -fcf-protection=none -fno-tree-loop-distribute-patterns -static -nostdlib \
    -Wl,--build-id=none,-z,noseparate-code,-z,max-page-size=4096 -s -o "${source%.c}" "$source"
done
