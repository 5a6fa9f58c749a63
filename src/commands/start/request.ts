import { basename } from "@std/path/basename";
import { UsageError } from "../../base/errors.ts";
import { assignmentWord, isAssignment } from "../../base/shell_words.ts";
import type { Given } from "../../cli/options.ts";
import { shellLine } from "../../cli/printable.ts";
import { isKeptName } from "../../keeper/kept_names.ts";
import { isPattern, type KeptSelection } from "../../keeper/selection.ts";
import type { WantedSettings } from "../../keeper/start/wanted_settings.ts";
import { keptSelection } from "../kept/request_targets.ts";
import { START_OPTIONS, type StartOption } from "./options.ts";
import { settingsFrom } from "./request_settings.ts";
import { parseInstances, parseKeptName, parseName } from "./values.ts";

export interface KeptStartRequest {
  /** One daemon; or several known ones, with their recorded settings. */
  readonly target: string | KeptSelection;
  /** Whether the name is the program's, because none was given. */
  readonly nameOfProgram: boolean;
  /** The requested settings; undefined: those on record. */
  readonly wanted?: WantedSettings;
  /** The number of instances, `NAME@1` and up; undefined: one daemon, `NAME`. */
  readonly instances?: number;
  /** Accept other settings for a known name. */
  readonly replace: boolean;
  /** Without a program: replace the recorded environment with the caller's. */
  readonly newEnvironment: boolean;
  /** It counts as success if it already runs. */
  readonly acceptRunning: boolean;
  /** A daemon with a schedule runs at once. */
  readonly runNow: boolean;
  readonly wait: boolean;
  /** Undefined: unchanged. */
  readonly atBoot?: boolean;
  readonly report: "text" | "json" | "nothing";
}

/** Options that say how to start, not what. */
export const HOW_TO_START = [
  "all",
  "new-env",
  "run-now",
  "oknodo",
  "no-wait",
  "at-boot",
  "json",
  "replace",
] as const;

/** @throws UsageError */
export function startRequest(
  values: Given<StartOption>,
  operands: readonly string[],
): KeptStartRequest {
  const { names, program } = divide(operands);
  const [name] = names;
  if (program === undefined && name === undefined && !values.has("all")) {
    throw new UsageError(
      "no program given",
      "for example: imp start web -- python3 -m http.server 8000",
    );
  }
  refuseContradictions(values, program !== undefined);
  const given = {
    nameOfProgram: name === undefined && program !== undefined,
    replace: values.has("replace"),
    newEnvironment: values.has("new-env"),
    // What should be so is so: a script may repeat it.
    acceptRunning: values.has("oknodo") || values.has("replace"),
    runNow: values.has("run-now"),
    wait: !values.has("no-wait"),
    ...values.given("at-boot") ? { atBoot: values.text("at-boot") === "yes" } : {},
    report: values.has("json") ? "json" : values.has("quiet") ? "nothing" : "text",
  } as const;
  if (program === undefined) return { ...given, ...known(values, names, given.acceptRunning) };
  const instances = values.text("instances");
  return {
    ...given,
    target: name === undefined ? programsName(program[0]) : ownName(name),
    wanted: settingsFrom(values, program),
    instances: instances === undefined ? undefined : parseInstances(instances),
  };
}

/** Starts what is on record: one, several, or all. Unless each is named, it is no error if some already run. */
function known(
  values: Given<StartOption>,
  names: readonly string[],
  acceptRunning: boolean,
): Pick<KeptStartRequest, "target" | "acceptRunning"> {
  if (names.length === 1 && !values.has("all") && !isPattern(names[0])) {
    return { target: parseKeptName(names[0]), acceptRunning };
  }
  names.filter((name) => name !== "" && !isPattern(name)).forEach(parseKeptName);
  const target = keptSelection(values.has("all"), names);
  return { target, acceptRunning: acceptRunning || target.all || names.some(isPattern) };
}

const CRONTAB_TIME = /^(?:[\d*][\d*\/,-]*\s+){4}[\w*][\w*\/,-]*$/;

function divide(operands: readonly string[]): { names: string[]; program?: readonly string[] } {
  const end = operands.indexOf("--");
  const names = end < 0 ? [...operands] : operands.slice(0, end);
  refuseProgramForName(names, end < 0 ? [] : operands.slice(end + 1));
  if (end < 0) {
    const path = names.find((name) => name.includes("/"));
    if (path === undefined) return { names };
    const at = names.findIndex((name) => CRONTAB_TIME.test(name));
    if (at >= 0) {
      const program = names.slice(at + 1);
      throw new UsageError(
        `'${names[at]}' is a time of a crontab, not a name`,
        `perhaps you mean: imp start ${
          shellLine([...names.slice(0, at), "--cron", names[at]])
        } -- ${shellLine(program.length > 0 ? program : ["PROGRAM"])}`,
      );
    }
    throw new UsageError(
      `'${path}' is a program, not a name`,
      `write -- before it: imp start -- ${path}; or with a name: imp start NAME -- ${path}`,
    );
  }
  if (names.length > 1) {
    // The program's options are not among the operands: they were taken for imp's.
    throw new UsageError(
      `'${names[1]}' follows the name '${names[0]}'`,
      "write -- before the program: imp start NAME -- PROGRAM ARG…; without NAME it is the program's",
    );
  }
  const program = operands.slice(end + 1);
  if (names.length === 0 && isAssignment(program[0] ?? "")) {
    const command = program.findIndex((word) => !isAssignment(word));
    const variables = command < 0 ? program : program.slice(0, command);
    refuseProgramForName(variables, program.slice(variables.length));
  }
  if (program.length === 0 || program[0] === "") throw new UsageError("no program follows --");
  return { names, program };
}

/**
 * Rejects `FOO=bar PROGRAM` and `'PROGRAM ARG'`, which a shell would accept. @throws UsageError with a line that works
 */
function refuseProgramForName(names: readonly string[], program: readonly string[]): void {
  const variables = names.filter(isAssignment);
  const [word] = [...variables, ...names.filter((name) => /\s/.test(name) && !isPattern(name))];
  if (word === undefined) return;
  if (program.length > 0 && variables.length === 0) parseName(word);
  const rest = names.filter((name) => !variables.includes(name));
  const [name, words] = program.length > 0
    ? [rest[0] ?? basename(program[0]), shellLine(program)]
    // A single word may be a whole command line.
    : [basename((rest[0] ?? "").split(" ")[0]), rest.length === 1 ? rest[0] : shellLine(rest)];
  const settings = variables.map((variable) => `-E ${assignmentWord(variable)} `).join("");
  throw new UsageError(
    `'${word}' is not a valid name for a daemon`,
    `perhaps you mean: imp start ${name || "NAME"} ${settings}-- ${words || "PROGRAM"}`,
  );
}

function programsName(program: string): string {
  const name = basename(program);
  try {
    return parseName(name);
  } catch {
    throw new UsageError(
      `the program's name '${name}' is not a valid name for a daemon`,
      `give one: imp start NAME -- ${program}`,
    );
  }
}

function ownName(name: string): string {
  if (!name.includes("@") || !isKeptName(name)) return parseName(name);
  throw new UsageError(
    `'${name}' is one of several instances`,
    "write --instances N to set their number, or leave out the program to start this one",
  );
}

function refuseContradictions(values: Given<StartOption>, program: boolean): void {
  if (program && values.has("all")) {
    throw new UsageError("--all takes no program", "every known daemon has its own");
  }
  if (program && values.has("new-env")) {
    throw new UsageError(
      "--new-env takes no program",
      "with a program, this environment is used anyway",
    );
  }
  if (program) return;
  const how = new Set<string>(HOW_TO_START);
  const option = START_OPTIONS.find(({ name }) => !how.has(name) && values.given(name));
  const name = values.has("replace") ? "replace" : option?.name;
  if (name === undefined) return;
  throw new UsageError(
    `--${name} needs the program`,
    "write -- before it: imp start NAME OPTIONS -- PROGRAM …; without a program, recorded options are used",
  );
}
