import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { quotedWord } from "../../base/shell_words.ts";
import { absolute } from "../../libc/processes/program_file.ts";
import type { KeptSettings } from "../records/kept_settings.ts";

/** What a command line requests, before looking at the machine: paths may be relative, names are unresolved. */
export interface WantedSettings extends Omit<KeptSettings, "schema" | "name"> {
  /** Its log is `NAME.log` in imp's own directory. */
  readonly ownLog: boolean;
}

/**
 * One daemon's settings for the record: all paths absolute, because its keeper works in /. @throws ImpError
 * @param here the working directory of imp's caller; undefined: it was removed, or its name is too long
 * @param logs imp's own directory for logs
 * @param openFiles the caller's soft limit on open files, if imp's own differs
 */
export function settleSettings(
  wanted: WantedSettings,
  name: string,
  here: string | undefined,
  logs: string,
  openFiles?: number,
): KeptSettings {
  const { ownLog, words, log, ...rest } = wanted;
  const from = (path: string | undefined) => path === undefined ? undefined : whole(path, here);
  const inside = rest.chroot === undefined ? here : "/";
  const stdout = ownLog ? `${logs}/${name}.log` : from(log.stdout);
  const instance = /@(\d+)$/.exec(name)?.[1];
  return withoutUndefined({
    schema: 1,
    name,
    // A bare name is looked up in PATH at each start.
    words: [words[0].includes("/") ? whole(words[0], inside) : words[0], ...words.slice(1)],
    ...rest,
    openFiles,
    directory: whole(rest.directory, inside),
    chroot: from(rest.chroot),
    environment: instance === undefined
      ? rest.environment
      : [`IMP_INSTANCE=${instance}`, ...rest.environment],
    environmentFiles: rest.environmentFiles.map((file) => whole(file, here)),
    ready: rest.ready.map((rule) => settledRule(rule, rest, here)),
    health: rest.health &&
      withoutUndefined({
        ...rest.health,
        rules: rest.health.rules.map((rule) => settledRule(rule, rest, here)),
      }),
    hooks: Object.fromEntries(
      Object.entries(rest.hooks).map(([hook, [program, ...more]]) => [hook, [
        program.includes("/") ? whole(program, here) : program,
        ...more,
      ]]),
    ),
    sockets: rest.sockets?.map((one) =>
      one.kind === "unix" ? { ...one, path: whole(one.path, here) } : one
    ),
    onChange: rest.onChange && {
      ...rest.onChange,
      paths: rest.onChange.paths.map((path) => bare(whole(path, here))),
    },
    startsAfter: rest.startsAfter && {
      ...rest.startsAfter,
      files: rest.startsAfter.files.map((path) => whole(path, here)),
    },
    sandbox: rest.sandbox &&
      withoutUndefined({
        ...rest.sandbox,
        readOnly: rest.sandbox.readOnly?.map((path) => bare(whole(path, here))),
        writable: rest.sandbox.writable?.map((path) => bare(whole(path, here))),
      }),
    resources: rest.resources &&
      withoutUndefined({
        ...rest.resources,
        ioMax: rest.resources.ioMax?.map((one) => ({ ...one, path: whole(one.path, here) })),
      }),
    pidfile: rest.pidfile === undefined ? undefined : whole(rest.pidfile, inside),
    log: withoutUndefined({ ...log, stdout, stderr: from(log.stderr) }),
  });
}

/**
 * The program writes a rule's file, imp runs a command: so one is relative to its directory, the other to the caller's.
 */
function settledRule(
  rule: string,
  { directory, chroot }: Pick<WantedSettings, "directory" | "chroot">,
  here: string | undefined,
): string {
  const [, kind, rest] = /^(file|cmd):([^]*)$/.exec(rule) ?? [];
  if (kind === "file") {
    if (chroot !== undefined) {
      return `file:${whole(chroot, here)}${whole(rest, whole(directory, "/"))}`;
    }
    return `file:${whole(rest, whole(directory, here))}`;
  }
  // An unquoted first word with a slash; others are absolute, or looked up in PATH.
  const relative = kind === "cmd" ? /^\s*([\w@%+=:,.-]+\/)/.exec(rest) : null;
  if (!relative) return rule;
  const path = rest.trimStart();
  const from = here ?? unplaced(path);
  return `cmd:${quotedWord(`${from === "/" ? "" : from}/`)}${path}`;
}

/** Only the kernel knows what `..` means if there are links. */
function whole(path: string, from: string | undefined): string {
  const at = from ?? (path.startsWith("/") ? "/" : unplaced(path));
  return absolute(path, at).replaceAll(/\/\.(?=\/|$)/g, "") || "/";
}

function unplaced(path: string): never {
  throw new ImpError({
    action: "find",
    object: path,
    why: "the working directory has no path: it was removed, or its name is too long",
    hint: "change to another directory, or write the path from /",
    exit: EXIT.failed,
  });
}

/** Without redundant slashes. */
function bare(path: string): string {
  return path.replaceAll(/\/{2,}/g, "/").replace(/(.)\/$/, "$1");
}

/** As in a record, so that requested and recorded settings can be compared. */
function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}
