// imp with as a job of an interactive shell, on a real terminal.
import { e2e, eventually, impBinary, type Sandbox, wordsOf } from "./harness.ts";
import { CHATTY, onScreen, Screen, SHELLS } from "./init_terminal.ts";
import { openShell } from "./terminal.ts";

const WITH = `"$IMP" with --shell --daemon 'sleep 71 & setsid sleep 71 & wait' --`;

/** PIDs of this test's sleepers. */
function sleepers(box: Sandbox): number[] {
  return box.processes().filter((pid) => wordsOf(pid)[0] === "sleep" && wordsOf(pid)[1] === "71");
}

const nothingLeft = (box: Sandbox) =>
  eventually(() => sleepers(box).length === 0, "helpers are left");

for (const { name, argv } of SHELLS) {
  onScreen(`with under ${name}: Ctrl-Z, fg, Ctrl-C`, argv, async (screen, box) => {
    screen.type(`${WITH} ${CHATTY}\n`);
    await screen.sees(/up\r/);
    screen.type("\x1a");
    await screen.sees(/stopped|suspended/i);
    // The helpers run on meanwhile.
    await eventually(() => sleepers(box).length === 2, "helpers are gone");
    screen.type("fg\n");
    await screen.sees(/got-cont/);
    screen.type("\x03");
    await screen.sees(/got-int/);
    screen.type("echo co''de $?\n");
    await screen.sees(/code 9/);
    await nothingLeft(box);
  });

  onScreen(
    `with under ${name}: main reads what is typed, helpers do not`,
    argv,
    async (screen, box) => {
      screen.type(
        `"$IMP" with --daemon cat --daemon 'sleep 71' -- sh -c 'echo u''p; read x; echo "got $x"'\n`,
      );
      await screen.sees(/up\r/);
      screen.type("words\n");
      await screen.sees(/got words/);
      screen.type("echo co''de $?\n");
      await screen.sees(/code 0/);
      await nothingLeft(box);
    },
  );

  onScreen(`with under ${name}: Ctrl-C before main starts`, argv, async (screen, box) => {
    screen.type(`"$IMP" with --daemon 'sleep 71' --ready notify -- echo ne''ver\n`);
    await eventually(() => sleepers(box).length === 1, "the helper is not up");
    await screen.insists("\x03", /\$ |% |# $/);
    screen.type("echo co''de $?\n");
    await screen.sees(/code 130/);
    await nothingLeft(box);
  });

  onScreen(
    `with under ${name}: Ctrl-C while plain children are waited for`,
    argv,
    async (screen, box) => {
      screen.type(`"$IMP" with --plain 'sleep 71' -- sh -c 'echo u''p'\n`);
      await screen.sees(/up\r/);
      await screen.insists("\x03", /\$ |% |# $/);
      screen.type("echo co''de $?\n");
      await screen.sees(/code 130/);
      await nothingLeft(box);
    },
  );
}

e2e("with: a closed terminal leaves nothing", async (box) => {
  const shell = openShell(box, ["bash", "--norc", "-i"]);
  shell.type(`${WITH} sleep 71`);
  await eventually(() => sleepers(box).length === 3, () => `not up:\n${shell.screen()}`);
  shell.close();
  await shell.ended();
  await eventually(() => box.processes().length === 0, "processes are left");
});

e2e("with: a closed terminal leaves nothing of a stopped job either", async (box) => {
  const shell = openShell(box, ["bash", "--norc", "-i"]);
  shell.type(`${WITH} sleep 71`);
  await eventually(() => sleepers(box).length === 3, () => `not up:\n${shell.screen()}`);
  shell.suspend();
  await eventually(() => /Stopped/.test(shell.screen()), () => shell.screen());
  shell.close();
  await shell.ended();
  await eventually(() => box.processes().length === 0, "processes are left");
});

e2e("with: leads a session itself, and the terminal closes", async (box) => {
  const screen = Screen.run(box, [
    ...[impBinary(), "with", "--daemon", "sleep 71", "--plain", "sleep 71", "--", "sh", "-c"],
    "echo up; exec sleep 71",
  ]);
  await screen.sees(/up\r/);
  await eventually(() => sleepers(box).length === 3, "not up");
  screen.close();
  await eventually(() => box.processes().length === 0, "processes are left");
});

e2e("with: on a terminal names are coloured, and aligned", async (box) => {
  const screen = Screen.run(box, [
    ...["/usr/bin/env", "TERM=xterm", impBinary(), "with", "--plain", "echo one", "--name", "a"],
    ...["--plain", "echo two", "--name", "long", "--color", "always", "--", "true"],
  ]);
  await screen.sees(/\[36ma {4}\|.\[39m one/);
  await screen.sees(/\[32mlong \|.\[39m two/);
  await screen.ends(0);
  screen.close();
});
