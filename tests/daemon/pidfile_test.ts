import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ImpError } from "../../src/base/errors.ts";
import { parseIdentity } from "../../src/daemon/pidfile_state.ts";
import { abandonPidfile, claimPidfile, recordPid } from "../../src/daemon/pidfile.ts";

const main = new URL("../../main.ts", import.meta.url).pathname;

function withDirectory(body: (at: string) => void): void {
  const at = Deno.makeTempDirSync({ prefix: "imp-pidfile-" });
  try {
    body(at);
  } finally {
    Deno.removeSync(at, { recursive: true });
  }
}

/** Whether nobody holds the lock: flock(1) tries it from another process. */
function isUnlocked(path: string): boolean {
  return new Deno.Command("flock", { args: ["-n", path, "true"] }).outputSync().success;
}

const names = (at: string) => [...Deno.readDirSync(at)].map(({ name }) => name).sort();

Deno.test("a claimed pidfile is empty and locked; recorded, it names the process for ever", () => {
  withDirectory((at) => {
    const path = `${at}/web.pid`;
    const claimed = claimPidfile(path);
    assertEquals([Deno.readTextFileSync(path), isUnlocked(path)], ["", false]);
    recordPid(claimed, Deno.pid);
    assertEquals(Deno.readTextFileSync(path), `${Deno.pid}\n`);
    const identity = parseIdentity(Deno.readTextFileSync(`${path}.imp`));
    assertEquals(identity?.pid, Deno.pid);
    assertEquals(
      identity?.bootId,
      Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim(),
    );
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o644);
    abandonPidfile(claimed);
  });
});

Deno.test("an abandoned pidfile leaves nothing on disk and no descriptor open", () => {
  withDirectory((at) => {
    const open = () => [...Deno.readDirSync("/proc/self/fd")].length;
    const before = open();
    for (let round = 0; round < 20; round++) abandonPidfile(claimPidfile(`${at}/web.pid`));
    assertEquals([names(at), open()], [[], before]);
  });
});

Deno.test("a stale pidfile is taken over, whatever else it was left with", () => {
  withDirectory((at) => {
    const path = `${at}/web.pid`;
    for (const text of ["", "\n", "4194304\n"]) {
      Deno.writeTextFileSync(path, text);
      Deno.writeTextFileSync(`${path}.imp`, "left from before");
      const claimed = claimPidfile(path);
      assertEquals(Deno.readTextFileSync(path), "");
      assertEquals(Deno.readTextFileSync(`${path}.imp`), "");
      abandonPidfile(claimed);
    }
  });
});

Deno.test("a refused pidfile keeps its content, and nothing stays open", () => {
  withDirectory((at) => {
    const open = () => [...Deno.readDirSync("/proc/self/fd")].length;
    const path = `${at}/notes.txt`;
    Deno.writeTextFileSync(path, "buy milk\n");
    Deno.symlinkSync(path, `${at}/link`);
    Deno.writeTextFileSync(`${at}/running`, `${Deno.pid}\n`);
    Deno.mkdirSync(`${at}/directory`);
    const before = open();
    const refused: [name: string, exit: number, text: RegExp][] = [
      ["notes.txt", 125, /holds something else than a PID/],
      ["link", 125, /symbolic link/],
      ["directory", 125, /EISDIR|no plain file/],
      ["missing/web.pid", 125, /ENOENT/],
      [".", 125, /names no file/],
      ["running", 1, new RegExp(`already running, pid ${Deno.pid}`)],
    ];
    for (const [name, exit, text] of refused) {
      const error = assertThrows(() => claimPidfile(`${at}/${name}`), ImpError) as ImpError;
      assertEquals(error.exit, exit, name);
      assertMatch(error.message, text);
      assertEquals(open(), before, `${name} leaves a descriptor open`);
    }
    assertEquals(Deno.readTextFileSync(path), "buy milk\n");
    assertEquals(names(at), ["directory", "link", "notes.txt", "running"]);
  });
});

if (Deno.uid() === 0) {
  Deno.test("a file system that cannot reserve room (ramfs) is no reason to refuse", () => {
    withDirectory((at) => {
      const script = `mount -t ramfs none "$1" && chmod 755 "$1" &&
        "$0" run -A --quiet --no-check ${main} daemon -p "$1/x.pid" -- true && cat "$1/x.pid"`;
      const args = ["-m", "sh", "-c", script, Deno.execPath(), at];
      const { code, stdout, stderr } = new Deno.Command("unshare", { args }).outputSync();
      const decoder = new TextDecoder();
      assertEquals({ code, stderr: decoder.decode(stderr) }, { code: 0, stderr: "" });
      assertMatch(decoder.decode(stdout), /^(\d+)\n\1\n$/);
    });
  });
}
