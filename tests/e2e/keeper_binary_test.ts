// What happens to a kept daemon while imp itself cannot be executed, and where the code of its waiters may be.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  e2e,
  e2eAsRoot,
  e2eOfBinary,
  eventually,
  impBinary,
  isAlive,
  type Sandbox,
} from "./harness.ts";

interface Kept {
  readonly pid: number;
  readonly keeper: number;
  readonly guard: number;
  readonly restarts: number;
  readonly waiter: string;
  readonly failedTurns: number;
}

async function kept(box: Sandbox): Promise<Kept> {
  const { stdout, stderr } = await box.imp(["status", "web", "--json"], { env: home(box) });
  assert(stdout.startsWith("{"), stderr);
  return JSON.parse(stdout);
}

function home(box: Sandbox): Record<string, string> {
  return { IMP_HOME: box.path("home") };
}

/** A file that is being executed cannot be written to, ETXTBSY. */
async function whileIdle(write: () => void): Promise<void> {
  await eventually(() => {
    try {
      write();
      return true;
    } catch (error) {
      if (error instanceof Error && error.message.includes("os error 26")) return false;
      throw error;
    }
  }, "nobody executes it");
}

e2eOfBinary(
  "imp is cut, not executable, gone, replaced: keeper and program live, and it goes on",
  async (box) => {
    const path = box.path("imp");
    const whole = impBinary();
    const place = () => {
      Deno.copyFileSync(whole, `${path}.new`);
      Deno.chmodSync(`${path}.new`, 0o755);
      Deno.renameSync(`${path}.new`, path);
    };
    place();
    const start = ["start", "web", "--backoff", "100ms..100ms", "--restart", "always", "--"];
    const started = await box.run([path, ...start, "sleep", "15m"], { env: home(box) });
    assertEquals(started.code, 0, started.stderr);
    const first = await kept(box);
    assertEquals(first.waiter, "file");
    const killed = async (what: string, meanwhile: () => Promise<void> = async () => {}) => {
      const before = await kept(box);
      Deno.kill(before.pid, "SIGKILL");
      await meanwhile();
      await eventually(
        async () => (await kept(box)).restarts > before.restarts && isAlive((await kept(box)).pid),
        `${what}: started again`,
      );
      const after = await kept(box);
      assertEquals([after.guard, after.keeper], [first.guard, first.keeper], what);
    };
    const failing = async () => {
      await eventually(async () => (await kept(box)).failedTurns > 1, "turns fail");
      assert([first.guard, first.keeper].every(isAlive));
    };
    await killed("mode 000", async () => {
      Deno.chmodSync(path, 0);
      await failing();
      Deno.chmodSync(path, 0o755);
    });
    // As it is while another version is copied over it.
    const size = Deno.statSync(whole).size;
    for (const percent of [25, 60, 95]) {
      await whileIdle(() => Deno.truncateSync(path, Math.floor(size * percent / 100)));
      await killed(`cut at ${percent} %`, async () => {
        await failing();
        await whileIdle(() => Deno.copyFileSync(whole, path));
      });
    }
    // Another file in its place: executed by the descriptor of the earlier one.
    Deno.removeSync(path);
    await killed("deleted");
    assertEquals((await kept(box)).failedTurns, 0);
    Deno.symlinkSync("/bin/true", path);
    await killed("another program");
    Deno.removeSync(path);
    place();
    Deno.truncateSync(path, 1 << 20);
    await killed("another one that was cut");
    place();
    await killed("another one");
    const stopped = await box.imp(["stop", "web"], { env: home(box) });
    assertEquals(stopped.code, 0, stopped.stderr);
  },
);

e2eOfBinary(
  "imp ends in its first line: keepers and program live through each turn, and it goes on",
  async (box) => {
    const path = box.path("imp"), whole = impBinary();
    Deno.copyFileSync(whole, path);
    const start = ["start", "web", "--backoff", "100ms..100ms", "--restart", "always", "--"];
    const started = await box.run([path, ...start, "sleep", "15m"], { env: home(box) });
    assertEquals(started.code, 0, started.stderr);
    const first = await kept(box);
    const nobodyElse = async () => {
      const { pid, guard, keeper, restarts } = await kept(box);
      assertEquals([guard, keeper].map(isAlive), [true, true]);
      return { pid, waiters: [guard, keeper], restarts };
    };
    const waiters = [first.guard, first.keeper];
    const ends = { "exits 0": "exit 0", "exits 1": "exit 1", "SIGSEGV": "kill -SEGV $$" };
    for (const [what, line] of Object.entries(ends)) {
      const before = await nobodyElse();
      // The very file that the waiters have open: nothing else is left to be executed.
      await whileIdle(() => Deno.writeTextFileSync(path, `#!/bin/sh\n${line}\n`));
      Deno.kill(first.keeper, "SIGUSR1");
      await eventually(async () => (await kept(box)).failedTurns > 1, `${what}: turns fail`);
      assertEquals(await nobodyElse(), { ...before, waiters }, what);
      assert(isAlive(before.pid), what);
      // Its end is held until a turn succeeds.
      Deno.kill(before.pid, "SIGKILL");
      const failed = (await kept(box)).failedTurns;
      await eventually(async () => (await kept(box)).failedTurns > failed, `${what}: still`);
      await whileIdle(() => Deno.copyFileSync(whole, path));
      await eventually(async () => {
        const { pid, restarts } = await kept(box);
        return restarts === before.restarts + 1 && pid !== before.pid && isAlive(pid);
      }, `${what}: started again`);
      assertEquals((await nobodyElse()).waiters, waiters, what);
    }
    const stopped = await box.imp(["stop", "web"], { env: home(box) });
    assertEquals(stopped.code, 0, stopped.stderr);
  },
);

for (const [limit, low] of [["as", "100000000"], ["nproc", "1"], ["nofile", "9"]]) {
  e2eAsRoot(
    `no ${limit} left for imp: keepers and program live, and it goes on when there is`,
    async (box) => {
      Deno.chmodSync(box.path("."), 0o755);
      // Somebody of whom nothing else runs: root may start as many as it likes.
      const uid = 64124, { IMP_HOME } = home(box);
      Deno.mkdirSync(IMP_HOME, { mode: 0o700 });
      Deno.chownSync(IMP_HOME, uid, uid);
      const as = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
      const start = ["start", "web", "--backoff", "100ms..100ms", "--log", "none", "--"];
      const started = await box.run([...as, impBinary(), ...start, "sleep", "15m"], {
        env: home(box),
      });
      assertEquals(started.code, 0, started.stderr);
      const { pid, guard, keeper } = await kept(box);
      const prlimit = async (...options: string[]) => {
        const { code, stdout, stderr } = await box.run(
          [...as, "prlimit", "-p", `${keeper}`, ...options],
        );
        assertEquals(code, 0, stderr);
        return stdout.trim();
      };
      const before = await prlimit(`--${limit}`, "-o", "SOFT", "--raw", "--noheadings");
      const set = (soft: string) => prlimit(`--${limit}=${soft}:`);
      await set(low);
      Deno.kill(keeper, "SIGUSR1");
      await eventually(async () => (await kept(box)).failedTurns > 1, "turns fail");
      assertEquals([pid, guard, keeper].map(isAlive), [true, true, true]);
      Deno.kill(pid, "SIGKILL");
      await eventually(() => !isAlive(pid), "the keeper has reaped it");
      await set(before);
      await eventually(async () => {
        const now = await kept(box);
        return now.restarts === 1 && now.pid !== pid && isAlive(now.pid) &&
          now.guard === guard && now.keeper === keeper;
      }, "started again");
      const stop = await box.run([...as, impBinary(), "stop", "web"], { env: home(box) });
      assertEquals(stop.code, 0, stop.stderr);
      assertEquals(box.processes(), []);
    },
    ["setpriv", "prlimit"],
  );
}

e2e("the code of waiters is checked before it is used, and written anew", async (box) => {
  const file = box.path("home/bin/imp-keeper");
  const once = async () => {
    const started = await box.imp(["start", "web", "--", "sleep", "15m"], { env: home(box) });
    assertEquals(started.code, 0, started.stderr);
    const { waiter, keeper } = await kept(box);
    const executed = Deno.readLinkSync(`/proc/${keeper}/exe`);
    await box.imp(["stop", "web"], { env: home(box) });
    return [waiter, executed];
  };
  assertEquals(await once(), ["file", file]);
  const { ino, mode } = Deno.statSync(file);
  assertEquals(mode! & 0o777, 0o500);
  assertEquals(await once(), ["file", file]);
  assertEquals(Deno.statSync(file).ino, ino, "it is used again");
  const good = Deno.readFileSync(file);
  const spoilt: Record<string, () => void> = {
    "other bytes": () => {
      Deno.chmodSync(file, 0o700);
      Deno.writeFileSync(file, good.map((byte, i) => i === 200 ? byte ^ 1 : byte));
    },
    "cut": () => {
      Deno.chmodSync(file, 0o700);
      Deno.truncateSync(file, 500);
    },
    "writable for others": () => Deno.chmodSync(file, 0o722),
    "not executable": () => Deno.chmodSync(file, 0o400),
    "a link": () => {
      Deno.renameSync(file, box.path("elsewhere"));
      Deno.symlinkSync(box.path("elsewhere"), file);
    },
  };
  for (const [what, spoil] of Object.entries(spoilt)) {
    spoil();
    assertEquals(await once(), ["file", file], what);
    assertEquals(Deno.readFileSync(file), good, what);
    assertEquals(Deno.lstatSync(file).isFile, true, what);
  }
});

e2e("where its code lies can be chosen", async (box) => {
  for (const kind of ["memfd", "resident", "file"]) {
    const words = ["start", "web", "--waiter", kind, "--replace", "--", "sleep", "15m"];
    const started = await box.imp(words, { env: home(box) });
    assertEquals(started.code, 0, started.stderr);
    const { waiter, keeper, guard, pid } = await kept(box);
    assertEquals(waiter, kind);
    // It acts: what was killed is started again.
    Deno.kill(pid, "SIGKILL");
    await eventually(async () => (await kept(box)).restarts === 1, "started again");
    const names = [keeper, guard].map((one) => Deno.readTextFileSync(`/proc/${one}/comm`).trim());
    assertEquals(names, ["imp-keeper", "imp-guard"]);
    const stopped = await box.imp(["stop", "web"], { env: home(box) });
    assertEquals(stopped.code, 0, stopped.stderr);
    await eventually(() => ![keeper, guard].some(isAlive), "they have left");
  }
});

e2eAsRoot(
  "where nothing may be executed imp itself stays, or says why it does not start",
  async (box) => {
    const script = `
    mount -t tmpfs -o noexec,mode=700 none ${box.directory}/home || exit 77
    export IMP_HOME=${box.directory}/home
    "$IMP" start web --waiter file -- sleep 15m; echo "refused $?"
    "$IMP" start web --replace -- sleep 15m >/dev/null || exit 1
    "$IMP" status web; "$IMP" stop web >/dev/null; echo "stopped $?"`;
    Deno.mkdirSync(box.path("home"));
    const { code, stdout, stderr } = await box.run(["unshare", "-m", "bash", "-c", script]);
    if (code === 77) box.skip("no file system can be mounted here");
    assertEquals(code, 0, stderr);
    assertStringIncludes(stdout, "refused 1");
    assertStringIncludes(stderr, "noexec");
    assertStringIncludes(stdout, "imp itself");
    assertStringIncludes(stdout, "stopped 0");
  },
  ["unshare"],
);
