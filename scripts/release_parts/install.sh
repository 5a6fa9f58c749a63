#!/bin/sh
# install.sh [--prefix DIR] [--uninstall]: installs imp from the unpacked archive in which this file lies, or removes it.
# DIR: /usr/local for root, ~/.local for others. Every file is checked against SHA256SUMS first; imp is replaced by rename,
# so what runs goes on. Nothing is downloaded.
set -eu

fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

# What a careful root's umask makes is for everybody too.
umask 022
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
prefix=
uninstall=
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -ge 2 ] || fail '--prefix needs a directory'; prefix=$2; shift ;;
    --prefix=*) prefix=${1#--prefix=} ;;
    --uninstall) uninstall=yes ;;
    -h | --help) sed -n '2,/^set/s/^# //p' "$0"; exit 0 ;;
    *) printf 'usage: install.sh [--prefix DIR] [--uninstall]\n' >&2; exit 2 ;;
  esac
  shift
done
if [ -z "$prefix" ]; then
  if [ "$(id -u)" = 0 ]; then prefix=/usr/local
  else prefix=${HOME:?install.sh: HOME is not set: use --prefix DIR}/.local; fi
fi
case $prefix in /*) ;; *) fail "not an absolute path: $prefix" ;; esac
list=$prefix/share/imp/installed

# Whatever an earlier version has installed and this one has not.
remove_others() {
  [ -f "$list" ] || return 0
  while IFS= read -r file; do
    case $file in
      /* | *..* | '') fail "$list is not a list of installed files" ;;
    esac
    grep -qxF -- "$file" "$1" || rm -f -- "$prefix/$file"
  done <"$list"
}

if [ "$uninstall" ]; then
  [ -f "$list" ] || fail "nothing to remove: $list does not exist"
  remove_others /dev/null
  rm -f -- "$list"
  rmdir -- "$prefix/share/imp" 2>/dev/null || :
  printf 'removed imp from %s\n' "$prefix"
  exit 0
fi

command -v sha256sum >/dev/null 2>&1 || fail 'cannot verify: sha256sum is not installed (coreutils, busybox)'
[ -f "$here/SHA256SUMS" ] || fail "no SHA256SUMS in $here: run the install.sh of an unpacked archive"
(cd "$here" && sha256sum -c SHA256SUMS >/dev/null) || fail 'the archive is damaged or changed: download it again'
"$here/bin/imp" version --verify >/dev/null || fail 'this imp does not run here; it needs the machine that the archive is named for, and its libc'

new=$(mktemp)
trap 'rm -f "$new"' EXIT
(cd "$here" && find bin share -type f) | sort >"$new"
while IFS= read -r file; do
  target=$prefix/$file
  mkdir -p -- "${target%/*}" || fail "cannot make ${target%/*}"
  mode=644
  [ "$file" != bin/imp ] || mode=755
  # A half copied file never has the name; what runs from the old one goes on.
  { cp -- "$here/$file" "$target.new.$$" && chmod "$mode" "$target.new.$$" && mv -f -- "$target.new.$$" "$target"; } ||
    { rm -f -- "$target.new.$$"; fail "cannot write $target"; }
done <"$new"
remove_others "$new"
mkdir -p -- "$prefix/share/imp"
cp -- "$new" "$list.new.$$" && chmod 644 "$list.new.$$" && mv -f -- "$list.new.$$" "$list"
printf 'installed %s in %s\n' "$("$prefix/bin/imp" version)" "$prefix/bin"
case :$PATH: in
  *":$prefix/bin:"*) ;;
  *) printf 'not on PATH: %s\n' "$prefix/bin" ;;
esac
