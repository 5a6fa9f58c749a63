import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { closeFile, readSome } from "../../src/libc/descriptors/files.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { openTerminal } from "../../src/libc/descriptors/tty.ts";
import { tryWait } from "../../src/libc/processes/wait.ts";
import {
  e2e,
  e2eAsRoot,
  eventually,
  impBinary,
  LONELY_UID,
  type Sandbox,
  statFields,
} from "./harness.ts";
import { inNamespace } from "./family_programs.ts";
import { comm } from "./inspecting.ts";
import { openShell } from "./terminal.ts";

interface Node {
  pid: number;
  ppid: number;
  depth: number;
  sid: number;
  pgid: number;
  kind: string;
  state: string;
  comm: string;
  command: string[];
  tty: string | null;
  foreground: boolean;
}

const nodes = (text: string): Node[] => text.trim().split("\n").map((line) => JSON.parse(line));

e2e("tree: a namespace exactly, parents before children", async (box) => {
  const { code, stdout, stderr } = await inNamespace(
    box,
    `sh -c 'sleep 100 & sleep 101 & exec sleep 102' & until [ $(pgrep -c sleep) = 3 ]; do :; done
     "$IMP" tree --json; "$IMP" tree`,
  );
  assertEquals([code, stderr], [0, ""]);
  const json = nodes(stdout.split("\n").filter((line) => line.startsWith("{")).join("\n"));
  assertEquals(json.map(({ comm, depth }) => [comm, depth]), [
    ["bash", 0],
    ["sleep", 1],
    ["sleep", 2],
    ["sleep", 2],
    ["imp", 1],
  ]);
  assertEquals(json[1].command, ["sleep", "102"]);
  const drawn = stdout.split("\n").filter((line) => /sleep 10\d$/.test(line));
  assertEquals(drawn.map((line) => line.slice(line.search(/[├└│]/))), [
    "├─ sleep 102",
    "│  ├─ sleep 100",
    "│  └─ sleep 101",
  ]);
});

e2e("tree PID: the process between its ancestors and its descendants", async (box) => {
  const { stdout: text } = await box.sh(
    `sh -c 'sleep 60 & sleep 61; :' >/dev/null 2>&1 & echo $!; "$IMP" tree --unfold $!; "$IMP" tree --json $!; pkill -P $! sleep`,
  );
  const [pid, ...lines] = text.split("\n");
  assertMatch(lines[1], /^ *1 /);
  const own = lines.findIndex((line) => line.trimStart().startsWith(`${pid} `));
  assert(own > 1, "its ancestors come first");
  const json = nodes(lines.filter((line) => line.startsWith("{")).join("\n"));
  const drawn = lines.slice(1).flatMap((line) => /^ *(\d+) /.exec(line)?.[1] ?? []).map(Number);
  assertEquals(json.map(({ pid }) => pid), drawn);
  assertEquals(json.find((one) => one.pid === Number(pid))?.depth, own - 1);
  assertEquals(
    json.map(({ depth }) => depth).slice(0, own),
    Array.from({ length: own }, (_, i) => i),
  );
  await box.endAll();
});

e2e("tree --session: the jobs of a terminal by group", async (box) => {
  const shell = openShell(box, ["bash", "--norc", "-i"]);
  shell.type("sleep 60 | cat & sleep 61 &");
  await shell.settled();
  const groups = /^ {2}group \d+, in the background, led by sleep/gm;
  const tree = () => box.imp(["tree", "--session", String(shell.pid)]);
  await eventually(async () => {
    const { stdout } = await tree();
    return stdout.match(groups)?.length === 2 && / cat$/m.test(stdout);
  }, "two jobs");
  const { code, stdout } = await tree();
  assertEquals(code, 0);
  assertStringIncludes(
    stdout,
    `session ${shell.pid}, led by bash (pid ${shell.pid}), on ${shell.path}`,
  );
  assertMatch(stdout, /^ {2}group \d+, in the foreground, led by bash/m);
  const json = nodes((await box.imp(["tree", "--session", "--json", String(shell.pid)])).stdout);
  assertEquals(json.map(({ comm, kind }) => [comm, kind]).sort(), [
    ["bash", "shell"],
    ["cat", "background-job"],
    ["sleep", "background-job"],
    ["sleep", "background-job"],
  ]);
  assert(json.every(({ tty, sid }) => tty === shell.path && sid === shell.pid));
  shell.type("kill %1 %2; exit");
  await shell.ended();
  await box.endAll();
});

e2e("tree: the kinds are those of imp inspect", async (box) => {
  const shell = openShell(box, ["bash", "--norc", "-i"]);
  shell.type("sleep 60 & nohup sleep 61 >/dev/null & ( sleep 62 & ) ; setsid -f sleep 63");
  await shell.settled();
  await box.imp(["daemon", "--", "sleep", "64"]);
  await eventually(
    () => box.processes().filter((pid) => comm(pid) === "sleep").length === 5,
    "each has become sleep",
  );
  const own = box.processes();
  for (const { pid, kind, command } of nodes((await box.imp(["tree", "--json"])).stdout)) {
    if (!/^6[0-4]$/.test(command[1] ?? "") || !own.includes(pid)) continue;
    const { stdout } = await box.imp(["inspect", "--json", String(pid)]);
    assertEquals(kind, JSON.parse(stdout).kind, command.join(" "));
  }
  shell.close();
  await shell.ended();
  await box.endAll();
});

for (const columns of [60, 80, 132]) {
  e2e(`tree: no line is wider than a terminal of ${columns} columns`, async (box) => {
    const long = `exec -a '${"日本語 ".repeat(40)}' sleep 60`;
    await box.sh(`bash -c "${long}" >/dev/null 2>&1 </dev/null & echo $!`);
    const screen = await onTerminal(box, columns, "tree", "--color", "always");
    // deno-lint-ignore no-control-regex
    const lines = screen.replace(/\x1b\[[0-9;]*m/g, "").split("\r\n").slice(0, -1);
    assert(lines.length > 3);
    for (const line of lines) assert(width(line) <= columns, `${width(line)}: ${line}`);
    assertStringIncludes(screen, "\x1b[");
    await box.endAll();
  });
}

e2e("tree: a chain of 200 generations", async (box) => {
  const chain = `n=$1; [ "$n" -gt 0 ] && { sh "$0" $((n - 1)); exit; }; exec "$IMP" tree --json`;
  box.script("chain", chain);
  const { stdout } = await inNamespace(box, `sh ./chain 200`);
  const json = nodes(stdout);
  assertEquals(json.length, 202);
  assertEquals(json.at(-1)?.depth, 201);
  const drawn = await inNamespace(box, `sed -i s/--json// chain; sh ./chain 200`);
  assertStringIncludes(drawn.stdout, "(200 deep) ");
});

e2e("tree: odd names do no harm", async (box) => {
  const source = `import ctypes, os, time
ctypes.CDLL(None).prctl(15, b"x) R 1\\n\\x1b]0;", 0, 0, 0)
time.sleep(60)`;
  await box.sh(`python3 -c '${source}' >/dev/null 2>&1 </dev/null & echo $! > pid`);
  const pid = Deno.readTextFileSync(box.path("pid")).trim();
  await eventually(
    () => comm(Number(pid)).startsWith("x)") && statFields(Number(pid))?.[0] === "S",
    "it sleeps under its odd name",
  );
  const node = nodes((await box.imp(["tree", "--json", pid])).stdout).at(-1)!;
  assertEquals([node.comm, node.state], ["x) R 1\n\x1b]0;", "S"]);
  const { stdout } = await box.imp(["tree", pid]);
  assert(!stdout.includes("\x1b"));
  await box.endAll();
});

e2e("tree: siblings that are alike share a row, --unfold parts them", async (box) => {
  const made = await inNamespace(
    box,
    `for n in 1 2 3; do sleep 100 & done; sleep 101 & until [ $(pgrep -c sleep) = 4 ]; do :; done
     "$IMP" tree; "$IMP" tree --unfold; "$IMP" tree --json`,
  );
  const [folded, unfolded] = made.stdout.split(/^ *PID .*\n/m).slice(1);
  assertMatch(folded, /child +0\.\d% +\S+ {2}├─ 3 × sleep 100\n.*├─ sleep 101\n/);
  assertStringIncludes(folded, "2 more processes are folded into these rows (--unfold)");
  assertEquals(unfolded.match(/─ sleep 100$/gm)?.length, 3);
  assert(!unfolded.includes("their like"));
  const json = made.stdout.split("\n").filter((line) => line.startsWith("{"));
  const sleeps = nodes(json.join("\n")).filter(({ comm }) => comm === "sleep");
  assertEquals(sleeps.length, 4);
});

e2e("tree: in 40 columns the command is left, wider ones have more", async (box) => {
  const { stdout } = await box.sh("sleep 1000 >/dev/null 2>&1 </dev/null & echo $!");
  const heads: string[] = [];
  for (const columns of [40, 80, 120]) {
    const screen = await onTerminal(box, columns, "tree", "--color=never", stdout.trim());
    const lines = screen.split("\r\n").slice(0, -1);
    for (const line of lines) assert(width(line) <= columns, line);
    heads.push(lines[0].trim().replace(/ +/g, " "));
    assertMatch(screen, /─ sleep 10/);
  }
  const [narrow, usual, wide] = heads;
  assertMatch(narrow, /^PID (S )?(KIND )?COMMAND$/);
  assertStringIncludes(usual, "KIND %CPU MEMORY COMMAND");
  assertEquals(wide, "PID STATE MARK TTY KIND %CPU MEMORY COMMAND");
  await box.endAll();
});

e2eAsRoot("tree -u USER: that user's processes, and all below them", async (box) => {
  await Deno.chmod(box.directory, 0o777);
  const nobody = `setpriv --reuid=${LONELY_UID} --regid=65534 --clear-groups`;
  await box.sh(
    `${nobody} sh -c 'sleep 1000 & echo $! >pid; exec sleep 1001' >/dev/null 2>&1 </dev/null &
     until [ -s pid ]; do :; done`,
  );
  const tree = (...words: string[]) => box.imp(["tree", "--json", "-u", ...words]);
  await eventually(async () => {
    const { stdout } = await tree(String(LONELY_UID));
    return nodes(stdout).map(({ command }) => command.join(" ")).join() === "sleep 1001,sleep 1000";
  }, "both are shown");
  assertEquals(nodes((await tree(String(LONELY_UID))).stdout).map(({ depth }) => depth), [0, 1]);
  const session = await box.imp(["tree", "-s", "-u", String(LONELY_UID)]);
  assertMatch(session.stdout, /─ sleep 1000$/m);
  await box.endAll();
  await eventually(async () => (await tree(String(LONELY_UID))).code === 1, "none is left");
  for (
    const [words, why] of [
      [[String(LONELY_UID)], "there are none"],
      [["no-such-user"], "there is no such user"],
    ] as const
  ) {
    const { code, stderr } = await tree(...words);
    assertEquals(code, 1);
    assertStringIncludes(stderr, why);
  }
  assertEquals([(await tree("")).code, (await tree("root", "1")).code], [2, 2]);
});

e2e("tree: of no such process", async (box) => {
  const { code, stderr } = await box.imp(["tree", "999999999"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "cannot show process 999999999: there is none");
  assertEquals((await box.imp(["tree", "1", "2"])).code, 2);
});

/** Runs imp on a terminal of that width. @returns what has appeared */
async function onTerminal(box: Sandbox, columns: number, ...words: string[]): Promise<string> {
  const { master, path } = openTerminal({ rows: 24, columns });
  const pid = spawn({
    path: impBinary(),
    argv: [impBinary(), ...words],
    env: [`IMP_TEST_TAG=${box.tag}`, "TERM=xterm"],
    newSession: true,
    terminal: path,
    descriptors: [[0, 1], [0, 2]],
  });
  let screen = "";
  const decoder = new TextDecoder();
  const look = () => {
    for (;;) {
      const bytes = readSome(master);
      if (typeof bytes === "number" || bytes.length === 0) return;
      screen += decoder.decode(bytes, { stream: true });
    }
  };
  await eventually(() => {
    look();
    return tryWait(pid) !== "running";
  }, "imp has ended");
  look();
  closeFile(master);
  return screen;
}

function width(line: string): number {
  let columns = 0;
  for (const character of line) columns += character > "\u2fff" ? 2 : 1;
  return columns;
}
