// A daemon with a terminal of its own, and those who are attached to it.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  e2e,
  e2eAsRoot,
  eventually,
  isAlive,
  rounds,
  type Sandbox,
  statFields,
} from "./harness.ts";
import { Screen } from "./init_terminal.ts";
import { KeptHome } from "./keeping.ts";
import { killWatch, watchEnds, watchesOf } from "./kept_logs.ts";

/** Says what it is given, and its size when that changes. */
const ECHOING = "trap 'echo size $(stty size)' WINCH; echo ready; " +
  'while :; do if read line; then echo "got:$line"; test "$line" = die && exit 3; fi; done';

/** A shell on a terminal, which knows the home. */
function shell(box: Sandbox, home: KeptHome): Screen {
  const screen = Screen.run(box, ["/bin/bash", "--norc", "--noprofile"]);
  screen.type(
    `export IMP_HOME=${home.path}; stty -echo; PS1=; bind 'set enable-bracketed-paste off'; echo s''et\n`,
  );
  return screen;
}

const DETACH = "\x1cd";

e2e(
  "attach: what is typed reaches the program, what it writes the screen; the terminal is as before",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("game", `echo "on $(tty)"; ${ECHOING}`, "--tty");
    const screen = shell(box, home);
    await screen.sees(/set/);
    screen.type(
      "stty -g >before; $IMP attach game; stty -g >after; echo d''one\n".replaceAll(
        />(\w+)/g,
        `>${box.directory}/$1`,
      ),
    );
    await screen.sees(/\[attached to game; ctrl-\\ d detaches\]\s+on \/dev\/pts\/\d+\s[^]*ready/);
    screen.type("hello\r");
    await screen.sees(/got:hello/);
    screen.type(DETACH);
    await screen.sees(/\[detached from game, which goes on\]\s+done/);
    assertEquals(
      Deno.readTextFileSync(box.path("before")),
      Deno.readTextFileSync(box.path("after")),
    );
    const program = home.pid("game")!;
    // A terminal, whose foreground group it is.
    const [, , , , , session, tty] = statFields(program)!;
    assert(Number(tty) > 0, `${session} ${tty}`);
    // What is there is shown again.
    screen.type("$IMP attach --detach-keys ctrl-p,ctrl-q game\n");
    await screen.sees(/ctrl-p ctrl-q detaches[^]*got:hello/);
    screen.type("\x10\x11");
    await screen.sees(/detached/);
    screen.type("$IMP attach --read-only game\n");
    await screen.sees(/read-only/);
    screen.type(`unseen\r${DETACH}`);
    await screen.sees(/detached/);
    const { code } = await home.imp(["attach", "game"], { stdin: "from a pipe\n" });
    assertEquals(code, 0);
    await eventually(
      async () => (await home.done("logs", "game")).includes("got:from a pipe"),
      "typed",
    );
    assert(!(await home.done("logs", "game")).includes("unseen"));
    assertEquals(home.pid("game"), program);
    screen.type("exit\n");
    await screen.ends(0);
    screen.close();
    await home.done("stop", "game");
    await watchEnds(home);
  },
  ["bash", "stty"],
);

e2e(
  "attach: its end, its restart and a stop are told to those who are attached; the terminal is the same",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("game", `echo "on $(tty)"; ${ECHOING}`, "--tty", "--start-seconds", "0");
    const screen = shell(box, home);
    await screen.sees(/set/);
    screen.type("$IMP attach game; echo w''as $?\n");
    const before = await screen.sees(/attached[^]*on (\/dev\/pts\/\d+)\s[^]*ready/);
    const pid = home.pid("game")!;
    screen.type("die\r");
    await screen.sees(/\[game ended with an error \(exit 3\)[^]*started again/);
    await screen.sees(new RegExp(`got:die[^]*on ${before}\\s`));
    await eventually(
      () => home.pid("game") !== undefined && home.pid("game") !== pid,
      "another one",
    );
    screen.type("again\r");
    await screen.sees(/got:again/);
    await home.done("stop", "game");
    await screen.sees(/\[game was killed by HUP[^]*\[game is no longer running\]\s+was 0/);
    screen.type("exit\n");
    await screen.ends(0);
    screen.close();
    await watchEnds(home);
  },
  ["bash", "stty"],
);

e2e(
  "attach: signals that end the client leave the terminal as it was, and kill -9 does not harm the daemon",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("game", ECHOING, "--tty");
    const screen = shell(box, home);
    await screen.sees(/set/);
    for (const signal of ["TERM", "HUP", "INT", "KILL"]) {
      // The other screen and a hidden cursor are taken back.
      screen.type(
        `trap : INT; a=$(stty -g); (echo $BASHPID >${
          box.path("pid")
        }; exec $IMP attach game); b=$(stty -g); test "$a" = "$b" && echo s''ame; stty "$a"; echo e''nded\n`,
      );
      await screen.sees(/attached to game/);
      const pid = Number(Deno.readTextFileSync(box.path("pid")));
      Deno.kill(pid, `SIG${signal}` as Deno.Signal);
      await screen.sees(/ended/);
      // After kill -9 the shell sets the modes.
      if (signal !== "KILL") assertMatch(screen.recent(), /same/, signal);
    }
    assert(isAlive(home.pid("game")!));
    screen.type("$IMP attach game\n");
    await screen.sees(/attached/);
    screen.type("still\r");
    await screen.sees(/got:still/);
    screen.close();
    await eventually(async () => (await home.done("logs", "game")).includes("still"), "it goes on");
    await home.done("stop", "game");
  },
  ["bash", "stty"],
);

e2e(
  "attach: whoever serves the terminal is killed, and no line is lost; who is attached stays so",
  async (box) => {
    const home = new KeptHome(box);
    const count = rounds(20_000, 200_000);
    const script =
      `read go; i=0; while [ $i -lt ${count} ]; do echo "line $i of"; i=$((i+1)); done; exec sleep 1000`;
    await home.start("game", script, "--tty");
    const screen = shell(box, home);
    await screen.sees(/set/);
    screen.type("$IMP attach game\n");
    await screen.sees(/attached to game/);
    screen.type("\r");
    for (let i = 0; i < rounds(4, 20); i++) await killWatch(home);
    await eventually(
      async () => (await home.done("logs", "game", "-n", "1")).includes(`line ${count - 1} `),
      "all is logged",
    );
    const lines = (await home.done("logs", "game")).split("\n").filter((line) =>
      line.startsWith("line")
    );
    const wrong = lines.findIndex((line, i) => !line.startsWith(`line ${i} of`));
    assertEquals([lines.length, wrong], [count, -1], `line ${wrong}: ${lines[wrong]}`);
    await screen.sees(new RegExp(`line ${count - 1} of`));
    screen.type(DETACH);
    await screen.sees(/detached/);
    screen.type("exit\n");
    await screen.ends(0);
    screen.close();
    await home.done("stop", "--now", "game");
  },
  ["bash", "stty"],
);

e2e("attach: both keepers are killed, others adopt the daemon with its terminal", async (box) => {
  const home = new KeptHome(box);
  await home.start("game", ECHOING, "--tty");
  const program = home.pid("game")!;
  await eventually(() => watchesOf(home).length === 1, "it is served");
  await eventually(
    async () => (await home.imp(["attach", "game"], { stdin: "one\n" })).code === 0,
    "attached",
  );
  await home.killWaiters("game");
  await home.done("start", "game");
  assertEquals(home.pid("game"), program);
  await killWatch(home);
  assertEquals((await home.imp(["attach", "game"], { stdin: "two\n" })).code, 0);
  await eventually(
    async () => (await home.done("logs", "game")).includes("got:two"),
    "it is served again",
  );
  assertEquals(home.pid("game"), program);
  await home.done("stop", "game");
});

e2e("attach: the terminal is as large as the smallest of those who are attached", async (box) => {
  const home = new KeptHome(box);
  await home.start("game", ECHOING, "--tty");
  const [one, other] = [shell(box, home), shell(box, home)];
  for (const screen of [one, other]) await screen.sees(/set/);
  one.type("stty rows 30 cols 100; $IMP attach game\n");
  await one.sees(/attached[^]*size 30 100/);
  other.type("stty rows 40 cols 60; $IMP attach game\n");
  await other.sees(/attached/);
  await one.sees(/size 30 60/);
  other.type(DETACH);
  await other.sees(/detached/);
  await one.sees(/size 30 60[^]*size 30 100/);
  for (const screen of [one, other]) screen.close();
  await home.done("stop", "game");
}, ["bash", "stty"]);

e2e(
  "attach: a client that is stopped holds up nobody, and is told what it has missed",
  async (box) => {
    const home = new KeptHome(box);
    const count = rounds(30_000, 100_000);
    await home.start(
      "game",
      `read go; i=0; while [ $i -lt ${count} ]; do echo "line $i of"; i=$((i+1)); done; exec sleep 1000`,
      "--tty",
    );
    const screen = shell(box, home);
    await screen.sees(/set/);
    screen.type(`(echo $BASHPID >${box.path("pid")}; exec $IMP attach game)\n`);
    await screen.sees(/attached/);
    const pid = Number(Deno.readTextFileSync(box.path("pid")));
    Deno.kill(pid, "SIGSTOP");
    assertEquals((await home.imp(["attach", "game"], { stdin: "\n" })).code, 0);
    await eventually(
      async () => (await home.done("logs", "game", "-n", "1")).includes(`line ${count - 1} `),
      "all is logged",
    );
    Deno.kill(pid, "SIGCONT");
    await screen.sees(
      new RegExp(`\\[\\d+.* of output were too fast; the log has them\\][^]*line ${count - 1} of`),
    );
    screen.close();
    await home.done("stop", "game");
  },
  ["bash", "stty"],
);

e2e(
  "attach: full-screen programs leave the terminal clean; without a log all else is the same",
  async (box) => {
    const home = new KeptHome(box);
    await home.start(
      "game",
      "printf '\\033[?1049h\\033[?25lfull screen'; exec cat",
      "--tty",
      "--log",
      "none",
    );
    const screen = shell(box, home);
    await screen.sees(/set/);
    screen.type("$IMP attach game\n");
    // deno-lint-ignore no-control-regex
    await screen.sees(/\x1b\[\?1049h\x1b\[\?25l[^]*full screen/);
    screen.type(DETACH);
    // deno-lint-ignore no-control-regex
    await screen.sees(/\x1b\[\?25h\x1b\[\?1049l[^]*detached/);
    screen.close();
    await home.done("stop", "game");
    await watchEnds(home);
  },
  ["bash", "stty"],
);

e2e("attach: a daemon that cannot be attached to is reported", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", "exec sleep 1000");
  const say = async (...args: string[]) => {
    const { code, stderr } = await home.imp(["attach", ...args]);
    return [code, stderr];
  };
  assertMatch(
    (await say("web")).join(" "),
    /^1 imp attach: cannot attach to web: it has no terminal: it was started without --tty/,
  );
  assertMatch(
    (await say("nope")).join(" "),
    /^1 imp attach: cannot attach to nope: no kept daemon has that name/,
  );
  await home.done("stop", "web");
  await home.done("start", "web", "--tty", "--replace", "--", "sh", "-c", "exec sleep 1000");
  await home.done("stop", "web");
  assertMatch(
    (await say("web")).join(" "),
    /^1 imp attach: cannot attach to web: it is not running/,
  );
  assertMatch((await say()).join(" "), /^2 imp attach: no name given/);
  assertMatch(
    (await say("--detach-keys", "ctrl-", "web")).join(" "),
    /^2 imp attach: 'ctrl-' in --detach-keys/,
  );
});

e2e(
  "attach: output that cannot be written is reported; a reader that has gone is enough",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("game", "echo hello; exec cat", "--tty");
    const run = (script: string) => box.sh(script, { env: home.env });
    const full = await run("(echo one; sleep 1) | $IMP attach game >/dev/full");
    assertEquals(full.code, 125);
    assertStringIncludes(full.stderr, "cannot write to standard output: ENOSPC");
    assertEquals((await run("(echo two; sleep 1) | $IMP attach game | head -c 1")).stderr, "");
    assertEquals((await run("$IMP attach game <&-")).code, 0);
    await home.done("stop", "game");
  },
);

e2eAsRoot("attach: the terminal of a daemon belongs to its user", async (box) => {
  const home = new KeptHome(box);
  await home.start(
    "game",
    "echo own >$(tty); stat -c '%u of tty' $(tty); exec sleep 1000",
    "--tty",
    "-u",
    "nobody",
  );
  await eventually(
    async () => /own\r?\n65534 of tty/.test(await home.done("logs", "game")),
    "it is its own",
  );
  await home.done("stop", "game");
});

e2e(
  "start --tty: a shell, and what runs in it, ends as when its terminal is closed",
  async (box) => {
    const home = new KeptHome(box);
    await home.done("start", "shell", "--tty", "--", "sh", "-i");
    await home.imp(["attach", "shell"], { stdin: "sleep 1000\n" });
    const stopped = await home.done("stop", "shell");
    assertMatch(stopped, /^shell: stopped \(pid \d+\) in \S+\n$/);
    assertEquals(home.record("shell", "state").runs.at(-1).signal, "HUP");
  },
);
