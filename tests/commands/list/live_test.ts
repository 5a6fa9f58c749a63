import { assert, assertEquals } from "@std/assert";
import { styles } from "../../../src/cli/style.ts";
import { displayWidth } from "../../../src/cli/table.ts";
import { type LiveKey, LiveKeys } from "../../../src/commands/list/live/keys.ts";
import {
  liveFoot,
  liveHead,
  liveLayout,
  liveLine,
  type LiveRow,
} from "../../../src/commands/list/live/layout.ts";
import {
  FIRST_STATE,
  type LiveAction,
  type LiveState,
  nextLiveStep,
  settledState,
} from "../../../src/commands/list/live/state.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const names = Array.from({ length: 500 }, (_, i) => `d${String(i).padStart(3, "0")}`);
const view = { names, room: 20 };

Deno.test("live list: keys, however their sequences are split", () => {
  const text = "j\x1b[A\x1b[5~\x1bOBü\r\x7f\x1b[1;5Cq";
  const wanted: LiveKey[] = [
    { char: "j" },
    "up",
    "page-up",
    "down",
    { char: "ü" },
    "enter",
    "backspace",
    { char: "q" },
  ];
  const bytes = encode(text);
  for (let split = 0; split <= bytes.length; split++) {
    const keys = new LiveKeys();
    assertEquals([...keys.take(bytes.slice(0, split)), ...keys.take(bytes.slice(split))], wanted);
    assertEquals(keys.isWaiting, false);
  }
  const keys = new LiveKeys();
  assertEquals(keys.take(encode("\x1b")), []);
  assertEquals([keys.isWaiting, keys.waited(), keys.isWaiting], [true, ["escape"], false]);
  assertEquals(keys.take(encode("\x1b\x1b[B")), ["escape", "down"]);
  // Longer than any, and one that never ends.
  assertEquals(keys.take(encode(`\x1b[${"1".repeat(40)}`)).length < 12, true);
});

/** Presses keys, one character for each. */
function pressed(text: string, from: LiveState = FIRST_STATE): [LiveState, LiveAction[]] {
  let state = settledState(from, view);
  const actions: LiveAction[] = [];
  for (const char of text) {
    const key = char === "\r" ? "enter" : char === "\x1b" ? "escape" : { char };
    const step = nextLiveStep(state, key, view);
    state = settledState(step.state, view);
    if (step.action) actions.push(step.action);
  }
  return [state, actions];
}

Deno.test("live list: one key ends nothing that runs; a second one must say yes", () => {
  for (const [key, verb] of [["s", "stop"], ["r", "restart"]] as const) {
    for (const other of "nsrq\r\x1bY lh") assertEquals(pressed(`j${key}${other}`)[1], []);
    assertEquals(pressed(`j${key}y`)[1], [{ do: "run", verb, name: "d001" }]);
    assertEquals(pressed(`j${key}ny`)[1], []);
  }
  assertEquals(pressed("S")[1], [{ do: "run", verb: "start", name: "d000" }]);
  assertEquals(pressed("l\ra")[1].map((one) => one.do), ["show", "show", "show"]);
  assertEquals(pressed("?q")[1], []);
  assertEquals(pressed("q")[1], [{ do: "quit" }]);
});

Deno.test("live list: the chosen one stays chosen when others come and go", () => {
  const [state] = pressed("jjj");
  assertEquals([state.chosen, state.row, state.top], ["d003", 3, 0]);
  const fewer = settledState(state, { names: ["d002", "d003"], room: 20 });
  assertEquals([fewer.chosen, fewer.row], ["d003", 1]);
  const gone = settledState(state, { names: ["d001", "d002"], room: 20 });
  assertEquals([gone.chosen, gone.row], ["d002", 1]);
  const none = settledState(gone, { names: [], room: 20 });
  assertEquals([none.chosen, none.row], [undefined, 0]);
  const [end] = pressed("G");
  assertEquals([end.chosen, end.top], ["d499", 480]);
  assertEquals(pressed("Gg")[0].top, 0);
  // A smaller screen still shows it.
  assertEquals(settledState(pressed("   ")[0], { names, room: 5 }).top, 56);
});

Deno.test("live list: a filter is typed, and taken back", () => {
  const [typing] = pressed("/sq");
  assertEquals([typing.mode, typing.filter], ["filter", "sq"]);
  assertEquals(pressed("/sq\r")[0].mode, "list");
  assertEquals(pressed("/sq\x1b")[0].filter, "");
  assertEquals(pressed("/sq\r\x1b")[0].filter, "");
  assertEquals(nextLiveStep(typing, "backspace", view).state.filter, "s");
  assertEquals(nextLiveStep(typing, "up", view).state.filter, "sq");
});

function row(changes: Partial<LiveRow> = {}): LiveRow {
  return {
    ...{ name: "web", state: "running", color: "green", pid: "412345", up: "5d02h" },
    ...{ cpu: "12.3%", memory: "20.0M", restarts: "3", next: "4.2s", note: "" },
    ...changes,
  };
}

Deno.test("live list: at every width no line is longer, and what matters most stays", () => {
  const rows = [
    row(),
    row({ name: "名前".repeat(20) }),
    row({ name: "e\u0301te", note: "no guard" }),
  ];
  const last = "évil \x1b[2J 日本語 \u202e line that goes on and on and on and on and on and on";
  for (const colored of [true, false]) {
    const style = styles(colored);
    for (let width = 20; width < 200; width++) {
      const layout = liveLayout(rows, width);
      const head = liveHead(layout, "cpu", style);
      assert(displayWidth(head) <= width, `${width}: ${head}`);
      for (const one of rows) {
        for (const isChosen of [true, false]) {
          const line = liveLine(one, layout, style, { last, isChosen, width });
          assert(displayWidth(line) <= width, `${width}: ${line}`);
          assert(!line.includes("\x1b[2J") && !line.includes("\u202e"));
        }
      }
    }
  }
  const titles = (width: number) =>
    liveHead(liveLayout([row()], width), "name", styles(false)).split(/ +/).join(" ");
  assertEquals(titles(40), "NAME STATE CPU MEMORY NEXT");
  assertEquals(titles(80), "NAME STATE CPU MEMORY RESTARTS NEXT LAST LINE");
  assertEquals(titles(120), "NAME STATE CPU MEMORY RESTARTS NEXT UP PID LAST LINE");
  assertEquals(titles(20), "NAME STATE");
});

Deno.test("live list: the last line says what is asked, or what was done", () => {
  const place = { from: 0, to: 20, of: 500 };
  const foot = (state: Partial<LiveState>, message?: string) =>
    liveFoot({ ...FIRST_STATE, ...state }, message, place, 100);
  assert(foot({}).startsWith("1-20 of 500  ? help"));
  assertEquals(foot({ mode: { verb: "stop", name: "web" } }, "old"), "stop web? y: yes");
  assertEquals(foot({ mode: "filter", filter: "w\x1b" }), "/w\\e_");
  assertEquals(foot({}, "web: stopped\x1b[2J"), "web: stopped\\e[2J");
});
