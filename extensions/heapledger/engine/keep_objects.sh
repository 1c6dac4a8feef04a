#!/bin/sh
# Stands where the linker would: keeps the objects that rustc made of a program, in OUTPUT.objects, and links nothing.
# Named cc where it is used, for rustc tells a linker's kind by its name.
count=$#
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  count=$((count - 1))
  case $word in
  *.rcgu.o) set -- "$@" "$word" ;;
  -o)
    output=$1
    shift
    count=$((count - 1))
    ;;
  esac
done
cp "$@" "$output.objects/"
