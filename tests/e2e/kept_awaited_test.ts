// Kept daemons whose start waits for something else: imp start --on-file, --on-port.
import { freePort } from "../free_port.ts";
import { assertEquals, assertMatch } from "@std/assert";
import { e2e, eventually, exists } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

const SLEEP = ["--", "sleep", "1000"];

function phaseOf(home: KeptHome, name: string): string {
  return home.record(name, "state").phase;
}

e2e("awaited: a start waits for a file, whose directories may not be there yet", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("run/db/ready");
  assertEquals(
    await home.done("start", "web", "--on-file", file, ...SLEEP),
    `web: waiting for file ${file}\n`,
  );
  assertMatch(await home.done("list"), /^web +pending .* waiting for file /m);
  const { code, stdout } = await home.imp(["status", "web"]);
  assertEquals(code, 3);
  assertMatch(stdout.replace(/\s+/g, " "), /^web: pending: waiting for file .*\/ready for /);
  const again = await home.imp(["start", "web"]);
  assertEquals(again.code, 1);
  assertMatch(again.stderr, /^imp start: web: already waiting for file /);
  Deno.mkdirSync(box.path("run"));
  await box.sh("mkdir db.new && mv db.new db", { cwd: box.path("run") });
  assertEquals(phaseOf(home, "web"), "pending");
  Deno.writeTextFileSync(`${file}.tmp`, "");
  Deno.renameSync(`${file}.tmp`, file);
  await eventually(() => phaseOf(home, "web") === "running", "it runs");
  // It holds for each start.
  Deno.removeSync(file);
  Deno.kill(home.pid("web")!, "SIGKILL");
  await eventually(() => phaseOf(home, "web") === "pending", "it waits again");
  await home.done("stop", "web");
  assertEquals(home.waiters("web"), { guard: undefined, keeper: undefined });
  Deno.writeTextFileSync(file, "");
  assertMatch(await home.done("start", "web"), /^web: started, pid /);
  await home.done("stop", "web");
});

e2e("awaited: a file of the kernel's, of which no event tells, is found too", async (box) => {
  const home = new KeptHome(box);
  const shell = new Deno.Command("sh", {
    args: ["-c", "read a; exec 9</dev/null; read b"],
    stdin: "piped",
    stdout: "null",
  }).spawn();
  const stdin = shell.stdin.getWriter();
  const file = `/proc/${shell.pid}/fd/9`;
  assertMatch(await home.done("start", "web", "--on-file", file, ...SLEEP), /waiting for file/);
  await stdin.write(new TextEncoder().encode("\n"));
  await eventually(() => phaseOf(home, "web") === "running", "it runs");
  await stdin.close();
  await shell.status;
  await home.done("stop", "web");
});

e2e("awaited: at rest nobody is woken until the file is there", async (box) => {
  const home = new KeptHome(box);
  Deno.mkdirSync(box.path("run"));
  await home.done("start", "web", "--on-file", box.path("run/ready"), ...SLEEP);
  const { keeper } = home.waiters("web");
  const status = () => Deno.readTextFileSync(`/proc/${keeper}/status`);
  const switches = () => Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status())![1]);
  // Its first turn may still be about to end.
  let before = -1;
  await eventually(() => {
    const now = switches();
    const same = now === before;
    before = now;
    return same;
  }, "it rests");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assertEquals(switches(), before);
  Deno.writeTextFileSync(box.path("run/ready"), "");
  await eventually(() => phaseOf(home, "web") === "running", "it runs");
  await home.done("stop", "web");
});

e2e("awaited: a start waits for a port and a file, whichever comes first", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  const file = box.path("ready");
  assertEquals(
    await home.done("start", "web", "--on-port", `${port}`, "--on-file", file, ...SLEEP),
    `web: waiting for file ${file}\n`,
  );
  Deno.writeTextFileSync(file, "");
  await eventually(
    () => home.record("web", "state").reason === `waiting for port localhost:${port}`,
    () => JSON.stringify(home.record("web", "state")),
  );
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  await eventually(() => phaseOf(home, "web") === "running", "it runs");
  listener.close();
  await home.done("stop", "web");
});

e2e("awaited: a host that has no address is waited for as well", async (box) => {
  const home = new KeptHome(box);
  const words = ["--on-port", "nobody.invalid:80", ...SLEEP];
  assertEquals(
    await home.done("start", "web", ...words),
    "web: waiting for port nobody.invalid:80\n",
  );
  await home.done("stop", "web");
});

e2e("awaited: whoever is killed, the start is made", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("ready");
  for (const who of [["keeper"], ["guard"], ["keeper", "guard"]] as const) {
    await home.done("start", "web", "--on-file", file, ...SLEEP);
    const waiters = home.waiters("web");
    for (const one of who) Deno.kill(waiters[one]!, "SIGKILL");
    if (who.length === 2) {
      await eventually(() => {
        const { guard, keeper } = home.waiters("web");
        return !guard && !keeper;
      }, "they are gone");
      assertEquals(JSON.parse(await home.done("list", "--json", "web")).state, "lost");
      await home.done("start", "web");
    }
    Deno.writeTextFileSync(file, "");
    await eventually(() => phaseOf(home, "web") === "running", () => `${who}`);
    await home.done("stop", "web");
    Deno.removeSync(file);
  }
});

e2e(
  "awaited: a run of a schedule waits, too; with changes it is watched as before",
  async (box) => {
    const home = new KeptHome(box);
    const file = box.path("ready"), src = box.path("src");
    Deno.mkdirSync(src);
    const runs = box.path("runs");
    const words = ["--every", "1s", "--on-file", file, "--", "sh", "-c", `echo x >>${runs}`];
    await home.done("start", "tick", ...words);
    await home.done("start", "web", "--on-file", file, "--on-change", src, ...SLEEP);
    await eventually(() => phaseOf(home, "tick") === "pending", "its time has come");
    Deno.writeTextFileSync(`${src}/a`, "");
    assertEquals([exists(runs), phaseOf(home, "web")], [false, "pending"]);
    Deno.writeTextFileSync(file, "");
    await eventually(() => exists(runs), "it has run");
    await eventually(() => phaseOf(home, "web") === "running", "it runs");
    assertEquals(home.record("web", "state").restarts, 0);
    Deno.writeTextFileSync(`${src}/b`, "");
    await eventually(() => home.record("web", "state").startedFor === "src/b changed", "again");
    await home.done("stop", "tick", "web");
  },
);
