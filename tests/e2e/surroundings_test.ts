// What a removed directory, limits, a missing /proc and a damaged copy of imp itself do: imp works, or says one sentence and exits with 125.
import { assertEquals, assertMatch } from "@std/assert";
import {
  e2e,
  e2eAsRoot,
  eventually,
  impBinary,
  installed,
  LONELY_UID,
  type RunResult,
  type Sandbox,
} from "./harness.ts";

/** One line of imp's own, no stack, no source, no report. */
function assertOneSentence({ code, stdout, stderr }: RunResult, pattern: RegExp): void {
  assertMatch(stderr, pattern);
  assertEquals([code, stdout, stderr.split("\n").length], [125, "", 2]);
}

/** Runs a script in a directory that is removed before. */
function inRemoved(box: Sandbox, script: string): Promise<RunResult> {
  return box.sh(`mkdir gone && cd gone && rmdir ../gone && ${script}`);
}

e2e("in a removed directory every command works", async (box) => {
  for (
    const words of [
      ...["--help", "--version", "tree $$", "inspect $$", "zombies --json"],
      ...["init -- true", "with --daemon 'sleep 60' -- true", "compare --help"],
    ]
  ) {
    const { code, stderr } = await inRemoved(box, `"$IMP" ${words} >/dev/null`);
    assertEquals([words, code === 1 && words.startsWith("zombies") ? 0 : code, stderr], [
      words,
      0,
      "",
    ]);
  }
  assertEquals(await inRemoved(box, `"$IMP" pool -k echo ::: a b`), {
    code: 0,
    signal: null,
    stdout: "a\nb\n",
    stderr: "",
  });
});

e2e("a program that stays where it is stays in the removed directory", async (box) => {
  const program = `sh -c 'readlink /proc/self/cwd >&3'`;
  for (const words of ["init --", "with --", "daemon -C . --keep-fd 3 --", "pool --"]) {
    const items = words === "pool --" ? "::: x" : "";
    const script = `exec 3>../where; "$IMP" ${words} ${program} ${items} >/dev/null`;
    assertEquals((await inRemoved(box, script)).code, 0);
    const where = () => Deno.readTextFileSync(box.path("where"));
    await eventually(() => where().endsWith("\n"), "the program's directory");
    assertEquals([words, where()], [words, `${box.path("gone")} (deleted)\n`]);
  }
});

e2e("a copy that was stripped is imp all the same", async (box) => {
  if (!installed("strip")) box.skip("strip is not installed");
  assertEquals((await box.run(["strip", "-s", "-o", box.path("imp"), impBinary()])).code, 0);
  const { code, stdout } = await box.run([box.path("imp"), "--version"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^imp /);
});

e2e("a copy without the program inside is not the runtime", async (box) => {
  const { size } = await Deno.stat(impBinary());
  const copy = box.path("imp");
  const image = await Deno.readFile(impBinary());
  for (const kept of [size - (1 << 20), size - (2 << 20), programAt(image), programAt(image) + 4]) {
    await Deno.writeFile(copy, image.subarray(0, kept), { mode: 0o755 });
    assertOneSentence(
      await box.run([copy, "-e", "console.log(1)"]),
      /this copy of imp is incomplete/,
    );
  }
});

/** Where the file has the program: the section .bun. */
function programAt(image: Uint8Array): number {
  const view = new DataView(image.buffer);
  const table = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  const names = Number(view.getBigUint64(table + 64 * view.getUint16(62, true) + 24, true));
  for (let at = table; at < table + 64 * count; at += 64) {
    const name = image.subarray(names + view.getUint32(at, true));
    if (new TextDecoder().decode(name.subarray(0, 5)) === ".bun\0") {
      return Number(view.getBigUint64(at + 24, true));
    }
  }
  throw new Error("no section .bun");
}

e2e("under every limit on address space imp works, or says so", async (box) => {
  let worked = 0;
  for (const kib of [140000, 200000, 300000, 500000, 900000, 1200000, 2200000, 3000000]) {
    const ran = await box.sh(`ulimit -v ${kib}; exec "$IMP" pool echo ::: a`);
    if (ran.code === 0) {
      assertEquals([ran.stdout, ran.stderr], ["a\n", ""]);
      worked = Math.max(worked, kib);
    } else assertOneSentence(ran, /^imp: out of memory: .*'ulimit -v'/);
    // What threads reserve, and how many there are, depends on the machine.
    if (kib >= 2_000_000) assertEquals([kib, ran.code], [kib, 0]);
  }
});

e2e("with few descriptors imp works, or says so", async (box) => {
  for (let n = 4; n <= 12; n++) {
    for (
      const words of [
        ...["--version", "tree $$", "inspect $$", "pool echo ::: a", "daemon -- true"],
        ...["with --daemon 'sleep 60' -- true", "init -- true"],
      ]
    ) {
      const ran = await box.sh(`ulimit -n ${n}; exec "$IMP" ${words}`);
      if (ran.code === 0) continue;
      assertEquals([n, words, ran.code, ran.stdout], [n, words, 125, ""]);
      assertMatch(ran.stderr, /^imp.*('ulimit -n'|EMFILE)/);
    }
  }
});

e2eAsRoot("without /proc one sentence says so", async (box) => {
  const ran = await box.run([
    "unshare",
    "-m",
    "sh",
    "-c",
    `mount -t tmpfs none /proc; exec ${impBinary()} --version`,
  ]);
  assertOneSentence(ran, /^imp: cannot start: \/proc is not mounted/);
});

e2eAsRoot("where no thread can be started one sentence says so", async (box) => {
  const ran = (count: number, words: string) =>
    box.sh(
      `exec setpriv --reuid ${LONELY_UID} --clear-groups prlimit --nproc=${count} "$IMP" ${words}`,
    );
  for (let count = 1; count < 6; count++) {
    const { code, stdout, stderr } = await ran(count, "pool echo ::: a");
    if (code === 0) continue;
    assertEquals([count, code, stdout], [count, 125, ""]);
    assertMatch(stderr, /ulimit -u|EAGAIN/);
    assertEquals(/Bun|at .*:\d+:\d+/.test(stderr), false);
  }
});

e2e("where no memory may be written and executed one sentence says so", async (box) => {
  // PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN: what systemd does by MemoryDenyWriteExecute=.
  const script = "import ctypes, os, sys\n" +
    "if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0): sys.exit(77)\n" +
    "os.execv(sys.argv[1], sys.argv[1:])";
  for (const words of [["--version"], ["tree", "1"], ["daemon", "--", "true"]]) {
    const ran = await box.run(["python3", "-c", script, impBinary(), ...words]);
    if (ran.code === 77) box.skip("it needs Linux 6.3: PR_SET_MDWE");
    assertOneSentence(ran, /^imp: cannot start: no memory for compiled code/);
  }
});
