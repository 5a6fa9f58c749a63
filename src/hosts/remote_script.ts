// Pure: what the shell of a host is told until imp runs there. host_approach.ts reads what it says.
import { coveredBytes, type WorkerImage } from "./worker_image.ts";

/** What each line begins with that the scripts print. */
export const SAYS = "imp-host ";
/** Bytes that a place must have left beside the executable. */
const ROOM = 4 << 20;
/** After so many days a copy that nobody has started is removed, after so many minutes what came of half of one. */
const UNUSED_DAYS = 14, ABANDONED_MINUTES = 10;
const RUN = "worker --stdio";

/** Where imp may be installed: PATH is short where nobody logs in. */
const INSTALLED = ["imp", "/usr/local/bin/imp", '"$HOME/.local/bin/imp"'];
/** Where it is copied to: the first that is the user's own, from which programs may be executed, and that has room. */
const PLACES = [
  '"${XDG_CACHE_HOME:-$HOME/.cache}/imp"',
  '"${XDG_RUNTIME_DIR:-/-}/imp"',
  "/var/tmp/imp-$u",
  "/tmp/imp-$u",
];
/** What unpacks, and what checks. */
const TOOLS = ["zstd", "gzip", "sha256sum", "shasum", "openssl"];

/**
 * The command that finds an imp of this version and becomes its worker, or says what the host has for taking one in. The
 * user's login shell reads it, be it sh, csh or fish: in single quotes none of them acts upon anything but quotes,
 * backslashes, exclamation marks and line breaks, and there are none.
 */
export function startingCommand(version: string, images: readonly WorkerImage[]): string {
  const names = images.map((image) => `${image.arch}) n=${copyName(version, image)};;`);
  return inShell([
    `for i in ${INSTALLED.join(" ")}; do`,
    `[ "$("$i" --version 2>/dev/null </dev/null)" = "imp ${version}" ] && exec "$i" ${RUN}; done;`,
    `u=$(id -u); m=$(uname -m); n=-; case $m in ${names.join(" ")} esac;`,
    `for d in ${PLACES.join(" ")}; do f=$d/$n;`,
    `[ -x "$f" ] && [ -O "$f" ] && [ -O "$d" ] && { touch -c "$f" 2>/dev/null; exec "$f" ${RUN}; }; done;`,
    "w=$(uname -s);",
    `for t in ${TOOLS.join(" ")}; do command -v $t >/dev/null && w="$w $t"; done;`,
    `echo; echo "${SAYS}needs $m $w"`,
  ]);
}

/** The command that does what a line on its stdin says, which may have what it needs behind it. */
export const RECEIVING_COMMAND = inShell(['read -r s && eval "$s"']);

function inShell(lines: readonly string[]): string {
  return `exec /bin/sh -c '${lines.join(" ")}'`;
}

/** What an executable is called where it was copied to. */
export function copyName(version: string, { digest }: WorkerImage): string {
  return `imp-${version}-${digest.slice(0, 16)}`;
}

/** What prints the SHA-256 of its stdin. */
const CHECKSUMS: Readonly<Record<string, string>> = {
  sha256sum: "sha256sum",
  shasum: "shasum -a 256",
  openssl: "openssl dgst -sha256 -r",
};

/** @param tools that the host has */
export function checksumCommand(tools: readonly string[]): string | undefined {
  return Object.keys(CHECKSUMS).filter((tool) => tools.includes(tool))
    .map((tool) => CHECKSUMS[tool])[0];
}

/**
 * A line that has the host's shell look for a place, and put there what follows on its stdin. The copy gets its name only when
 * it is whole and has been run.
 * @param unpack what makes the executable of stdin
 * @param checksum what prints the SHA-256 of stdin
 */
export function receivingScript(
  version: string,
  image: WorkerImage,
  unpack: string,
  checksum: string,
): string {
  const kilobytes = Math.ceil((image.size + ROOM) / 1024);
  return [
    "set -f; umask 077; u=$(id -u); h=$(uname -n)-$$; q=;",
    // Whether a directory can be used; why not is r.
    'fits() { mkdir -p "$1" 2>/dev/null;',
    '[ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ]',
    '|| { r="is not a directory of this user"; return 1; };',
    'case $(ls -ld "$1") in drwx------*) ;; *) r="is open to others"; return 1;; esac;',
    'p=$1/try-$h; { printf "#!/bin/sh\\nexit 0\\n" >"$p" && chmod 700 "$p"; } 2>/dev/null',
    '|| { rm -f "$p"; r="cannot be written to"; return 1; };',
    '"$p" 2>/dev/null; x=$?; rm -f "$p"; [ $x = 0 ] || { r="is mounted noexec"; return 1; };',
    'set -- $(df -Pk "$1" 2>/dev/null | tail -n 1); case ${4:-x} in *[!0-9]*) ;; *)',
    `[ $4 -ge ${kilobytes} ] || { r="has $(($4 / 1024)) MB left"; return 1; };; esac; };`,
    `d=; for g in ${PLACES.join(" ")}; do`,
    // Where everybody may write, nobody may take away what is another's.
    "case $g in /tmp/*) [ -k /tmp ] || continue;; /var/tmp/*) [ -k /var/tmp ] || continue;;",
    "/-/*) continue;; /*) ;; *) continue;; esac;",
    'if fits "$g"; then d=$g; break; fi; q="$q${q:+, }$g $r"; done;',
    `[ -n "$d" ] || { echo "${SAYS}room $q"; exit 1; };`,
    `t=$d/new-$h; trap 'rm -f "$t"' EXIT; trap "exit 1" HUP INT TERM PIPE;`,
    `e=$({ ${unpack} >"$t"; } 2>&1);`,
    `s=$(head -c ${coveredBytes(image)} "$t" | ${checksum}); s=\${s%% *};`,
    `[ "$s" = ${image.digest} ] || { echo ${SAYS}broken $d $e; exit 1; };`,
    'chmod 700 "$t"; e=$("$t" --version 2>&1 </dev/null); x=$?;',
    `[ "$e" = "imp ${version}" ] || { echo ${SAYS}foreign $x $e; exit 1; };`,
    // After a crash of the machine a name must not stand for less.
    'sync "$t" 2>/dev/null || sync;',
    `mv -f "$t" "$d/${copyName(version, image)}" || exit 1; echo ${SAYS}done $d;`,
    `find "$d" -type f -name "imp-*" -mtime +${UNUSED_DAYS} -exec rm -f {} + 2>/dev/null;`,
    `find "$d" -type f -name "new-*" -mmin +${ABANDONED_MINUTES} -exec rm -f {} + 2>/dev/null`,
  ].join(" ");
}
