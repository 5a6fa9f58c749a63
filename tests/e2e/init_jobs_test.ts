// imp init as a job of an interactive shell, on a real terminal.
import { assertEquals, assertMatch } from "@std/assert";
import { e2e, e2eAsRoot, impBinary } from "./harness.ts";
import { CHATTY, onScreen, Screen, SHELLS } from "./init_terminal.ts";

for (const { name, argv } of SHELLS) {
  onScreen(`init under ${name}: Ctrl-Z, fg, Ctrl-C`, argv, async (screen) => {
    screen.type(`"$IMP" init -- ${CHATTY}\n`);
    await screen.sees(/up\r/);
    screen.type("\x1a");
    await screen.sees(/stopped|suspended/i);
    screen.type("fg\n");
    await screen.sees(/got-cont/);
    screen.type("\x03");
    await screen.sees(/got-int/);
    screen.type("echo co''de $?\n");
    await screen.sees(/code 9/);
  });

  onScreen(`init under ${name}: Ctrl-Z, bg, then fg of the running job`, argv, async (screen) => {
    screen.type(`"$IMP" init -- ${CHATTY}\n`);
    await screen.sees(/up\r/);
    screen.type("\x1a");
    await screen.sees(/stopped|suspended/i);
    screen.type("bg\n");
    await screen.sees(/got-cont/);
    screen.type("echo al''ive\n");
    await screen.sees(/alive/);
    screen.type("fg\n");
    await screen.sees(/init/);
    // No SIGCONT comes with this fg, so nothing shows when the shell has handed over the terminal.
    await screen.insists("\x03", /got-int/);
  });

  onScreen(
    `init under ${name}: & leaves the terminal to the shell, reading stops the job`,
    argv,
    async (screen) => {
      screen.type(`"$IMP" init -- cat &\n`);
      screen.type("echo al''ive\n");
      await screen.sees(/alive/);
      await screen.insists("jobs\n", /stopped|suspended/i);
      screen.type("fg\n");
      await screen.sees(/cat/);
      await screen.insists("some line\n", /some line\r\nsome line/);
      screen.type("\x04");
      await screen.insists("echo co''de $?\n", /code 0/);
    },
  );

  onScreen(`init under ${name}: dies by Ctrl-C as the program did`, argv, async (screen) => {
    screen.type(`"$IMP" init -- sh -c 'echo u''p; exec sleep 30'\n`);
    await screen.sees(/up\r/);
    screen.type("\x03");
    await screen.insists("echo co''de $?\n", /code 130/);
  });

  onScreen(
    `init under ${name}: in a pipeline the other members keep the terminal`,
    argv,
    async (screen) => {
      screen.type(`"$IMP" init -- echo hello | sh -c 'read a; read b </dev/tty; echo "$a"-"$b"'\n`);
      await screen.insists("you\n", /hello-you/);
    },
  );

  onScreen(`init under ${name}: Ctrl-C ends a script around it too`, argv, async (screen, box) => {
    const script = box.script(
      "script",
      `#!/bin/sh\n"$IMP" init -- sh -c 'echo u''p; exec sleep 30'\necho wro''ng\n`,
    );
    screen.type(`${script}\n`);
    await screen.sees(/up\r/);
    screen.type("\x03");
    await screen.insists("echo co''de $?\n", /code 130/);
    assertEquals(/wrong/.test(screen.recent()), false);
  });
}

e2e(
  "init leading a session on a terminal, as in a container: Ctrl-C, and Ctrl-Z that nobody could undo",
  async (box) => {
    const screen = Screen.run(box, [impBinary(), "init", "--", "sh", "-c", CHATTY.slice(7, -1)]);
    try {
      await screen.sees(/up\r/);
      screen.type("\x1a");
      await screen.sees(/got-cont/);
      screen.type("\x03");
      await screen.sees(/got-int/);
    } finally {
      screen.close();
    }
  },
);

e2e("init leading a session: a shell as program has job control", async (box) => {
  const screen = Screen.run(box, [impBinary(), "init", "--", "/bin/bash", "--norc", "-i"]);
  try {
    await screen.sees(/\$ /);
    screen.type("sh -c 'echo u''p; exec sleep 100'\n");
    await screen.sees(/up\r/);
    screen.type("\x1a");
    await screen.sees(/Stopped/);
    screen.type("fg\n");
    await screen.sees(/sleep 100/);
    await screen.insists("\x03", /\$ /);
    screen.type("exit 5\n");
    await screen.ends(5);
  } finally {
    screen.close();
  }
});

e2e(
  "imp as dumb-init leading a session: hands the terminal on to the program's session",
  async (box) => {
    Deno.symlinkSync(impBinary(), box.path("dumb-init"));
    const screen = Screen.run(box, [box.path("dumb-init"), "/bin/bash", "--norc", "-i"]);
    try {
      await screen.sees(/\$ /);
      screen.type("sh -c 'echo u''p; exec sleep 100'\n");
      await screen.sees(/up\r/);
      screen.type("\x03");
      await screen.insists("exit 5\n", /exit/);
      await screen.ends(5);
    } finally {
      screen.close();
    }
  },
);

e2e("init: the terminal is hung up: HUP reaches the program, nothing is left", async (box) => {
  const out = box.path("out");
  const screen = Screen.run(box, [
    impBinary(),
    "init",
    "--",
    "sh",
    "-c",
    `trap 'echo hup >${out}; exit 0' HUP; echo up; while :; do sleep 0.05; done`,
  ]);
  await screen.sees(/up/);
  screen.close();
  assertEquals(Deno.readTextFileSync(out), "hup\n");
});

const AS_PID_1 = `unshare -pf --mount-proc "$IMP" init --`;

onScreen(
  "init as PID 1 without a session of its own: the shell under it controls its jobs and ends well",
  ["/bin/dash", "-i"],
  async (screen) => {
    screen.type(`${AS_PID_1} dash -i\n`);
    await screen.insists("echo in''side $$\n", /inside \d+/);
    screen.type("echo be''gun; sleep 300\n");
    await screen.sees(/begun/);
    await screen.insists("\x1a", /stopped/i);
    screen.type("kill %1; wait; exit 0\n");
    await screen.insists("echo co''de $?\n", /code \d+/);
    assertMatch(screen.recent(), /code 0/);
    assertEquals(/cannot set tty/i.test(screen.recent()), false);
  },
  e2eAsRoot,
);

onScreen(
  "init as PID 1 without a session of its own: in the background it leaves the terminal alone",
  ["/bin/bash", "--norc", "--noprofile", "-i"],
  async (screen) => {
    screen.type(`${AS_PID_1} cat &\n`);
    await screen.insists("jobs\n", /stopped/i);
    screen.type("fg\n");
    await screen.insists("some line\n", /some line\r\nsome line/);
    screen.type("\x04");
    await screen.insists("echo co''de $?\n", /code 0/);
  },
  e2eAsRoot,
);
