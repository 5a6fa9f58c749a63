import { UsageError } from "../../base/errors.ts";
import { parseCommandLine } from "../../cli/parse.ts";
import { callersOpenFiles } from "../../daemon/prepare.ts";
import { logDirectory } from "../../keeper/home.ts";
import { settleSettings } from "../../keeper/start/wanted_settings.ts";
import { blameOptions } from "../../project/blame.ts";
import { type DaemonKey, daemonKeys } from "../../project/daemon_keys.ts";
import { FINISHED } from "../../project/dependencies.ts";
import type { Mistakes } from "../../project/mistakes.ts";
import type { DesiredDaemon } from "../../project/plan.ts";
import type { Project, ProjectDaemon } from "../../project/project.ts";
import { runtime } from "../../runtime/mod.ts";
import { START_OPTIONS } from "../start/options.ts";
import { asKeys } from "./as_keys.ts";
import { HOW_TO_START, type KeptStartRequest, startRequest } from "../start/request.ts";

/** The keys of a daemon's table: the options of `imp start`. */
export function projectKeys(): DaemonKey[] {
  return daemonKeys(START_OPTIONS, HOW_TO_START);
}

/**
 * The wanted daemons of a project. The same functions read the values as for the options of `imp start`; what these
 * reject is among the mistakes.
 */
export async function desiredDaemons(
  project: Project,
  home: string,
  isSelected: (name: string) => boolean,
  mistakes: Mistakes,
): Promise<DesiredDaemon[]> {
  const openFiles = runtime.raisesOpenFiles ? (await callersOpenFiles())?.soft : undefined;
  const logs = logDirectory(home);
  const desired: DesiredDaemon[] = [];
  for (const daemon of project.daemons) {
    const request = requestOf(daemon, mistakes);
    if (!request?.wanted || !await hasSoundSchedule(daemon, request, mistakes)) continue;
    const { name } = daemon;
    const { instances } = request;
    const names = instances === undefined
      ? [name]
      : Array.from({ length: instances }, (_, i) => `${name}@${i + 1}`);
    const depends = daemon.depends
      .map((one) => one.finished ? `${one.name}:${FINISHED}` : one.name);
    const wanted = { ...request.wanted, project: { file: project.file, depends } };
    const selected = isSelected(name);
    desired.push(...names.map((one) => ({
      name: one,
      settings: settleSettings(wanted, one, project.directory, logs, openFiles),
      ...daemon.atBoot === undefined ? {} : { atBoot: daemon.atBoot },
      selected,
    })));
  }
  return desired;
}

function requestOf(daemon: ProjectDaemon, mistakes: Mistakes): KeptStartRequest | undefined {
  const { name, words, given } = daemon;
  const options = given.map((one) =>
    one.text === undefined ? `--${one.name}` : `--${one.name}=${one.text}`
  );
  const parse = (some: readonly string[]) => {
    const { values } = parseCommandLine({ options: START_OPTIONS }, some);
    return startRequest(values, [name, "--", ...words]);
  };
  try {
    return parse(options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
  const names = given.map((one) => one.name);
  for (
    const { at, error } of blameOptions(names, (some) => void parse(some.map((i) => options[i])))
  ) {
    // Of two that contradict each other, blame the second; an option that merely requires one of them is in order.
    const guilty = at.findLast((i) => mentions(error.message, names[i])) ?? at.at(-1);
    const position = guilty === undefined ? daemon.position : given[guilty].position;
    const said = asKeys(error.message);
    const key = guilty === undefined || said.includes(names[guilty]) ? "" : `${names[guilty]}: `;
    const hint = error.hint && asKeys(error.hint);
    mistakes.add({ at: position(), message: `${key}${said}`, hint });
  }
  return undefined;
}

function mentions(text: string, option: string): boolean {
  return RegExp(`--${option}(?![\\w-])`).test(text);
}

async function hasSoundSchedule(
  { given }: ProjectDaemon,
  { wanted }: KeptStartRequest,
  mistakes: Mistakes,
): Promise<boolean> {
  const { cron, timezone } = wanted?.schedule ?? {};
  if (cron === undefined) return true;
  const { checkCron } = await import("../../keeper/schedule/cron.ts");
  try {
    checkCron(cron, timezone, Date.now());
    return true;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const key = given.findLast(({ name }) =>
      name === (error.message.includes("--cron") ? "cron" : "timezone")
    ) ?? given.find(({ name }) =>
      name === "cron"
    )!;
    const hint = error.hint && asKeys(error.hint);
    mistakes.add({ at: key.position(), message: asKeys(error.message), hint });
    return false;
  }
}
