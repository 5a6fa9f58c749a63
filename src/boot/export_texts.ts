// Pure: kept daemons as lines of a crontab, as a table of imp.toml, and as the command that starts them.
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { formatDuration } from "../base/duration.ts";
import type { KeptSettings } from "../keeper/records/kept_settings.ts";
import { baseOf } from "../keeper/selection.ts";
import { assignmentWord, shellWord } from "../base/shell_words.ts";
import { mistakeInFields } from "../keeper/schedule/cron_fields.ts";
import { type StartWord, startWordsOf } from "../keeper/start/setting_words.ts";

export interface TextExport {
  readonly settings: KeptSettings;
  /** Its log is the one it gets without `--log`. */
  readonly ownLog: boolean;
  /** Print variables' values: they may be secrets. */
  readonly values: boolean;
  /** What its owner chose for boot. */
  readonly atBoot?: boolean;
  /** How many instances it stands for, if it stands for all of its name. */
  readonly instances?: number;
}

/** Without the instance number if it stands for all instances. */
function nameOf({ settings: { name }, instances }: TextExport): string {
  return instances === undefined ? name : baseOf(name);
}

const MINUTE_MS = 60_000, HOUR_MS = 3_600_000, DAY_MS = 86_400_000;

/** `imp start NAME …` in a shell's words. */
export function exportCommand(one: TextExport): string {
  const { settings } = one;
  const { options, notes } = shownOptions(one, (name, value) => `--env ${name}=${value}`);
  const boot: StartWord[] = one.atBoot === undefined
    ? []
    : [{ name: "at-boot", value: one.atBoot ? "yes" : "no" }];
  const several = one.instances === undefined
    ? []
    : [{ name: "instances", value: String(one.instances) }];
  const words = [...several, ...options, ...boot].map(({ name, value }) =>
    value === undefined ? `--${name}` : `--${name} ${shellWord(value)}`
  );
  const program = settings.words.map(shellWord).join(" ");
  return [...notes, `imp start ${[nameOf(one), ...words, "--", program].join(" ")}`, ""]
    .join("\n");
}

/** A table `[daemons.NAME]`: its keys are the options of `imp start`. */
export function exportToml(one: TextExport): string {
  const { project, ...settings } = one.settings;
  const { words, directory } = settings;
  const name = nameOf(one);
  const { options, notes } = shownOptions(
    { ...one, settings },
    (key, value) => `env = ${key}=${value}`,
  );
  const byName = new Map<string, StartWord[]>();
  for (const option of options) {
    byName.set(option.name, [...byName.get(option.name) ?? [], option]);
  }
  return [
    ...notes,
    `[daemons.${/^[\w-]+$/.test(name) ? name : tomlText(name)}]`,
    `command = [${words.map(tomlText).join(", ")}]`,
    ...one.instances === undefined ? [] : [`instances = ${one.instances}`],
    ...project && project.depends.length > 0
      ? [`depends = [${project.depends.map(tomlText).join(", ")}]`]
      : [],
    // A daemon's directory there is that of the file by default.
    ...directory === "/" ? [`chdir = "/"`] : [],
    ...one.atBoot === undefined ? [] : [`at-boot = ${one.atBoot}`],
    ...[...byName].map(([key, given]) => `${key} = ${tomlValue(given)}`),
    "",
  ].join("\n");
}

/** A line of a user's crontab. @throws ImpError for what cron cannot do */
export function exportCrontab(one: TextExport): string {
  const { settings } = one;
  const { schedule, words, directory, umask, log, name } = settings;
  const { options } = startWordsOf(settings, one.ownLog);
  const lost = options.filter(({ name }) => !IN_CRONTAB.includes(name)).map(({ name }) => name);
  const assignments = settings.environment.filter((word) => !word.startsWith("IMP_INSTANCE="));
  const hidden = one.values ? [] : assignments.map((word) => word.slice(0, word.indexOf("=")));
  const command = [
    `cd ${shellWord(directory)} &&`,
    ...umask === 0o022 ? [] : [`umask ${umask.toString(8).padStart(3, "0")};`],
    ...one.values ? assignments.map(assignmentWord) : [],
    words.map(shellWord).join(" "),
    ...log.stdout === undefined || one.ownLog ? [] : [`>>${shellWord(log.stdout)}`],
    ...log.stderr === undefined
      ? log.stdout === undefined || one.ownLog ? [] : ["2>&1"]
      : [`2>>${shellWord(log.stderr)}`],
  ].join(" ");
  if (/[\n\r]/.test(command)) throw unsayable(name, "a line of a crontab has no line breaks");
  return [
    `# ${name}, as imp keeps it; cron has nothing for restarts and readiness`,
    ...hidden.map((one) => `# -E ${one}: its value is not shown; --values prints it`),
    ...lost.length > 0
      ? [`# left out: ${[...new Set(lost)].map((one) => `--${one}`).join(" ")}`]
      : [],
    ...schedule?.timezone === undefined ? [] : [`CRON_TZ=${schedule.timezone}`],
    `${timesOf(name, schedule)} ${command.replaceAll("%", "\\%")}`,
    "",
  ].join("\n");
}

/** Whether lines of a crontab set the time zone of those below them. */
export function setsZone(crontab: string): boolean {
  return /^CRON_TZ=/m.test(crontab);
}

const IN_CRONTAB = ["chdir", "umask", "env", "cron", "every", "timezone", "log", "log-err"];

function timesOf(name: string, schedule: KeptSettings["schedule"]): string {
  if (!schedule) return "@reboot";
  const { cron, everyMs = 0 } = schedule;
  if (cron !== undefined) {
    const why = cron.trim().startsWith("@") ? undefined : mistakeInFields(cron);
    if (why === undefined) return cron.trim();
    throw unsayable(name, `'${cron}' is more than cron takes: ${why}`);
  }
  if (everyMs % DAY_MS === 0 && everyMs === DAY_MS) return "0 0 * * *";
  if (everyMs % HOUR_MS === 0 && DAY_MS % everyMs === 0) return `0 */${everyMs / HOUR_MS} * * *`;
  if (everyMs % MINUTE_MS === 0 && HOUR_MS % everyMs === 0) {
    return `*/${everyMs / MINUTE_MS} * * * *`;
  }
  throw unsayable(
    name,
    `cron cannot express every ${
      formatDuration(everyMs)
    }: it knows whole minutes that divide an hour, and hours that divide a day`,
  );
}

function unsayable(name: string, why: string): ImpError {
  return new ImpError({
    action: "export",
    object: `'${name}' to a crontab`,
    why,
    exit: EXIT.no,
  });
}

function shownOptions(
  { settings, ownLog, values }: TextExport,
  hiddenAs: (name: string, value: string) => string,
): { options: readonly StartWord[]; notes: readonly string[] } {
  const { options, unknown } = startWordsOf(settings, ownLog);
  const isHidden = ({ name }: StartWord) => name === "env" && !values;
  return {
    options: options.filter((one) => !isHidden(one)),
    notes: [
      ...options.filter(isHidden).map(({ value = "" }) => {
        const name = value.slice(0, value.indexOf("="));
        return `# the value of ${name} is not shown; --values prints it: ${hiddenAs(name, "…")}`;
      }),
      ...unknown.map((name) => `# left out: ${name}, which no option is known for here`),
    ],
  };
}

/** Options whose words `NAME=VALUE` imp.toml takes as a list alone: one text would be a table's. */
const PAIRS = ["env", "limit"];

function tomlValue(given: readonly StartWord[]): string {
  const [{ name, value }] = given;
  if (value === undefined) return "true";
  if (given.length === 1 && !PAIRS.includes(name)) return tomlText(value);
  return `[${given.map(({ value = "" }) => tomlText(value)).join(", ")}]`;
}

/** A basic string. imp replaces `${NAME}` in that file's texts, and `$$` is a literal dollar sign. */
function tomlText(text: string): string {
  const escaped = text.replaceAll("$", "$$$$").replace(
    // deno-lint-ignore no-control-regex
    /["\\\x00-\x1f\x7f]/g,
    (char) =>
      char === '"' || char === "\\"
        ? `\\${char}`
        : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}
