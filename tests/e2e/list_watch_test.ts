// imp list --watch as a screen of its own, on real terminals.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { e2e, eventually, impBinary, isAlive, type Sandbox, TAG } from "./harness.ts";
import { Screen } from "./init_terminal.ts";
import { KeptHome } from "./keeping.ts";

/** A shell on a terminal of that size, which has a list on it. */
async function watching(box: Sandbox, home: KeptHome, columns: number, more = "") {
  const screen = Screen.run(box, ["/bin/bash", "--norc", "--noprofile"]);
  const set = `export IMP_HOME=${home.path} TERM=xterm; stty -echo rows 24 cols ${columns}; PS1=; `;
  screen.type(
    `${set}bind 'set enable-bracketed-paste off'; stty -g >${box.path("before")}; echo s''et\n`,
  );
  await screen.sees(/set/);
  screen.type(
    `(echo $BASHPID >${box.path("pid")}; exec $IMP list --watch --interval 100ms ${more}); ` +
      `echo w''as $?; stty -g >${box.path("after")}; echo d''one\n`,
  );
  return screen;
}

function assertModes(box: Sandbox): void {
  assertEquals(Deno.readTextFileSync(box.path("before")), Deno.readTextFileSync(box.path("after")));
}

// deno-lint-ignore no-control-regex
const NEXT_ROW = /\x1b\[\d+;1H/, SEQUENCE = /\x1b\[[\d;?]*[A-Za-z]/g;
// deno-lint-ignore no-control-regex
const ENTERED = /\x1b\[\?1049h/, LEFT = /\x1b\[\?25h\x1b\[\?7h\x1b\[\?1049l/;

for (const columns of [40, 80, 120]) {
  e2e(`list --watch: ${columns} columns, keys, and the terminal as before`, async (box) => {
    const home = new KeptHome(box);
    const evil = "printf 'last \\033]0;evil\\007\\033[2Jline\\r\\n'; exec sleep 1000";
    await home.start("web", evil);
    await home.start("api", "exec sleep 1000");
    const screen = await watching(box, home, columns);
    await screen.sees(ENTERED);
    await screen.sees(/NAME[^]*api[^]*web/);
    if (columns >= 80) await screen.sees(/LAST LINE[^]*last line/);
    const shown = screen.recent();
    assert(!shown.includes("evil") && shown.split("\x1b[2J").length === 2, shown);
    const rows = shown.split(NEXT_ROW).map((row) => row.replaceAll(SEQUENCE, ""));
    assert(rows.slice(1).every((row) => row.length <= columns), shown);
    const [api, web] = [home.pid("api")!, home.pid("web")!];
    screen.type("js");
    await screen.sees(/stop web\? y: yes/);
    screen.type("n");
    await screen.sees(/\? help/);
    screen.type("sy");
    await screen.sees(/web: stopped \(pid/);
    await screen.sees(/stopped/);
    assert(!isAlive(web) && isAlive(api));
    screen.type("S");
    await screen.sees(/web: started, pid/);
    screen.type("/ap\r");
    await screen.sees(/\/ap/);
    screen.type("ry");
    await screen.sees(/api: restarted|api: started/);
    screen.type("?");
    await screen.sees(/imp stop, after y/);
    screen.type("x");
    screen.type("q");
    await screen.sees(LEFT);
    await screen.sees(/was 0\s+done/);
    assertModes(box);
    screen.close();
    await home.done("stop", "--now", "--all");
  }, ["bash", "stty"]);
}

e2e(
  "list --watch: its end by a signal, Ctrl-C, Ctrl-Z, and a log in between leave the terminal as before",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("web", "echo of the log; exec sleep 1000");
    for (const [signal, status] of [["TERM", 143], ["HUP", 129], ["QUIT", 131]] as const) {
      const screen = await watching(box, home, 80);
      await screen.sees(/web/);
      Deno.kill(Number(Deno.readTextFileSync(box.path("pid"))), `SIG${signal}`);
      await screen.sees(new RegExp(`was ${status}\\s+done`));
      assert(LEFT.test(screen.recent()));
      assertModes(box);
      screen.close();
    }
    const screen = await watching(box, home, 80);
    await screen.sees(/web/);
    screen.type("l");
    await screen.sees(/of the log/);
    screen.type("\x03");
    await screen.sees(ENTERED);
    await screen.sees(/web/);
    screen.type("\x1a");
    await screen.sees(LEFT);
    await screen.sees(/Stopped/);
    screen.type("fg\n");
    await screen.sees(ENTERED);
    await screen.sees(/web/);
    screen.type("q");
    await screen.sees(LEFT);
    screen.close();
    await home.done("stop", "--now", "web");
  },
  ["bash", "stty"],
);

e2e(
  "list --watch: no screen of its own on a dumb terminal, nor without a keyboard",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("web", "exec sleep 1000");
    for (const how of ["TERM=dumb", "TERM=xterm </dev/null"]) {
      const [set, input = ""] = how.split(" ");
      const screen = Screen.run(box, ["/bin/sh"]);
      screen.type(`IMP_HOME=${home.path} ${set} $IMP list --watch --interval 100ms ${input}\n`);
      await screen.sees(/every 100ms[^]*web[^]*every 100ms[^]*web/);
      assert(!screen.recent().includes("\x1b[?1049h"));
      assertEquals(screen.recent().includes("\x1b[H"), set !== "TERM=dumb");
      screen.close();
    }
    await home.done("stop", "--now", "web");
  },
);

e2e("list --watch: in tmux, at another size than before", async (box) => {
  const home = new KeptHome(box);
  for (let i = 0; i < 3; i++) await home.start(`d${i}`, "exec sleep 1000");
  // The shell of a system user may be nologin.
  const own = { SHELL: "/bin/sh", TMUX_TMPDIR: box.directory };
  const env = { ...home.env, ...own, IMP: impBinary(), [TAG]: box.tag };
  const tmux = async (...words: string[]) => {
    const { code, stdout, stderr } = await box.run(["tmux", "-f", "/dev/null", ...words], { env });
    assertEquals(code, 0, stderr);
    return stdout;
  };
  const size = (columns: number) => ["-x", String(columns), "-y", "24"];
  await tmux("new-session", "-d", ...size(80), "exec $IMP list --watch --interval 100ms");
  const seen = async (pattern: RegExp) => {
    let text = "";
    await eventually(async () => pattern.test(text = await tmux("capture-pane", "-p")), () => text);
    return text;
  };
  assertStringIncludes(await seen(/d0 [^]*d2 /), "LAST LINE");
  await tmux("resize-window", ...size(40));
  const narrow = await seen(/^NAME +STATE +CPU +MEMORY( +RESTARTS)? *$/m);
  assert(narrow.split("\n").every((line) => line.length <= 40), narrow);
  await tmux("send-keys", "j", "j", "k", "s");
  await seen(/stop d1\? y: yes/);
  await tmux("send-keys", "y");
  await seen(/d1 +stopped/);
  assertEquals(home.pid("d1"), undefined);
  await tmux("kill-server");
  await home.done("stop", "--now", "--all");
}, ["tmux"]);
