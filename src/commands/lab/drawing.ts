// One scenario as a drawing: a lifeline for each process, from left to right.
import { escapeHtml } from "../../report/escape.ts";
import type { LabEvent } from "../../lab/rules.ts";

const WIDTH = 940;
const LEFT = 150, RIGHT = 20, TOP = 26;
const LANE = 34, BAR = 12;
/** More would be a wall of lines. */
const MOST_LANES = 40;
const MOST_TICKS = 8;

/** What a process is from one moment to the next. */
type Stretch = "runs" | "orphan" | "zombie";

interface Lane {
  readonly pid: number;
  readonly who: string;
  /** Its first parent. */
  readonly parent: number | undefined;
  readonly from: number;
  /** In order of time; the last one ends with the scenario, or when the process was gone. */
  readonly stretches: readonly {
    readonly is: Stretch;
    readonly from: number;
    readonly to: number;
  }[];
  readonly events: readonly LabEvent[];
}

/** @param events in order of time */
export function drawLives(events: readonly LabEvent[]): string {
  const all = lanesOf(events);
  const lanes = all.slice(0, MOST_LANES);
  const end = Math.max(1, ...events.map(({ at }) => at));
  const x = (at: number) => Math.round(LEFT + (at / end) * (WIDTH - LEFT - RIGHT));
  const y = (i: number) => TOP + i * LANE + LANE / 2;
  const height = TOP + lanes.length * LANE + 8;
  const at = new Map(lanes.map(({ pid }, i) => [pid, i]));
  const parts = [
    ...ticks(end, x, height),
    ...lanes.flatMap((lane, i) => {
      const parent = lane.parent === undefined ? undefined : at.get(lane.parent);
      return [
        `<text class=who x=8 y=${y(i) + 4}>${
          escapeHtml(lane.who)
        } <tspan class=pid>${lane.pid}</tspan></text>`,
        ...(parent === undefined || parent === i ? [] : [birth(x(lane.from), y(parent), y(i))]),
        ...lane.stretches.map(({ is, from, to }) => bar(is, x(from), x(to), y(i))),
        ...lane.events.map((event) => mark(event, x(event.at), y(i))),
      ];
    }),
  ];
  const more = all.length - lanes.length;
  const note = more > 0 ? `<p class=sub>${more} more processes are in the table only.</p>` : "";
  return `<div class=wide><svg class=lives viewBox="0 0 ${WIDTH} ${height}" role=img aria-label="lines of life">${
    parts.join("")
  }</svg></div>${note}`;
}

function lanesOf(events: readonly LabEvent[]): Lane[] {
  const end = events.at(-1)?.at ?? 0;
  const byPid = Map.groupBy(events.filter(({ what }) => what !== "lab"), ({ pid }) => pid);
  return [...byPid].map(([pid, own]) => ({
    pid,
    who: own[0].who,
    parent: own.find(({ moment }) => moment)?.moment?.ppid,
    from: own[0].at,
    stretches: stretchesOf(own, end),
    events: own,
  }));
}

function stretchesOf(own: readonly LabEvent[], end: number): Lane["stretches"] {
  const stretches: { is: Stretch; from: number; to: number }[] = [];
  let is = "runs" as Stretch | undefined;
  let from = own[0].at;
  const turn = (to: number, next: Stretch | undefined) => {
    if (is && to > from) stretches.push({ is, from, to });
    [is, from] = [next, to];
  };
  for (const { at, what } of own) {
    if (what === "adopted" && is === "runs") turn(at, "orphan");
    else if (what === "gone") turn(at, undefined);
    // It exists until its parent has waited for it.
    else if (what === "ends" || what === "zombie") {
      if (is !== "zombie") {
        turn(
          at,
          own.some((one) => one.what === "zombie") ? "zombie" : undefined,
        );
      }
    }
  }
  turn(end, undefined);
  return stretches;
}

function bar(is: Stretch, from: number, to: number, y: number): string {
  return `<rect class=${is} x=${from} y=${y - BAR / 2} width=${
    Math.max(2, to - from)
  } height=${BAR} rx=3 />`;
}

/** From the parent to its child, when it started. */
function birth(x: number, parent: number, child: number): string {
  const end = child - BAR / 2 - 2;
  return `<path class=parent d="M${x} ${parent}V${end}" marker-end="url(#head)" />`;
}

const MARKS: Partial<Record<LabEvent["what"], string>> = {
  says: "says",
  ends: "ends",
  adopted: "adopted",
};

function mark({ what, text, at }: LabEvent, x: number, y: number): string {
  const kind = MARKS[what];
  if (kind === undefined) return "";
  const title = `<title>${at} ms: ${
    escapeHtml(what === "says" ? `"${text}"` : `${what} ${text}`)
  }</title>`;
  if (what === "ends") return `<g class=ends><path d="M${x} ${y - 10}V${y + 10}" />${title}</g>`;
  return `<circle class=${kind} cx=${x} cy=${y} r=5>${title}</circle>`;
}

function ticks(end: number, x: (at: number) => number, height: number): string[] {
  const rough = end / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((one) => one >= rough)!);
  const found: string[] = [];
  for (let at = 0; at <= end; at += step) {
    found.push(
      `<g class=tick><path d="M${x(at)} ${TOP - 4}V${height - 4}" /><text x=${
        x(at)
      } y=14>${at} ms</text></g>`,
    );
  }
  return found;
}
