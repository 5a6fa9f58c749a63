// What doctor reads of /run, where anybody may have put anything.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { judgePidfile, judgePidfiles, readPidfiles } from "../../src/doctor/pidfiles.ts";
import { Family } from "../../src/family/family.ts";

/** Pidfiles of imp's daemons on this machine are not the test's. */
function foreignPidfiles(folder: string) {
  return readPidfiles(Family.read(), folder).filter(({ own }) => !own);
}

function inFolder(body: (path: (name: string) => string, folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    body((name) => `${folder}/${name}`, folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function found(folder: string): [string, number, string][] {
  return foreignPidfiles(folder).map((file) => [
    file.path.slice(folder.length + 1),
    file.pid,
    judgePidfile(file),
  ]);
}

Deno.test("pidfiles are found in the folder and one level below it, in order", () => {
  inFolder((path, folder) => {
    Deno.mkdirSync(path("web/deep"), { recursive: true });
    for (const name of ["z.pid", "web/a.pid", "web/deep/no.pid", "web.pid.bak", "none"]) {
      Deno.writeTextFileSync(path(name), `${Deno.pid}\n`);
    }
    assertEquals(found(folder), [
      ["web/a.pid", Deno.pid, "running"],
      ["z.pid", Deno.pid, "running"],
    ]);
  });
});

Deno.test("what only looks like a pidfile is passed over: a FIFO, a link, a folder, much text, no PID", () => {
  inFolder((path, folder) => {
    new Deno.Command("mkfifo", { args: [path("fifo.pid")] }).outputSync();
    Deno.writeTextFileSync(path("real"), `${Deno.pid}\n`);
    Deno.symlinkSync(path("real"), path("link.pid"));
    Deno.mkdirSync(path("folder.pid"));
    Deno.writeTextFileSync(path("long.pid"), `${Deno.pid}\n${"#".repeat(64)}`);
    Deno.writeTextFileSync(path("text.pid"), "hello\n");
    Deno.writeTextFileSync(path("empty.pid"), "");
    assertEquals(found(folder), []);
  });
});

Deno.test("a pidfile is stale, or older than the process that has its number now", () => {
  inFolder((path, folder) => {
    const child = new Deno.Command("true").outputSync();
    assertEquals(child.success, true);
    Deno.writeTextFileSync(path("gone.pid"), "4194303\n");
    Deno.writeTextFileSync(path("old.pid"), `${Deno.pid}\n`);
    const longAgo = new Date(Date.now() - 1000 * 86_400_000);
    Deno.utimeSync(path("old.pid"), longAgo, longAgo);
    assertEquals(found(folder), [["gone.pid", 4194303, "stale"], ["old.pid", Deno.pid, "reused"]]);
  });
});

Deno.test("without the folder there are none", () => {
  assertEquals(foreignPidfiles("/nonexistent"), []);
});

Deno.test("pidfiles: running, stale, and a PID that was given away", () => {
  const file = (process?: { comm: string; startedAt: number; zombie: boolean }) => ({
    path: "/run/web.pid",
    pid: 5,
    own: false,
    modified: 100_000,
    process,
  });
  const at = (startedAt: number, zombie = false) => file({ comm: "web", startedAt, zombie });
  assertEquals(judgePidfile(at(99_000)), "running");
  assertEquals(judgePidfile(at(101_500)), "running");
  assertEquals(judgePidfile(at(103_000)), "reused");
  assertEquals(judgePidfile(at(99_000, true)), "stale");
  assertEquals(judgePidfile(file()), "stale");
  const hidden = { ...file(), process: "hidden" } as const;
  assertEquals(judgePidfile(hidden), "unseen");
  assertEquals(judgePidfiles([hidden]).grade, "good");
  assertStringIncludes(
    judgePidfiles([hidden]).fact,
    "the processes of 1 are hidden from this user",
  );
  assertEquals(judgePidfiles([at(99_000)]).grade, "good");
  assertEquals(judgePidfiles([at(99_000), file()]).grade, "warning");
  assertEquals(judgePidfiles([at(103_000), file()]).grade, "problem");
});

Deno.test("judgePidfiles: what imp has left itself is not a fault", () => {
  const own = { path: "/run/imp/a.pid", pid: 4, own: true, modified: 1 };
  const finding = judgePidfiles([own]);
  assertEquals(finding.grade, "good");
  assertStringIncludes(finding.fact, "1 of imp's own: the next start takes them over");
  assertEquals(judgePidfiles([{ ...own, own: false }]).grade, "warning");
});
