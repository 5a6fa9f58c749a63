// Interrupted, killed, crowded: a comparison leaves nothing behind.
import { assertEquals } from "@std/assert";
import { survivors } from "./compare_report.ts";
import { e2e, type Sandbox, wordsOf } from "./harness.ts";
import { assertNothingLeft, directoriesOf, disturbed, nothingStays } from "./leftovers.ts";

/**
 * The guard and all shells are there once the first probe notes something. This looks at files: a look at all processes
 * takes a busy machine as long as a comparison does.
 */
function isUnderWay(box: Sandbox): boolean {
  return directoriesOf(box).some((name) =>
    [...Deno.readDirSync(box.path(name))].some((file) => file.name.endsWith(".record"))
  );
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
  e2e(`compare: interrupted by ${signal} it leaves nothing and dies by it`, async (box) => {
    const result = await disturbed(
      box,
      ["compare"],
      () => isUnderWay(box),
      (pid) => Deno.kill(pid, signal),
    );
    assertEquals([result.signal, result.stdout], [signal, ""]);
    assertNothingLeft(box);
  });
}

const STARTED: Record<string, (box: Sandbox) => boolean> = {
  "": isUnderWay,
  "-- sleep 60": (box) => box.processes().some((pid) => /\/sleep 60$/.test(wordsOf(pid).join(" "))),
};

for (const [args, started] of Object.entries(STARTED)) {
  e2e(`compare ${args}: killed with SIGKILL it leaves nothing, a moment later`, async (box) => {
    const words = args.split(" ").filter((word) => word !== "");
    const { signal } = await disturbed(
      box,
      ["compare", ...words],
      () => started(box),
      (pid) => Deno.kill(pid, "SIGKILL"),
    );
    assertEquals(signal, "SIGKILL");
    await nothingStays(box);
  });
}

e2e("compare: its guard killed, it clears away itself", async (box) => {
  const { code } = await disturbed(box, ["compare"], () => isUnderWay(box), () => {
    const guard = box.processes().find((pid) => wordsOf(pid).includes("imp-compare-guard"));
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

e2e("compare: files whose names are not UTF-8 are cleared away too", async (box) => {
  await Deno.mkdir(box.path("tmp"));
  const maker = box.script(
    "maker.sh",
    [
      "#!/bin/sh",
      `printf x > "$(printf 'caf\\351')"`,
      `mkdir "$(printf 'd\\377')"; printf x > "$(printf 'd\\377/\\201')"`,
      "exec sleep 60",
      "",
    ].join("\n"),
  );
  const words = ["compare", "--shell", "bash", "--styles", "nohup,setsid", "--json"];
  const { code, stdout, stderr } = await box.imp([...words, "--", maker], {
    env: { TMPDIR: box.path("tmp") },
  });
  assertEquals([code, stderr], [0, ""]);
  assertEquals(survivors(JSON.parse(stdout)), [true, true]);
  assertEquals([...Deno.readDirSync(box.path("tmp"))], []);
  assertNothingLeft(box);
});
