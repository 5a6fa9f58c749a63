// Pure: the scripts for a host's shell until imp runs there. host_approach.ts parses their output.
import { coveredBytes, type WorkerImage } from "./worker_image.ts";

/** The beginning of each line that the scripts print. */
export const SAYS = "imp-host ";
/** Bytes that must remain free beside the executable. */
const ROOM = 4 << 20;
/** An unused copy is removed after so many days, an incomplete one after so many minutes. */
const UNUSED_DAYS = 14, ABANDONED_MINUTES = 10;
const RUN = "worker --stdio";

/** Where imp may be installed: PATH is short in non-login shells. */
const INSTALLED = ["imp", "/usr/local/bin/imp", '"$HOME/.local/bin/imp"'];
/** Where it is copied to: the first directory that belongs to the user, allows execution, and has room. */
const PLACES = [
  '"${XDG_CACHE_HOME:-$HOME/.cache}/imp"',
  '"${XDG_RUNTIME_DIR:-/-}/imp"',
  "/var/tmp/imp-$u",
  "/tmp/imp-$u",
];
/** Decompressors and checksum programs. */
const TOOLS = ["zstd", "gzip", "sha256sum", "shasum", "openssl"];

/**
 * The command that finds this version of imp and becomes its worker, or reports what the host has for receiving one. It
 * is read by the user's login shell, be it sh, csh or fish: in single quotes none of them interprets anything but
 * quotes, backslashes, exclamation marks and line breaks, and it contains none.
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

/** The command that evaluates a line on its stdin; the line may use the input that follows it. */
export const RECEIVING_COMMAND = inShell(['read -r s && eval "$s"']);

function inShell(lines: readonly string[]): string {
  return `exec /bin/sh -c '${lines.join(" ")}'`;
}

/** The file name of a copied executable. */
export function copyName(version: string, { digest }: WorkerImage): string {
  return `imp-${version}-${digest.slice(0, 16)}`;
}

/** Commands that print the SHA-256 of their stdin. */
const CHECKSUMS: Readonly<Record<string, string>> = {
  sha256sum: "sha256sum",
  shasum: "shasum -a 256",
  openssl: "openssl dgst -sha256 -r",
};

/** @param tools of the host */
export function checksumCommand(tools: readonly string[]): string | undefined {
  return Object.keys(CHECKSUMS).filter((tool) => tools.includes(tool))
    .map((tool) => CHECKSUMS[tool])[0];
}

/**
 * A line that makes the host's shell find a place and store the following input there. The copy is renamed only once it
 * is complete and has been run.
 * @param unpack extracts the executable from stdin
 * @param checksum prints the SHA-256 of stdin
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
    // Whether a directory is usable; if not, the reason is in r.
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
    // In a world-writable directory, nobody must be able to remove another's files.
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
    // After a crash of the machine the name must not refer to an incomplete file.
    'sync "$t" 2>/dev/null || sync;',
    `mv -f "$t" "$d/${copyName(version, image)}" || exit 1;`,
    `find "$d" -type f -name "imp-*" -mtime +${UNUSED_DAYS} -exec rm -f {} + 2>/dev/null;`,
    `find "$d" -type f -name "new-*" -mmin +${ABANDONED_MINUTES} -exec rm -f {} + 2>/dev/null;`,
    `echo ${SAYS}done $d`,
  ].join(" ");
}
