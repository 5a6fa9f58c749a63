// What helpers of imp with print.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { e2e, type RunResult, type Sandbox } from "./harness.ts";
import { events } from "./with_run.ts";

e2e("with: --log takes whole lines of all helpers", async (box) => {
  const count = "i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); done; printf end";
  const { stderr } = await box.imp([
    ...["with", "--log", "all.log", "--shell", "--plain", count, "--name", "a", "--plain", count],
    ...["--name", "b", "--", "true"],
  ]);
  assertEquals(stderr, "");
  const lines = Deno.readTextFileSync(box.path("all.log")).trimEnd().split("\n");
  assertEquals(lines.length, 402);
  assertEquals(lines.every((line) => /^[ab] \| (line \d+|end)$/.test(line)), true);
  const ofA = lines.filter((line) => line.startsWith("a"));
  assertEquals(ofA.at(-1), "a | end");
});

async function flood(box: Sandbox, reader: string): Promise<RunResult> {
  const script =
    `"$IMP" with --daemon 'yes flood' --ready 'log:flood' -- sleep 0.3 2>&1 >/dev/null | ${reader}`;
  return await box.sh(script);
}

e2e("with: a slow reader holds helpers back, one that goes away harms nothing", async (box) => {
  const slow = await flood(box, "(sleep 0.6; wc -c)");
  // Not more than fits in between: the queue, a pipe, and what was read after main's end.
  assert(Number(slow.stdout) < 4_000_000, slow.stdout);
  const gone = await flood(box, "head -n 2");
  assertEquals(gone.stdout, "yes | flood\nyes | flood\n");
});

/** Not UTF-8, with a NUL and a byte order mark. */
const ODD = [0xef, 0xbb, 0xbf, 0xe9, 0x00, 0xff, 0x78];
const ODDLY = `printf '${ODD.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")}\\n'`;

e2e("with: what helpers print is left as it is, byte for byte", async (box) => {
  const lines = [...new TextEncoder().encode("a | "), ...ODD, 10];
  const args = `with --shell --plain "${ODDLY}" --name a`;
  const { code } = await box.sh(
    `"$IMP" ${args} -- true 2>screen && "$IMP" ${args} --log log -- true`,
  );
  assertEquals(code, 0);
  for (const file of ["screen", "log"]) {
    assertEquals([...Deno.readFileSync(box.path(file))], lines, file);
  }
});

e2e("with: a line of 10 MB is cut, and what comes after it is heard", async (box) => {
  const long = "head -c 10000000 /dev/zero | tr '\\0' x; echo; echo READY; exec sleep 60";
  const { code, stdout } = await box.imp([
    ...["with", "--quiet-helpers", "--shell", "--daemon", long, "--ready", "log:^READY$"],
    ...["--", "echo", "main"],
  ]);
  assertEquals([code, stdout], [0, "main\n"]);
});

e2e(
  "with: a log that cannot be written is an error, and one that nobody reads too",
  async (box) => {
    const full = await box.imp(["with", "--log", "/dev/full", "--plain", "echo x", "--", "true"]);
    assertEquals(full.code, 125);
    assertStringIncludes(full.stderr, "cannot write to the log: ENOSPC");
    const nobody = await box.sh('mkfifo pipe; "$IMP" with --json --log pipe -- true');
    assertEquals([nobody.code, events(nobody).at(-1)!.event], [125, "error"]);
    assertStringIncludes(nobody.stderr, "ENXIO");
  },
);
