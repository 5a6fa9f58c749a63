import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import { isPlainName } from "../../base/plain_name.ts";
import type { Given } from "../../cli/options.ts";
import { needsFork } from "../../daemon/plan.ts";
import { runtimeDirectory } from "../../daemon/runtime_directory.ts";
import type { DaemonSettings, Route } from "../../daemon/settings.ts";
import { rawWords } from "../../libc/processes/process_image.ts";
import { parseReady } from "../../ready/rule.ts";
import type { DaemonOption } from "./options.ts";
import { parseDescriptor, parseLimit, parseNice, parseUmask, parseVariable } from "./values.ts";

const READY_TIMEOUT = "30s";

export interface DaemonRequest {
  readonly settings: DaemonSettings;
  /** What is printed once it runs. */
  readonly report: "pid" | "json" | "nothing";
  /** For `-n`: no other daemon of this name may be kept by imp start. */
  readonly name?: string;
  /** It is also fine if it already runs. */
  readonly acceptRunning: boolean;
}

/** @throws UsageError */
export function daemonRequest(
  values: Given<DaemonOption>,
  operands: readonly string[],
): DaemonRequest {
  return {
    settings: settingsFrom(values, operands),
    report: values.has("json") ? "json" : values.has("quiet") ? "nothing" : "pid",
    name: values.text("name"),
    acceptRunning: values.has("oknodo"),
  };
}

function settingsFrom(values: Given<DaemonOption>, operands: readonly string[]): DaemonSettings {
  if (operands.length === 0 || operands[0] === "") {
    throw new UsageError("no program given", "for example: imp daemon -- sleep 60");
  }
  const keep = values.texts("keep-fd").map(parseDescriptor);
  refuseContradictions(values, keep);
  const nice = values.text("nice");
  const umask = values.text("umask");
  return refuseImpossibleRoute({
    words: rawWords(operands),
    route: (values.text("route") ?? "auto") as Route | "auto",
    directory: values.text("chdir") ?? "/",
    umask: umask === undefined ? 0o022 : parseUmask(umask),
    stdin: values.text("stdin"),
    stdout: values.text("stdout"),
    stderr: values.text("stderr"),
    truncate: values.has("truncate"),
    ...pidfileFrom(values),
    user: values.text("user"),
    environment: values.texts("env").map(parseVariable),
    clearEnvironment: values.has("clear-env"),
    chroot: values.text("chroot"),
    nice: nice === undefined ? undefined : parseNice(nice),
    limits: values.texts("limit").map(parseLimit),
    secondFork: !values.has("no-second-fork"),
    noChildren: values.has("no-children"),
    keep,
    wait: waitFrom(values, keep),
  });
}

function waitFrom(
  values: Given<DaemonOption>,
  keep: readonly number[],
): DaemonSettings["wait"] {
  const ready = values.texts("ready").map(parseReady);
  const timeout = values.text("ready-timeout");
  const lasting = values.text("wait");
  if (timeout !== undefined && ready.length === 0) {
    throw new UsageError(
      "--ready-timeout goes with --ready",
      "to wait for a fixed time, use --wait 2s",
    );
  }
  for (const rule of ready) {
    if (rule.kind === "fd" && keep.includes(rule.fd)) {
      throw new UsageError(
        `--keep-fd ${rule.fd} and --ready fd:${rule.fd} cannot be used together`,
      );
    }
    if (rule.kind === "log" && !values.given("stdout") && !values.given("stderr")) {
      throw new UsageError("--ready log: needs a log", "name one: -o FILE or -e FILE");
    }
  }
  if (ready.length === 0 && lasting === undefined) return undefined;
  return {
    ready,
    readyTimeoutMs: parseDuration(timeout ?? READY_TIMEOUT),
    lastingMs: parseDuration(lasting ?? "0"),
  };
}

function pidfileFrom(
  values: Given<DaemonOption>,
): Pick<DaemonSettings, "pidfile" | "ownPidDirectory"> {
  const name = values.text("name");
  if (name === undefined) return { pidfile: values.text("pidfile"), ownPidDirectory: false };
  if (!isPlainName(name)) {
    throw new UsageError(
      `'${name}' is not a valid name for a daemon`,
      "use letters, digits, '.', '_' and '-', at most 64 of them, beginning with a letter, a digit or '_'",
    );
  }
  return { pidfile: `${runtimeDirectory()}/${name}.pid`, ownPidDirectory: true };
}

function refuseContradictions(values: Given<DaemonOption>, keep: readonly number[]): void {
  if (values.text("name") !== undefined && values.text("pidfile") !== undefined) {
    throw new UsageError("-n and -p both say where the pidfile is: give one of them");
  }
  for (const [fd, option] of (["stdin", "stdout", "stderr"] as const).entries()) {
    const file = values.text(option);
    if (file === "") throw new UsageError(`--${option} needs the name of a file`);
    if (file !== undefined && file === values.text("pidfile")) {
      throw new UsageError(`--pidfile and --${option} name the same file`);
    }
    if (keep.includes(fd) && file !== undefined) {
      throw new UsageError(`--keep-fd ${fd} and --${option} cannot be used together`);
    }
  }
  if (values.has("oknodo") && !values.given("name") && !values.given("pidfile")) {
    throw new UsageError(
      "--oknodo goes with -n or -p",
      "without a pidfile imp cannot tell whether it is running",
    );
  }
  for (const option of ["pidfile", "chdir", "chroot", "user"] as const) {
    if (values.text(option) === "") throw new UsageError(`--${option} must not be empty`);
  }
}

function refuseImpossibleRoute(settings: DaemonSettings): DaemonSettings {
  const reasons = settings.route === "spawn" ? needsFork(settings) : [];
  if (reasons.length === 0) return settings;
  throw new UsageError(
    `${reasons.join(", ")} cannot be used with --route spawn`,
    "leave out --route, or use --route fork",
  );
}
