import { quotedWord } from "../../base/shell_words.ts";
import { absolute } from "../../libc/processes/program_file.ts";
import type { KeptSettings } from "../records/kept_settings.ts";

/** What a command line asks of a daemon, before the machine was looked at: paths may be relative, names are open. */
export interface WantedSettings extends Omit<KeptSettings, "schema" | "name"> {
  /** Its log is `NAME.log` in imp's own directory. */
  readonly ownLog: boolean;
}

/**
 * The settings of one daemon, for the record: every path from the root on, because its keeper works in /.
 * @param here the working directory of imp's caller
 * @param logs imp's own directory for logs
 * @param openFiles the caller's soft limit of open files, where imp's own is another one
 */
export function settleSettings(
  wanted: WantedSettings,
  name: string,
  here: string,
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
    // A bare name is looked for in PATH at each start.
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

/** The program writes a file of a rule, imp runs a command: so they are in its directory and in the caller's. */
function settledRule(
  rule: string,
  { directory, chroot }: Pick<WantedSettings, "directory" | "chroot">,
  here: string,
): string {
  const [, kind, rest] = /^(file|cmd):([^]*)$/.exec(rule) ?? [];
  if (kind === "file") {
    if (chroot !== undefined) {
      return `file:${whole(chroot, here)}${whole(rest, whole(directory, "/"))}`;
    }
    return `file:${whole(rest, whole(directory, here))}`;
  }
  // A first word with a slash and without quotes; others are absolute, or are looked for in PATH.
  const relative = kind === "cmd" ? /^\s*([\w@%+=:,.-]+\/)/.exec(rest) : null;
  if (!relative) return rule;
  return `cmd:${quotedWord(`${here === "/" ? "" : here}/`)}${rest.trimStart()}`;
}

/** What `..` means only the kernel knows, where there are links. */
function whole(path: string, from: string): string {
  return absolute(path, from).replaceAll(/\/\.(?=\/|$)/g, "") || "/";
}

/** Without slashes that say nothing. */
function bare(path: string): string {
  return path.replaceAll(/\/{2,}/g, "/").replace(/(.)\/$/, "$1");
}

/** As a record has it, so that what is asked for can be compared with what is on record. */
function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}
