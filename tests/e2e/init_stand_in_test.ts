// imp called as tini and as dumb-init, beside the real ones.
import { assertEquals, assertMatch } from "@std/assert";
import {
  e2e,
  e2eAsRoot,
  eventually,
  impBinary,
  installed,
  type Sandbox,
  statFields,
  TAG,
} from "./harness.ts";

interface Case {
  readonly words: string[];
  readonly env?: Record<string, string>;
}

const SH = (script: string) => ["sh", "-c", script];

/** Command lines whose exit status and standard output must be the same. */
const TINI: Case[] = [
  { words: [] },
  { words: ["-x"] },
  { words: ["--help"] },
  { words: ["-e"] },
  { words: ["-e", "300", "true"] },
  { words: ["-e", "x", "true"] },
  { words: ["-p", "TERM", "true"] },
  { words: ["-p", "SIGFOO", "true"] },
  { words: ["-p", "SIGTERM", "true"] },
  { words: ["-s", "true"] },
  { words: ["-sgw", "-e3", "--", ...SH("exit 3")] },
  { words: ["-e", "143", "--", ...SH("kill $$")] },
  { words: ["-e", "3", "-e", "4", "--", ...SH("exit 4")] },
  { words: ["--", ...SH("exit 7")] },
  { words: ["--", ...SH("kill -9 $$")] },
  { words: ["--", ...SH("kill -INT $$")] },
  { words: ["--", "nosuchprogram"] },
  { words: ["--", ""] },
  { words: ["--", "/etc/passwd"] },
  { words: ["--", "/"] },
  { words: ["--", "/etc/passwd/x"] },
  { words: ["--", "/".padEnd(400, "x")] },
  { words: ["--", ...SH("echo '#!/nosuch' >x; chmod +x x")] },
  { words: ["--", "./x"] },
  { words: ["--", "printf", "%s|", "--", "a"] },
  { words: ["sh", "--", "-c", "exit 6"] },
  { words: ["--", "printf", "%s|", "a b", "--", "-g"] },
  { words: [...SH("exit 2").slice(0, 1), "--", "-c", "exit 2"] },
  { words: ["-s", "--", ...SH("ps -o pgid= -p $$ | tr -d ' ' | grep -qx $$ && echo leads")] },
  { words: ["--", ...SH("sleep 0.2; echo orphan >out & exit 5")] },
  { words: ["--", "true"], env: { TINI_VERBOSITY: "0" } },
  { words: ["--", "true"], env: { TINI_SUBREAPER: "" } },
  {
    words: [
      "--",
      ...SH(
        'trap "exit 8" TERM; (told() { trap "" TERM; echo group; exit; }; trap told TERM; echo up >up; sleep 9 & wait) & until [ -s up ]; do :; done; rm up; kill $PPID; wait; wait',
      ),
    ],
    env: { TINI_KILL_PROCESS_GROUP: "1", TINI_SUBREAPER: "1" },
  },
];

const DUMB_INIT: Case[] = [
  { words: [] },
  { words: ["-x"] },
  { words: ["-r"] },
  { words: ["-r", "15", "true"] },
  { words: ["-r", "15:99", "true"] },
  { words: ["-r", "0:1", "true"] },
  { words: ["-r", "TERM:QUIT", "true"] },
  { words: ["-r", "15:0", "true"] },
  { words: ["--rewrite=15:3", "true"] },
  { words: ["--rew", "15:3", "true"] },
  { words: ["--single-child=3", "true"] },
  { words: ["--version"] },
  { words: ["nosuchprogram"] },
  { words: ["/etc/passwd"] },
  { words: SH("exit 3") },
  { words: ["--", ...SH("kill -9 $$")] },
  { words: ["printf", "%s|", "-c", "--", "-v"] },
  // What the caller ignores is not ignored in the program.
  {
    words: SH(
      'trap "" INT; exec $(tr "\\0" "\\n" </proc/$PPID/cmdline | head -n1) sh -c \'kill -INT $$; echo lives\'',
    ),
  },
  { words: SH("ps -o sid= -p $$ | tr -d ' ' | grep -qx $$ && echo leads") },
  { words: ["-c", ...SH("ps -o sid= -p $$ | tr -d ' ' | grep -qx $$ || echo same")] },
  {
    words: SH("ps -o sid= -p $$ | tr -d ' ' | grep -qx $$ || echo same"),
    env: { DUMB_INIT_SETSID: "0" },
  },
  {
    words: [
      "-r",
      "15:10",
      ...SH('trap "echo usr1; exit 4" USR1; kill $PPID; while :; do sleep 0.02; done'),
    ],
  },
  { words: ["-r", "10:0", ...SH('trap "echo usr1" USR1; kill -USR1 $PPID; sleep 0.2; exit 0')] },
  // The whole session gets the signal.
  {
    words: SH(
      'trap "exit 8" TERM; (told() { trap "" TERM; echo group; exit; }; trap told TERM; echo up >up; sleep 9 & wait) & until [ -s up ]; do :; done; rm up; kill $PPID; wait; wait',
    ),
  },
];

const CATATONIT: Case[] = [
  { words: [] },
  { words: ["-x"] },
  { words: ["-h"] },
  { words: ["-V"] },
  { words: ["--version"] },
  { words: ["--", "true"] },
  { words: ["-g", "--", ...SH("exit 3")] },
  { words: ["--", ...SH("exit 7")] },
  { words: ["--", ...SH("kill -9 $$")] },
  { words: ["--", ...SH("kill $$")] },
  { words: ["--", "nosuchprogram"] },
  { words: ["--", ""] },
  { words: ["--", "/etc/passwd"] },
  { words: ["--", "/"] },
  { words: ["--", "printf", "%s|", "a b", "--", "-g"] },
  { words: ["--", ...SH("ps -o pgid= -p $$ | tr -d ' ' | grep -qx $$ && echo leads")] },
  { words: ["--", ...SH("(sleep 0.2; echo orphan >out) & exit 5")] },
  { words: ["--", "true"], env: { CATATONIT_LOG: "x" } },
  { words: ["--", ...SH('trap "exit 8" TERM; kill $PPID; while :; do sleep 0.02; done')] },
  {
    words: [
      "-g",
      "--",
      ...SH(
        'trap "exit 8" TERM; (told() { trap "" TERM; echo group; exit; }; trap told TERM; echo up >up; sleep 9 & wait) & until [ -s up ]; do :; done; rm up; kill $PPID; wait; wait',
      ),
    ],
  },
];

for (
  const [name, cases] of [
    ["tini", TINI],
    ["dumb-init", DUMB_INIT],
    ["catatonit", CATATONIT],
  ] as const
) {
  e2e(`imp as ${name}: exit statuses and output of the real one`, async (box) => {
    const link = asLink(box, name);
    for (const { words, env } of cases) {
      const real = await box.run([name, ...words], { env });
      const ours = await box.run([link, ...words], { env });
      // Its help text is imp's own.
      assertEquals(
        { words, code: ours.code, signal: ours.signal, stdout: ours.stdout },
        { words, code: real.code, signal: real.signal, stdout: real.stdout },
        ours.stderr,
      );
    }
    await box.endAll();
  }, [name]);
}

/** What TSTP, TTIN and TTOU do to each of them and to its program, without a terminal. */
const STOPPED_BY: [words: string[], init: string, program: string][] = [
  [["tini", "--"], "SSS", "TSS"],
  [["catatonit", "--"], "SSS", "SSS"],
  [["dumb-init"], "TTT", "TTT"],
  // In its group, which is orphaned: the kernel lets only STOP stop it.
  [["dumb-init", "-c"], "TTT", "SSS"],
];

for (const [[name, ...options], inits, programs] of STOPPED_BY) {
  const stops = (pick: (box: Sandbox) => string) => async (box: Sandbox) => {
    for (const [i, signal] of (["SIGTSTP", "SIGTTIN", "SIGTTOU"] as const).entries()) {
      await stopAndContinue(box, [pick(box), ...options], signal, inits[i], programs[i]);
    }
  };
  const title = [name, ...options].join(" ");
  e2e(`imp as ${title}: what stops it, and what its program`, stops((box) => asLink(box, name)));
  e2e(`the real ${title}: what stops it, and what its program`, stops(() => name), [name]);
}

async function stopAndContinue(
  box: Sandbox,
  words: string[],
  signal: Deno.Signal,
  init: string,
  program: string,
): Promise<void> {
  const script =
    'trap "echo winch" WINCH; trap "exit 3" USR1; echo $PPID $$; while :; do wait; done';
  const child = new Deno.Command("setsid", {
    args: ["-w", ...words, "sh", "-c", `sleep 300 >/dev/null & ${script}`],
    env: { [TAG]: box.tag },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const [ours, its] = (await lines.read()).value!.trim().split(" ").map(Number);
  const states = () => [statFields(ours)?.[0], statFields(its)?.[0]].join("");
  Deno.kill(ours, signal);
  // The highest comes last, and a program that runs answers it.
  if (init === "S") Deno.kill(ours, "SIGWINCH");
  const answers = init === "S" && program === "S";
  if (answers) assertEquals((await lines.read()).value, "winch\n", `${words}, ${signal}`);
  await eventually(() => states() === init + program, () => `${words}, ${signal}: ${states()}`);
  Deno.kill(ours, "SIGCONT");
  await eventually(() => states() === "SS", () => `${words}, CONT after ${signal}: ${states()}`);
  Deno.kill(ours, "SIGUSR1");
  while (!(await lines.read()).done);
  assertEquals((await child.status).code, 3);
  await box.endAll();
}

e2e("imp as tini: help, version, warnings", async (box) => {
  const link = asLink(box, "tini");
  assertMatch((await box.run([link, "-h"])).stdout, /^Usage: tini/);
  assertEquals((await box.run([link, "--version"])).stdout, "tini version 0.19.0\n");
  assertMatch((await box.run([link, "true"])).stderr, /^tini: neither PID 1 nor a subreaper/);
  assertEquals((await box.run([link, "-s", "true"])).stderr, "");
  const quiet = await box.run([link, "true"], { env: { TINI_VERBOSITY: "0" } });
  assertEquals(quiet.stderr, "");
  const reaped = await box.run([
    link,
    "-sw",
    "--",
    // A zombie can still be signalled: it has been reaped when it cannot.
    ...SH(
      "(sh -c 'echo $$ >orphan' &); until [ -s orphan ] && ! kill -0 $(cat orphan) 2>/dev/null; do sleep 0.01; done; exit 1",
    ),
  ]);
  assertEquals(reaped.code, 1);
  assertMatch(reaped.stderr, /^tini: reaped pid \d+, exit 0$/m);
});

e2e("imp as catatonit -P: reaps orphans until TERM or INT comes", async (box) => {
  for (const name of [asLink(box, "catatonit"), "catatonit"]) {
    if (name === "catatonit" && !installed(name)) continue;
    for (const signal of ["TERM", "INT"]) {
      // It is ready when it has USR1 blocked.
      const { code, stdout, stderr } = await box.sh(
        `sh -c '(until [ -e go ]; do sleep 0.01; done; sleep 0.01 &) & echo $! >child; exec ${name} -P' & p=$!
         until grep -q '^SigBlk:.*[2367abef]..$' /proc/$p/status; do sleep 0.01; done
         touch go; kill -USR1 $p; while kill -0 $(cat child) 2>/dev/null; do sleep 0.01; done
         kill -${signal} $p; wait $p; echo $?; rm go child`,
      );
      assertEquals([name, code, stdout, stderr], [name, 0, "0\n", ""]);
    }
  }
  await box.endAll();
});

e2e("imp as tini: what cannot be printed is reported", async (box) => {
  for (const option of ["--version", "-h"]) {
    const { code, stderr } = await box.sh(`${asLink(box, "tini")} ${option} >/dev/full`);
    assertEquals(
      [code, stderr],
      [1, "tini: cannot write to standard output: ENOSPC (no space left on device)\n"],
    );
  }
});

e2e("imp as tini: a reader that is gone ends it by SIGPIPE, as the real one", async (box) => {
  const script = (tini: string) =>
    `mkfifo pipe; exec 4<>pipe 5>pipe 4<&-; (exec ${tini} -h >&5); echo $?; rm pipe`;
  const { stdout, stderr } = await box.sh(script(asLink(box, "tini")));
  assertEquals([stdout, stderr], ["141\n", ""]);
});

e2e("imp as tini: unlike the real one, options after the program belong to it", async (box) => {
  for (const name of ["tini-static", "docker-init"]) {
    const { stdout } = await box.run([asLink(box, name), "-s", "printf", "%s|", "-g", "-e"]);
    assertEquals(stdout, "-g|-e|");
  }
});

e2eAsRoot("imp as each of them: as PID 1", async (box) => {
  for (const name of ["tini", "dumb-init", "catatonit"]) {
    const link = asLink(box, name);
    const { code, stdout } = await box.run([
      "unshare",
      "-pf",
      "--mount-proc",
      link,
      "--",
      ...SH(
        'trap "echo term; exit 6" TERM; setsid sleep 300 & kill -TERM 1; while :; do sleep 0.02; done',
      ),
    ]);
    assertEquals([name, code, stdout], [name, 6, "term\n"]);
  }
  assertEquals(box.processes(), []);
});

function asLink(box: Sandbox, name: string): string {
  const path = box.path(name);
  try {
    Deno.symlinkSync(impBinary(), path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  return path;
}
