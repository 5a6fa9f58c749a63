import { S_IRWXO, S_IWGRP } from "../../libc/abi_files.ts";
import { textFromBytes } from "../../base/byte_text.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../../libc/abi.ts";
import { libc } from "../../libc/calling/load.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { closeFile, readToEnd, tryOpen } from "../../libc/descriptors/files.ts";
import { type FileStatus, statFd } from "../../libc/descriptors/stat.ts";
import { rawWord } from "../../libc/processes/process_image.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";

const LARGEST = 1 << 20;

/**
 * The variables in a file of `--env-file`: lines `K=V`.
 * @param user the program's: the file may belong to that user
 * @throws ImpError if it cannot be read, everybody can read or change it, or a line sets no variable
 */
export function readEnvironmentFile(path: string, user?: number): Bytes[] {
  const fd = tryOpen(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) throw systemError(-fd, "open", `environment file ${path}`, { exit: EXIT.no });
  try {
    refuseUnlessPrivate(path, statFd(fd), user);
    return parseEnvironment(textFromBytes(readToEnd(fd, path)), path).map(rawWord);
  } finally {
    closeFile(fd);
  }
}

/**
 * Pure: words `K=V` from lines. Empty lines and comments (`#`) are skipped, as is `export` before a name; a value may
 * be quoted, and is taken literally: nothing in it is expanded.
 * @param text bytes as text, base/byte_text.ts
 */
export function parseEnvironment(text: string, path: string): string[] {
  return text.split("\n").flatMap((whole, at) => {
    const line = whole.replace(/\r$/, "").trimStart();
    if (line.trim() === "" || line.startsWith("#")) return [];
    const match = /^(?:export\s+)?([A-Za-z_][\w.-]*)=(.*)$/s.exec(line);
    if (match && !match[2].includes("\0")) return [`${match[1]}=${unquoted(match[2])}`];
    // The line may contain a secret.
    throw refusal(path, `line ${at + 1} sets no variable`, "write NAME=VALUE");
  });
}

/** After a closing quote a comment may follow; elsewhere `#` is a character like any other. */
const COMMENTED = /^((["'])(?:(?!\2).)*\2)\s+#/s;

function unquoted(text: string): string {
  const value = COMMENTED.exec(text.trim())?.[1] ?? text.trim();
  const quote = value[0];
  const quoted = value.length >= 2 && (quote === '"' || quote === "'") && value.endsWith(quote);
  return quoted ? value.slice(1, -1) : value;
}

function refuseUnlessPrivate(path: string, status: FileStatus, user: number | undefined): void {
  const { kind, mode, uid, size } = status;
  if (kind !== "file") throw refusal(path, `it is not a plain file (${kind})`);
  const own = [0, libc("geteuid").geteuid(), user];
  if (!own.includes(uid)) {
    throw refusal(path, `it belongs to user ${uid}, who could change what is in it`);
  }
  const hint = `it may hold secrets: chmod 600 ${path}`;
  const shown = `(mode ${mode.toString(8).padStart(4, "0")})`;
  if (mode & S_IRWXO) throw refusal(path, `every user may read or change it ${shown}`, hint);
  if (mode & S_IWGRP) throw refusal(path, `its group may change it ${shown}`, hint);
  if (size > LARGEST) throw refusal(path, "it has more than 1M");
}

function refusal(path: string, why: string, hint?: string): ImpError {
  return new ImpError({
    action: "use",
    object: `environment file ${path}`,
    why,
    hint,
    exit: EXIT.no,
  });
}
