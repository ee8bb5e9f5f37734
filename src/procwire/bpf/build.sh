#!/bin/sh
# Compiles owners.bpf.c into the folder given (default: here). The same compiler gives the same bytes everywhere:
# no paths, no debug sections but BTF, kernel types from kernel.h and not from the kernel of the day.
set -eu
here=$(dirname "$0")
out=$(cd "${1:-$here}" && pwd)
cd "$here"
"${CLANG:-clang}" -O2 -g -target bpf -mcpu=v3 -Wall -Werror -fdebug-compilation-dir=. -ffile-prefix-map="$PWD"=. \
  -c owners.bpf.c -o "$out/owners.bpf.o"
"${LLVM_STRIP:-llvm-strip}" -g "$out/owners.bpf.o"
