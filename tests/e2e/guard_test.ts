// The guard of pool and with cannot be lost: it ignores what can be ignored, is replaced forever, and needs no file.
import { assertEquals, assertMatch } from "@std/assert";
import {
  e2e,
  e2eAsRoot,
  eventually,
  exists,
  impBinary,
  type Sandbox,
  statFields,
  wordsOf,
} from "./harness.ts";

/** What is guarded: in a session of its own, deaf, without a parent. */
const TREE =
  `(setsid sh -c 'trap "" TERM HUP INT; touch up; while :; do sleep 60; done' &) ; exec sleep 60`;

const COMMANDS = {
  pool: ["pool", "--shell", TREE, ":::", "1"],
  with: ["with", "--shell", "--daemon", TREE, "--", "sleep", "60"],
};

/** Starts a command that guards something, and waits until it is there. */
async function start(box: Sandbox, command: keyof typeof COMMANDS, imp = impBinary()) {
  const child = new Deno.Command("sh", {
    args: ["-c", 'exec "$0" "$@" 2> stderr', imp, ...COMMANDS[command]],
    cwd: box.directory,
    env: { IMP_TEST_TAG: box.tag },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await eventually(() => exists(box.path("up")) && guards(box).length === 1, "it is not up");
  return child;
}

function guards(box: Sandbox): number[] {
  return box.processes().filter((pid) =>
    wordsOf(pid).some((word) => /^imp-[a-z]+-guard$/.test(word))
  );
}

async function killedLeavesNothing(box: Sandbox, child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await child.status;
  await eventually(() => box.processes().length === 0, "something is left");
}

async function replaced(box: Sandbox, guard: number): Promise<void> {
  Deno.kill(guard, "SIGKILL");
  await eventually(() => guards(box).some((pid) => pid !== guard), "no new guard");
}

for (const command of ["pool", "with"] as const) {
  e2e(`${command}: no signal but SIGKILL ends the guard`, async (box) => {
    const child = await start(box, command);
    const [guard] = guards(box);
    for (
      const name of [
        "HUP",
        "INT",
        "QUIT",
        "USR1",
        "USR2",
        "PIPE",
        "ALRM",
        "TERM",
        "TSTP",
        "TTIN",
        "RTMIN",
        "IO",
        "SEGV",
        "ABRT",
        "RTMAX",
        "PWR",
      ]
    ) {
      assertEquals((await box.run(["bash", "-c", `kill -${name} ${guard}`])).code, 0, name);
    }
    // Stopped it could not act.
    Deno.kill(guard, "SIGSTOP");
    await eventually(() => statFields(guard)?.[0] === "S", "it is stopped");
    assertEquals(guards(box), [guard]);
    await killedLeavesNothing(box, child);
  });

  e2e(`${command}: a guard is replaced however often it is killed`, async (box) => {
    const child = await start(box, command);
    for (let round = 0; round < 12; round++) await replaced(box, guards(box)[0]);
    await killedLeavesNothing(box, child);
    assertEquals(Deno.readTextFileSync(box.path("stderr")), "");
  });

  e2e(`${command}: guards need no file of imp's: its executable may be gone`, async (box) => {
    const copy = box.path("copy");
    await Deno.copyFile(impBinary(), copy);
    const child = await start(box, command, copy);
    await Deno.remove(copy);
    await replaced(box, guards(box)[0]);
    await killedLeavesNothing(box, child);
  });

  e2e(
    `${command}: where no guard can be started that is said once, and tried until it can`,
    async (box) => {
      const child = await start(box, command);
      const limit = async (soft: string) =>
        assertEquals(
          (await box.run(["prlimit", "--pid", `${child.pid}`, `--nofile=${soft}:`])).code,
          0,
        );
      const [guard] = guards(box);
      // Its descriptors are higher.
      await limit("8");
      Deno.kill(guard, "SIGKILL");
      const said = () => Deno.readTextFileSync(box.path("stderr"));
      await eventually(() => said() !== "", "nothing is said");
      const told = said();
      await new Promise((resolve) => setTimeout(resolve, 50));
      assertMatch(
        told,
        /^imp (pool|with): cannot start the guard of imp \w+: E[A-Z]+ .*; until it is there, .*\n$/,
      );
      await limit("64");
      await eventually(() => guards(box).length === 1, "no new guard");
      await killedLeavesNothing(box, child);
      assertEquals(said(), told);
    },
    ["prlimit"],
  );
}

e2e("pool: a guard is replaced while trees are ended", async (box) => {
  // Each with some processes that take their time: many looks at /proc.
  const job =
    `touch up; trap "" TERM; for i in 1 2 3 4; do (setsid sh -c 'trap "" TERM; sleep 60; sleep 60' &); done; sleep 60; sleep 60`;
  const child = box.start([
    ...["pool", "-j8", "--timeout", "300ms", "--retries", "0", "--term-seq", "TERM,1s,KILL"],
    ...["--shell", job, ":::", ..."12345678"],
  ]);
  await eventually(() => exists(box.path("up")), "no job is up");
  for (let round = 0; round < 5; round++) {
    await eventually(() => guards(box).length === 1, "no guard");
    await replaced(box, guards(box)[0]);
  }
  await killedLeavesNothing(box, child);
});

e2eAsRoot("with: imp is its own guard where there is no shell", async (box) => {
  const { stdout } = await box.sh(
    `
    unshare -m sh -c '
      mount --bind /dev/null /bin/sh && exec "$IMP" with --daemon "sleep 61" -- sleep 62
    ' & imp=$!
    until pgrep -P $imp -x sleep > /dev/null; do sleep 0.01; done
    tr "\\\\0" " " < /proc/$(pgrep -P $imp -f imp-with-guard)/cmdline; echo
    kill -9 $imp`,
    { shell: "bash" },
  );
  assertMatch(stdout, /^imp-with-guard guard IMP_WITH_ID /);
  await eventually(() => box.processes().length === 0, "something is left");
});
