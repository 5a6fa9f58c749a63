// imp pool --tty: the job that runs has the terminal, as a job of a shell has it.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2e, eventually, impBinary, statFields, wordsOf } from "./harness.ts";
import { comm } from "./inspecting.ts";
import { onScreen, Screen, SHELLS } from "./init_terminal.ts";

/** Says what is typed, as an editor does it: key by key, without echo. Ends with q. */
const EDITOR = `#!/bin/sh
old=$(stty -g)
stty raw -echo
printf 'open-%s ' "$1"
while :; do
  key=$(dd bs=1 count=1 2>/dev/null)
  [ "$key" != q ] || break
  printf 'key-%s ' "$key"
done
stty "$old"
echo "closed-$1"
`;

for (const { name, argv } of SHELLS) {
  onScreen(
    `pool --tty under ${name}: one job after the other reads keys`,
    argv,
    async (on, box) => {
      const editor = box.script("editor", EDITOR);
      on.type(`printf '%s\\n' a b | "$IMP" pool --tty ${editor}; echo co''de $?\n`);
      await on.sees(/open-a/);
      on.type("x");
      await on.sees(/key-x/);
      on.type("q");
      await on.sees(/closed-a[^]*open-b/);
      // Raw: no key sends a signal.
      on.type("\x1aq");
      await on.sees(/closed-b[^]*code 0/);
    },
  );

  onScreen(`pool --tty under ${name}: /dev/tty, also where stdin is the item`, argv, async (on) => {
    const script = `'echo u''p; read -r x </dev/tty; read -r item; echo "$item-$x"'`;
    on.type(`"$IMP" pool --tty --stdin sh -c ${script} ::: a b; echo co''de $?\n`);
    await on.sees(/up\r/);
    on.type("one\n");
    await on.sees(/a-one[^]*up\r/);
    on.type("two\n");
    await on.sees(/b-two[^]*code 0/);
  });

  onScreen(`pool --tty under ${name}: Ctrl-Z, bg, fg`, argv, async (on) => {
    const script =
      `'trap "echo g''ot-cont" CONT; echo u''p; while ! read -r x; do :; done; echo "d''id $x"'`;
    on.type(`"$IMP" pool --tty sh -c ${script} ::: a\n`);
    await on.sees(/up\r/);
    on.type("\x1a");
    await on.sees(/stopped|suspended/i);
    on.type("echo al''ive\n");
    await on.sees(/alive/);
    // It reads, so it cannot run in the background.
    on.type("bg\n");
    await on.insists("jobs\n", /stopped|suspended/i);
    on.type("fg\n");
    await on.sees(/got-cont|pool/);
    await on.insists("line\n", /did line/);
    await on.insists("echo co''de $?\n", /code 0/);
  });

  onScreen(`pool --tty under ${name}: Ctrl-C ends the pool too`, argv, async (on) => {
    on.type(`"$IMP" pool --tty sh -c 'echo u''p-$1; exec sleep 300' sh ::: a b\n`);
    await on.sees(/up-a\r/);
    on.type("\x03");
    await on.insists("echo co''de $?\n", /code 130/);
    assert(!/up-b/.test(on.recent()));
  });

  onScreen(
    `pool --tty under ${name}: & stops when it reads, fg gives it the terminal`,
    argv,
    async (on) => {
      on.type(`"$IMP" pool --tty sh -c 'read -r x; echo "d''id $x"' ::: a &\n`);
      on.type("echo al''ive\n");
      await on.sees(/alive/);
      await on.insists("jobs\n", /stopped|suspended/i);
      on.type("fg\n");
      await on.sees(/pool/);
      await on.insists("line\n", /did line/);
      await on.insists("echo co''de $?\n", /code 0/);
    },
  );
}

const [BASH] = SHELLS;

onScreen(
  "pool --tty: Ctrl-Z stops the whole pipeline and script around it",
  BASH.argv,
  async (on, box) => {
    const script = box.script(
      "script",
      `#!/bin/sh\nyes | "$IMP" pool --tty -n3 sh -c 'echo u''p; read -r x; echo "d''id $x"; kill $PPID' sh\n`,
    );
    on.type(`${script}\n`);
    await on.sees(/up\r/);
    on.type("\x1a");
    await on.sees(/Stopped/);
    on.type("fg\n");
    await on.sees(/script/);
    await on.insists("line\n", /did line/);
  },
);

onScreen("pool --tty: a script without an interpreter has it too", BASH.argv, async (on, box) => {
  const script = box.script("plain", "echo \"u''p\"; read -r x; echo \"d''id $x\"\n");
  on.type(`"$IMP" pool --tty ${script} ::: a; echo co''de $?\n`);
  await on.sees(/u''p/);
  on.type("one\n");
  await on.sees(/d''id one[^]*code 0/);
});

onScreen("pool --tty: the modes of a job that is killed are set back", BASH.argv, async (on) => {
  on.type(
    `"$IMP" pool -q --tty sh -c '[ $1 = b ] || { stty raw; kill -9 $$; }; stty -a | grep -o -e "-\\?icanon"' sh ::: a b; echo en''d\n`,
  );
  assertMatch(await on.sees(/^[^]*\nend/m), /(^|\$ )icanon/m);
  // What a job sets and leaves is there for the next one.
  on.type(
    `"$IMP" pool --tty sh -c 'stty $1; stty -a | grep -o -e "-\\?ixany"' sh ::: ixany -echo; echo en''d\n`,
  );
  assertMatch(await on.sees(/^[^]*end\r/m), /(^|\$ )ixany\r\nixany/m);
});

onScreen(
  "pool --tty: a shell as job has job control, and dies without the terminal",
  BASH.argv,
  async (on) => {
    on.type(
      `"$IMP" pool --tty bash --norc -i ::: -c:; PS1='in> ' "$IMP" pool --tty bash --norc ::: -i; echo co''de $?\n`,
    );
    await on.sees(/in> /);
    on.type("sh -c 'echo u''p; exec sleep 300'\n");
    await on.sees(/up\r/);
    on.type("\x1a");
    await on.sees(/Stopped/);
    on.type("fg\n");
    await on.sees(/sleep 300/);
    on.type("kill -9 $$\n");
    // It was typed for sleep, which does not read.
    await on.insists("\x03", /in> /);
    on.type("kill -9 $$\n");
    await on.insists("echo al''ive\n", /alive/);
  },
);

onScreen(
  "pool --tty: items may be typed, jobs may be childless, output may be grouped",
  BASH.argv,
  async (on) => {
    on.type(
      `"$IMP" pool --tty sh -c 'echo "u''p-$1"; read -r x; echo "d''id $1 $x"' sh; echo co''de $?\n`,
    );
    await on.insists("a\n", /up-a\r/);
    on.type("one\nb\n");
    await on.sees(/did a one[^]*up-b\r/);
    on.type("two\n\x04");
    await on.sees(/did b two[^]*code 0/);
    on.type(
      `"$IMP" pool --tty --no-children -k --group --tag sh -c 'echo u''p >/dev/tty; read -r x; echo "d''id $x"; read -r x' sh ::: c; echo co''de $?\n`,
    );
    await on.sees(/up\r/);
    on.type("one\n");
    on.type("two\n");
    await on.sees(/c\tdid one[^]*code 0/);
  },
);

onScreen("pool --tty: SIGUSR1 does not start a second job", BASH.argv, async (on) => {
  const script = `kill -USR1 $PPID; echo "u''p-$1"; read -r x; echo "d''id-$1"`;
  on.type(`"$IMP" pool --tty sh -c '${script}' sh ::: a b\n`);
  await on.sees(/up-a\r/);
  on.type("one\n");
  await on.sees(/did-a\r\nup-b\r/);
  on.type("two\n");
  await on.sees(/did-b/);
});

const DASH = SHELLS.find(({ name }) => name === "dash")!;

onScreen(
  "pool --tty: fg gives a job its modes again, and the shell never has them",
  DASH.argv,
  async (on, box) => {
    const script =
      `stty -icanon; echo u''p; dd bs=1 count=1 2>/dev/null; stty -a | grep -o -e "-\\?icanon"; echo d''id`;
    on.type(`"$IMP" pool --tty sh -c '${script}' sh ::: a\n`);
    await on.sees(/up\r/);
    // A shell that is stopped during vfork(2) does not stop.
    await eventually(() => box.processes().some((pid) => comm(pid) === "dd"), "dd is executed");
    on.type("\x1a");
    await on.sees(/stopped|suspended/i);
    on.type(`stty -a | grep -o -e '-\\?icanon'; echo en''d\n`);
    assertMatch(await on.sees(/^[^]*end\r/m), /(^|\$ )icanon/m);
    on.type("fg\n");
    await on.sees(/pool/);
    await on.insists("k", /did/);
    assertMatch(on.recent(), /^k*-icanon/m);
  },
);

onScreen("pool --sem --tty: the program has the terminal", BASH.argv, async (on) => {
  const name = `tty-${crypto.randomUUID()}`;
  on.type(
    `IMP_HOME=~/home "$IMP" pool --sem ${name} --tty sh -c 'echo u''p; read -r x </dev/tty; read -r y; echo "d''id $x $y"; exit 3'; echo co''de $?\n`,
  );
  await on.sees(/up\r/);
  on.type("one\n");
  on.type("two\n");
  await on.sees(/did one two[^]*code 3/);
  // Without it, imp says what is missing.
  on.type(
    `IMP_HOME=~/home "$IMP" pool --sem ${name} --timeout 1s sh -c 'read -r x </dev/tty'; echo co''de $?\n`,
  );
  const text = await on.sees(/^[^]*code 124/m);
  assertMatch(text, /wants the terminal/);
});

e2e("pool --tty leading a session, as under ssh: Ctrl-Z that nobody could undo", async (box) => {
  const script = "echo up; read -r x; echo got-$x; exit 7";
  const screen = Screen.run(box, [
    impBinary(),
    "pool",
    "--tty",
    "sh",
    "-c",
    script,
    "sh",
    ":::",
    "a",
  ]);
  try {
    await screen.sees(/up\r/);
    screen.type("\x1a");
    screen.type("line\n");
    await screen.sees(/got-line/);
    await screen.ends(1);
  } finally {
    screen.close();
  }
});

e2e("pool --tty: the end of the terminal is the end of the pool", async (box) => {
  const script = 'trap "exit 0" HUP; echo up-$1; while :; do sleep 0.1; done';
  const screen = Screen.run(box, [
    ...["/bin/dash", "-c", '"$IMP" pool --tty --joblog ~/log sh -c "$0" sh ::: a b c d; :', script],
  ]);
  await screen.sees(/up-a\r/);
  screen.close();
  await eventually(() => box.processes().length === 0, "somebody is left");
  const rows = Deno.readTextFileSync(box.path("log")).trim().split("\n");
  assert(rows.length < 3, rows.join("\n"));
});

e2e("pool --tty: kill -9 of imp leaves nothing, and the shell has its terminal", async (box) => {
  const screen = Screen.run(box, BASH.argv);
  try {
    screen.type(`"$IMP" pool --tty sh -c 'echo u''p; exec sleep 300' sh ::: a\n`);
    await screen.sees(/up\r/);
    const imp = box.processes().find((pid) => wordsOf(pid)[1] === "pool")!;
    Deno.kill(imp, "SIGKILL");
    await eventually(() => box.processes().length === 1, "somebody is left");
    await screen.insists("echo al''ive\n", /alive/);
    const fields = statFields(screen.pid)!;
    assertEquals(fields[2], fields[5]);
  } finally {
    await box.endAll();
    screen.close();
  }
});

e2e("pool --tty: what contradicts it is refused", async (box) => {
  for (
    const [words, text] of [
      [["-j2", "true"], /--tty and -j 2 cannot be used together/],
      [["--progress", "true"], /--tty and --progress cannot be used together/],
      [["--jobs-file", "x", "true"], /--tty and --jobs-file cannot be used together/],
      [["--json", "true"], /--tty and --json cannot be used together.*[^]*--group/],
      [["-k", "true"], /--tty and --keep-order cannot be used together/],
      [["--tag", "true"], /--tty and --tag cannot be used together/],
      [["--results", "x", "true"], /--tty and --results cannot be used together/],
      [["--workers", "cat"], /--workers and --tty cannot be used together/],
    ] as const
  ) {
    const { code, stderr } = await box.imp(["pool", "--tty", ...words, ":::", "a"]);
    assertEquals(code, 2, stderr);
    assertMatch(stderr, text);
  }
  const { code, stderr } = await box.sh(`setsid "$IMP" pool --tty true ::: a`);
  assertEquals(code, 125, stderr);
  assertMatch(stderr, /cannot give jobs the terminal: imp has none/);
  assertEquals((await box.imp(["pool", "--tty", "--dry-run", "vi", ":::", "a"])).stdout, "vi a\n");
});
