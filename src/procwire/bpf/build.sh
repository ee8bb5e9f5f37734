#!/bin/sh
# Compiles every *.bpf.c into the folder given (default: here). The same compiler gives the same bytes everywhere:
# no paths, no debug sections but BTF, kernel types from kernel.h and not from the kernel of the day. compiler.txt
# names the compiler of the committed objects.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)
clang="${CLANG:-clang}"
cd "$here"
for source in *.bpf.c; do
  object="$out/${source%.c}.o"
  "$clang" -O2 -g -target bpf -mcpu=v3 -Wall -Werror -fdebug-compilation-dir=. -ffile-prefix-map="$here"=. \
    -c "$source" -o "$object"
  "${LLVM_STRIP:-llvm-strip}" -g "$object"
done
"$clang" --version | sed -n 's/.*clang version \([0-9.]*\).*/\1/p' >"$out/compiler.txt"
