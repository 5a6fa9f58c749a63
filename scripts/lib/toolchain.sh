# shellcheck shell=sh
# Finds the pinned Deno and Bun, or fetches them from the npm registry into .toolchain/ of this clone.
#
# Sourced by the scripts beside it, with $root set to the clone. Offers:
#   toolchain_deno          sets $DENO and exports DENO_DIR
#   toolchain_bun           sets $BUN, the Bun that runs on this machine
#   toolchain_runtime NAME  sets $RUNTIME to Bun's executable for another machine (linux-arm64 …)
# Everything that is said goes to stderr.

# Each script explains itself in its first lines.
case ${1-} in -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

DENO_VERSION=2.9.6
BUN_VERSION=1.4.5

toolchain=$root/.toolchain

fail() {
  printf 'imp: %s\n' "$*" >&2
  exit 1
}

say() {
  printf 'imp: %s\n' "$*" >&2
}

toolchain_deno() {
  case $(deno --version 2>/dev/null </dev/null) in
    "deno ${DENO_VERSION%.*}."*) DENO=$(command -v deno) ;;
    *) toolchain_install_deno ;;
  esac
  # Inside the clone, so that a build needs no home directory and leaves nothing in one.
  export DENO_DIR="${DENO_DIR:-$toolchain/deno-cache}" DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1
  toolchain_like_npm
}

# Deno asks the registry itself; where npm has a mirror or certificates of its own, Deno gets the same.
toolchain_like_npm() {
  export DENO_TLS_CA_STORE="${DENO_TLS_CA_STORE:-mozilla,system}"
  command -v npm >/dev/null 2>&1 || return 0
  while IFS='=' read -r key value; do
    case $key:$value in
      *:null | *:) ;;
      registry:*) export NPM_CONFIG_REGISTRY="${NPM_CONFIG_REGISTRY:-$value}" ;;
      cafile:*) export DENO_CERT="${DENO_CERT:-$value}" ;;
    esac
  done <<EOF
$(npm config get registry cafile 2>/dev/null </dev/null)
EOF
}

toolchain_install_deno() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) arch=x64 ;;
    # Deno 2.9.6 was not published to npm for this machine.
    Linux-aarch64) arch=arm64 DENO_VERSION=2.9.5 ;;
    *) fail "cannot fetch Deno for $(uname -s) $(uname -m): install Deno $DENO_VERSION on PATH" ;;
  esac
  toolchain_fetch "@deno/linux-$arch-glibc" "$DENO_VERSION" deno
  DENO=$toolchain/@deno/linux-$arch-glibc-$DENO_VERSION/deno
  "$DENO" --version >/dev/null 2>&1 </dev/null ||
    fail "cannot run $DENO: Deno from npm needs glibc; install Deno $DENO_VERSION on PATH"
}

# Bun must be exactly the pinned one: its executable becomes part of dist/imp and is patched by layout.
toolchain_bun() {
  if [ "$(bun --version 2>/dev/null </dev/null)" = "$BUN_VERSION" ]; then
    BUN=$(command -v bun)
    return
  fi
  machine=$(toolchain_machine) || exit 1
  toolchain_runtime "$machine"
  BUN=$RUNTIME
  "$BUN" --version >/dev/null 2>&1 </dev/null || fail "cannot run $BUN: Bun from npm needs glibc 2.17 or newer"
}

toolchain_machine() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) if grep -qw avx2 /proc/cpuinfo; then echo linux-x64; else echo linux-x64-baseline; fi ;;
    Linux-aarch64) echo linux-arm64 ;;
    *) fail "cannot fetch Bun for $(uname -s) $(uname -m): only Linux on x86-64 and arm64 is supported" ;;
  esac
}

toolchain_runtime() {
  case $1 in
    linux-x64 | linux-x64-baseline | linux-x64-musl) package=bun-$1 ;;
    linux-arm64 | linux-arm64-musl) package=bun-linux-aarch64${1#linux-arm64} ;;
    *) fail "unknown target '$1': linux-x64, linux-x64-baseline, linux-x64-musl, linux-arm64 or linux-arm64-musl" ;;
  esac
  toolchain_fetch "@oven/$package" "$BUN_VERSION" bin/bun
  RUNTIME=$toolchain/@oven/$package-$BUN_VERSION/bun
}

# toolchain_fetch PACKAGE VERSION FILE: the one executable of an npm package, into $toolchain/PACKAGE-VERSION/.
# It appears there by rename, so a killed run leaves no half of it and racing runs replace it by the same bytes.
# A subshell, so that its traps are its own.
toolchain_fetch() (
  destination=$toolchain/$1-$2/${3##*/}
  [ ! -x "$destination" ] || exit 0
  command -v npm >/dev/null 2>&1 ||
    fail "cannot fetch $1 $2: npm is not on PATH (install Node.js with npm, or Deno $DENO_VERSION and Bun $BUN_VERSION)"
  { mkdir -p "$toolchain" && tmp=$(mktemp -d "$toolchain/tmp.XXXXXX"); } 2>/dev/null ||
    fail "cannot fetch $1 $2: $toolchain is not writable by $(id -un): build once as the owner of this clone"
  trap 'rm -rf "$tmp"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # What a run killed by SIGKILL left behind.
  find "$toolchain" -maxdepth 1 -name 'tmp.*' -mmin +60 -exec rm -rf {} + 2>/dev/null || :
  say "fetching $1 $2 from the npm registry"
  # --force: npm refuses packages for other machines otherwise. The package.json makes npm install here, and
  # not in the clone above; --prefix would do so too, but loses the machine's npmrc (proxy, certificates).
  echo '{}' >"$tmp/package.json"
  (
    cd "$tmp"
    exec npm install --cache "$tmp/cache" --ignore-scripts --force --no-save --no-package-lock \
      --no-audit --no-fund --no-update-notifier --loglevel=error "$1@$2"
  ) >"$tmp/log" 2>&1 </dev/null || {
    cat "$tmp/log" >&2
    fail "cannot fetch $1 $2: npm install failed (its messages are above)"
  }
  chmod 755 "$tmp/node_modules/$1/$3"
  mkdir -p "${destination%/*}"
  mv -f "$tmp/node_modules/$1/$3" "$destination"
)
