// What doctor reads of /run, where anybody may have put anything.
import { assertEquals } from "@std/assert";
import { judgePidfile, readPidfiles } from "../../src/doctor/pidfiles.ts";
import { Family } from "../../src/family/family.ts";

function inFolder(body: (path: (name: string) => string, folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    body((name) => `${folder}/${name}`, folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function found(folder: string): [string, number, string][] {
  return readPidfiles(Family.read(), folder).map((file) => [
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
  assertEquals(readPidfiles(Family.read(), "/nonexistent"), []);
});
