// Interrupted, killed, crowded: a comparison leaves nothing behind.
import { assertEquals } from "@std/assert";
import { assertNothingLeft, directoriesOf, survivors } from "./compare_report.ts";
import { e2e, eventually, impBinary, type RunResult, type Sandbox } from "./harness.ts";

/** Starts a comparison, waits until it is under way, and does something to it. */
async function disturb(
  box: Sandbox,
  args: string[],
  blow: (pid: number) => void,
  started = isUnderWay,
): Promise<RunResult> {
  const child = new Deno.Command(impBinary(), {
    args: ["compare", ...args],
    env: { TMPDIR: box.directory, IMP_TEST_TAG: box.tag },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  await eventually(() => started(box), "the comparison is under way");
  blow(child.pid);
  const { code, signal, stdout, stderr } = await output;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, signal, stdout: text(stdout), stderr: text(stderr) };
}

/** The comparison itself, its guard, seven shells, and at least one program. */
function isUnderWay(box: Sandbox): boolean {
  return box.processes().length >= 10;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
  e2e(`compare: interrupted by ${signal} it leaves nothing and dies by it`, async (box) => {
    const result = await disturb(box, [], (pid) => Deno.kill(pid, signal));
    assertEquals([result.signal, result.stdout], [signal, ""]);
    assertNothingLeft(box);
  });
}

const STARTED: Record<string, (box: Sandbox) => boolean> = {
  "": isUnderWay,
  "-- sleep 60": (box) => box.processes().some((pid) => commandOf(pid).endsWith("/sleep\x0060\0")),
};

for (const [args, started] of Object.entries(STARTED)) {
  e2e(`compare ${args}: killed with SIGKILL it leaves nothing, a moment later`, async (box) => {
    const words = args.split(" ").filter((word) => word !== "");
    const { signal } = await disturb(box, words, (pid) => Deno.kill(pid, "SIGKILL"), started);
    assertEquals(signal, "SIGKILL");
    await eventually(() => box.processes().length === 0, "its processes have ended");
    await eventually(() => directoriesOf(box).length === 0, "its directory is gone");
  });
}

function commandOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`);
  } catch {
    return "";
  }
}

e2e("compare: its guard killed, it clears away itself", async (box) => {
  const { code } = await disturb(box, [], () => {
    const guard = box.processes().find((pid) => commandOf(pid).includes("imp-compare-guard"));
    Deno.kill(guard!, "SIGKILL");
  });
  assertEquals(code, 0);
  assertNothingLeft(box);
});

e2e("compare: several at once do not disturb each other", async (box) => {
  const env = { TMPDIR: box.directory };
  const runs = await Promise.all(
    Array.from({ length: 3 }, () => box.imp(["compare", "--shell", "bash", "--json"], { env })),
  );
  for (const { code, stdout } of runs) {
    assertEquals(code, 0);
    assertEquals(survivors(JSON.parse(stdout)), [false, false, true, true, true, true, true]);
  }
  assertNothingLeft(box);
});
