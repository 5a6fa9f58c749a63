import { formatDuration } from "../../base/duration.ts";
import { printable, shellLine } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { alignColumns, cutToWidth, wrapText } from "../../cli/table.ts";
import { proseWidth } from "../../cli/width.ts";
import type { PidRoom } from "../../family/pid_room.ts";
import type { NeglectfulParent } from "../../family/zombie_cause.ts";
import type { RemedyOutcome } from "../../family/zombie_remedies.ts";
import type { ParentOfZombies, Zombie, ZombieReport } from "../../family/zombies.ts";
import { userById } from "../../libc/users/users.ts";
import { describeEnding, exitStatusOf } from "../../libc/processes/wait.ts";
import { signalName } from "../../libc/processes/signals.ts";

/** Most zombies of one parent that are listed one by one. */
export const MAX_LISTED = 20;
const LABEL = 9;

export function zombiesView(report: ZombieReport, style: Style, width: number): string[] {
  const { count, pids, parents } = report;
  if (count === 0) return wrapText(`${noneText(report)}; ${roomText(pids)}`, proseWidth(width));
  const many = `${count} zombie${count === 1 ? "" : "s"}`;
  const room = pids.max === null
    ? ""
    : `, which hold${count === 1 ? "s" : ""} ${count} of ${pids.max} PIDs`;
  const biggestFirst = [...parents].sort((a, b) => b.count - a.count);
  return [
    ...wrapText(`${many}${room}`, proseWidth(width)).map(style.bold),
    ...wrapText(`in all ${roomText(pids)}`, proseWidth(width)).map(style.dim),
    ...biggestFirst.flatMap((one) => ["", ...parentLines(one, style, width)]),
  ];
}

/** What became of the zombies of one parent. */
export function outcomeLine({ parent, done, reaped, left, note }: RemedyOutcome): string {
  const told = left.length === 0
    ? `${reaped} reaped, none left`
    : `${reaped} reaped, ${left.length} left: ${left.slice(0, MAX_LISTED).join(" ")}${
      left.length > MAX_LISTED ? " ..." : ""
    }`;
  const what = done === "nothing" ? "nothing was done" : done;
  return `parent ${parent}: ${what}${note ? ` (${note})` : ""}; ${told}`;
}

function noneText({ others }: ZombieReport): string {
  if (others === 0) return "no zombies";
  return `no zombies there; ${others === 1 ? "1 other is" : `${others} others are`} elsewhere`;
}

function roomText({ used, max, group }: PidRoom): string {
  const all = `${used} processes and threads${max === null ? "" : ` of at most ${max}`}`;
  return group
    ? `${all}; ${group.used} of ${group.max} in control group ${printable(group.path)}`
    : all;
}

function parentLines(
  { pid, parent, count, zombies, cause }: ParentOfZombies,
  style: Style,
  width: number,
): string[] {
  const prose = proseWidth(width) - LABEL - 2;
  const hopeless = (text: string) => style.dim(text);
  return [
    ...heading(pid, parent, style, width),
    ...table(zombies, count).map((line) => `  ${cutToWidth(line, width - 2)}`),
    ...cause.because.flatMap((sentence, i) =>
      labelled(i === 0 ? "why" : "", wrapText(printable(sentence), prose))
    ),
    ...cause.remedies.flatMap(({ text, hopeful }, i) => {
      const [first, ...rest] = wrapText(printable(text), prose - 3);
      const lines = [`${i + 1}. ${first}`, ...rest.map((line) => `   ${line}`)];
      return labelled(i === 0 ? "helps" : "", hopeful ? lines : lines.map(hopeless));
    }),
  ];
}

function heading(
  pid: number,
  parent: NeglectfulParent | null,
  { bold }: Style,
  width: number,
): string[] {
  if (!parent) return [bold(pid === 0 ? "parent outside this PID namespace" : `parent ${pid}`)];
  const { command, comm, uid, startedAt, role } = parent;
  const title = command.length ? shellLine(command) : `[${printable(comm)}]`;
  const user = uid === null ? undefined : userById(uid)?.name ?? `uid ${uid}`;
  const facts = [
    ...(role === "other" ? [] : [role]),
    ...(user === undefined ? [] : [`user ${printable(user)}`]),
    `started ${formatDuration(Math.max(0, Date.now() - startedAt))} ago`,
  ];
  return [
    bold(cutToWidth(`parent ${pid}  ${title}`, width)),
    ...labelled("", wrapText(facts.join(", "), proseWidth(width) - LABEL - 2)),
  ];
}

function table(zombies: readonly Zombie[], count: number): string[] {
  const rows = zombies.slice(0, MAX_LISTED).map(({ pid, comm, endedAgo, ending, startedAt }) => [
    String(pid),
    printable(comm),
    endedAgo === null
      ? `unknown; started ${formatDuration(Math.max(0, Date.now() - startedAt))} ago`
      : `${formatDuration(endedAgo)} ago`,
    ending ? describeEnding(ending) : "hidden from this user",
  ]);
  const more = count - rows.length;
  return [
    ...alignColumns([["PID", "NAME", "ENDED", "STATUS"], ...rows]),
    ...(more > 0 ? [`+ ${more} more (--json lists all)`] : []),
  ];
}

function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, i) => `  ${(i === 0 ? label : "").padEnd(LABEL - 2)}${line}`);
}

// docs/zombies-and-orphans.md describes these objects: names are only ever added.

export function zombiesJson(
  { count, others, pids, parents }: ZombieReport,
): Record<string, unknown> {
  return {
    count,
    others,
    pids: { held: count, used: pids.used, max: pids.max, group: pids.group },
    parents: parents.map(({ pid, parent, cause, count, zombies }) => {
      const { pid: _, kernelThread: __, ...facts } = parent ?? { pid, kernelThread: false };
      return {
        pid,
        seen: parent !== null,
        count,
        ...facts,
        ...cause,
        zombies: zombies.map(zombieJson),
      };
    }),
  };
}

function zombieJson({ ending, ...zombie }: Zombie): Record<string, unknown> {
  return {
    ...zombie,
    endedAt: zombie.endedAgo === null ? null : Date.now() - zombie.endedAgo,
    // As shown by a shell.
    status: ending && exitStatusOf(ending),
    signal: ending?.how === "signal" ? signalName(ending.signal) : null,
    coreDumped: ending?.how === "signal" && ending.core,
    ending: ending && printable(describeEnding(ending)),
  };
}
