// One style as a drawing: who is in which session and group, on which terminal, and who is whose parent.
import type { MeasuredRow, Picture, StartedRow } from "../../compare/rows.ts";
import { shortTarget, streamCell } from "../../compare/layout.ts";
import { escapeHtml } from "../../report/escape.ts";

const WIDTH = 460;
const HEIGHT = 262;
const BOX = { width: 104, height: 44 };
/** The shell stands on the left, the program on the right. */
const LEFT = { x: 58, y: 128 };
const RIGHT = { x: 302, y: 128 };
const SESSION = { left: 10, right: 254, width: 196 };

/** Positions of the parts of a drawing. */
interface Place {
  readonly x: number;
  readonly y: number;
}

/** While the terminal was open: the shell and the program. */
export function drawBefore({ shell, before }: StartedRow | MeasuredRow): string {
  const together = before.sid === shell.sid;
  const oneGroup = together && before.pgid === shell.pgid;
  const sessions = together
    ? session(SESSION.left, 440, shell.sid)
    : session(SESSION.left, SESSION.width, shell.sid) +
      session(SESSION.right, SESSION.width, before.sid);
  const groups = oneGroup
    ? group(LEFT.x - 30, 408, shell)
    : group(LEFT.x - 30, 164, shell) + group(RIGHT.x - 30, 164, before);
  const child = before.ppid === shell.pid;
  return svg("while the terminal is open", [
    terminal(shell, before, together),
    ...[sessions, groups],
    ...[processBox(LEFT, shell, "shell"), processBox(RIGHT, before, "program")],
    child ? arrow(RIGHT.x, RIGHT.y + 22, LEFT.x + BOX.width, "parent") : parentBelow(RIGHT, before),
    output(before),
  ]);
}

/** When the terminal is gone: what is left of both. */
export function drawAfter({ shell, before, after }: MeasuredRow): string {
  const { picture } = after;
  const now = picture ?? before;
  const how = after.endedBy ? `killed by ${after.endedBy}` : "has ended";
  return svg("when the terminal is gone", [
    `<g class=gone><rect x=58 y=12 width=104 height=26 rx=5 /><text x=110 y=29>terminal</text></g>`,
    cross(110, 25),
    after.alive
      ? session(SESSION.right, SESSION.width, now.sid) + group(RIGHT.x - 30, 164, now)
      : "",
    ghost(LEFT, shell, "the shell has ended"),
    picture ? processBox(RIGHT, picture, "program") : ghost(RIGHT, before, how),
    picture ? parentBelow(RIGHT, picture) : "",
    picture ? output(picture) : "",
  ]);
}

function svg(label: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role=img aria-label="${label}">${
    parts.join("")
  }</svg>`;
}

function terminal(shell: Picture, program: Picture, together: boolean): string {
  if (shell.tty === null) return "";
  const name = escapeHtml(shell.tty.replace(/^\/dev\//, ""));
  const line = `<path class=tty d="M110 38V60" />`;
  const own = program.tty !== null && !together ? `<path class=tty d="M166 25H354V60" />` : "";
  return `<g class=term><rect x=54 y=12 width=112 height=26 rx=5 /><text x=110 y=29>${name}</text></g>${line}${own}`;
}

function session(x: number, width: number, sid: number): string {
  return `<g class=session><rect x=${x} y=60 width=${width} height=132 rx=8 /><text x=${
    x + 10
  } y=77>session ${sid}</text></g>`;
}

function group(x: number, width: number, { pgid, foreground }: Picture): string {
  const front = foreground ? " front" : "";
  return `<g class="group${front}"><rect x=${x} y=88 width=${width} height=94 rx=6 /><text x=${
    x + 9
  } y=105>group ${pgid}${foreground ? ", foreground" : ""}</text></g>`;
}

function processBox({ x, y }: Place, { comm, pid }: Picture, kind: "shell" | "program"): string {
  return box({ x, y }, kind, comm, String(pid));
}

function ghost(place: Place, { comm }: Picture, why: string): string {
  return box(place, "ghost", comm, "") +
    `<text class=why x=${place.x + BOX.width / 2} y=${place.y + BOX.height + 18}>${
      escapeHtml(why)
    }</text>`;
}

function box({ x, y }: Place, kind: string, comm: string, pid: string): string {
  const middle = x + BOX.width / 2;
  return `<g class="box ${kind}"><rect x=${x} y=${y} width=${BOX.width} height=${BOX.height} rx=7 />` +
    `<text x=${middle} y=${pid ? y + 19 : y + 27}>${escapeHtml(comm)}</text>` +
    `<text class=pid x=${middle} y=${y + 35}>${pid}</text></g>`;
}

/** A parent that is neither in the session nor the shell: it has adopted the program. */
function parentBelow({ x, y }: Place, { ppid, parent }: Picture): string {
  const name = parent ? `${escapeHtml(parent.comm)} ${parent.pid}` : String(ppid);
  const role = parent && parent.role !== "other" ? ` (${escapeHtml(parent.role)})` : "";
  const middle = x + BOX.width / 2;
  return `<path class=parent d="M${middle} ${y + BOX.height}V214" marker-end="url(#head)" />` +
    `<text class=adopter x=${middle + 82} y=231 text-anchor=end>parent: ${name}${role}</text>`;
}

function arrow(from: number, y: number, to: number, label: string): string {
  return `<path class=parent d="M${from} ${y}H${to + 3}" marker-end="url(#head)" />` +
    `<text class=label x=${(from + to) / 2} y=${y - 6}>${label}</text>`;
}

function cross(x: number, y: number): string {
  return `<path class=cross d="M${x - 58} ${y - 17}l116 34m0-34l-116 34" />`;
}

function output({ streams }: Picture): string {
  const lost = streams[1]?.gone || streams[1]?.target.includes("(deleted)")
    ? ", which is gone"
    : "";
  const same = streams.length === 3 ? streamCell(streams) : shortTarget(streams[1]);
  return `<text class=streams x=10 y=253>descriptors 0, 1, 2: ${escapeHtml(same)}${lost}</text>`;
}
