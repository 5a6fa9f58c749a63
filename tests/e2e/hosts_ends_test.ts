// Nothing is left on either side, whatever is killed or disconnected.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  eventually,
  isAlive,
  NEVER,
  type Sandbox,
  SOON_MS,
  statFields,
  wordsOf,
} from "./harness.ts";
import { sharedDirectory, WEB1, WEB2, withHosts } from "./over_hosts.ts";
import type { TestHosts } from "./sshd.ts";

/** A pool that has a job running on each host. */
interface Running {
  readonly pid: number;
  readonly output: Promise<{ code: number; signal: string | null; stdout: string; stderr: string }>;
  /** PIDs there by what they are. */
  there(program: string): number[];
}

/** Each item leaves a child of another session, and a name in the home directory. */
const JOB = ["sh", "-c", `echo >began.$1; setsid sleep ${NEVER} & sleep ${NEVER}`, "sh", "{}"];

async function begin(
  box: Sandbox,
  hosts: TestHosts,
  args: readonly string[],
  sleeping = 2,
): Promise<Running> {
  const words = ["pool", "--ssh", hosts.ssh, ...args];
  const child = box.start(words, { stdout: "piped", stderr: "piped" });
  const output = child.output().then(({ code, signal, stdout, stderr }) => ({
    ...{ code, signal },
    stdout: new TextDecoder().decode(stdout),
    stderr: new TextDecoder().decode(stderr),
  }));
  const there = (program: string) =>
    hosts.remote().filter((pid) => wordsOf(pid).some((word) => word.endsWith(program)));
  await eventually(() => there("sleep").length >= sleeping, "no job began");
  return { pid: child.pid, output, there };
}

function kill(pid: number): void {
  Deno.kill(pid, "SIGKILL");
}

/** ssh below a pool. */
function connections(pool: number): number[] {
  const children = Deno.readTextFileSync(`/proc/${pool}/task/${pool}/children`);
  return children.split(" ").filter(Boolean).map(Number)
    .filter((child) => wordsOf(child)[0] === "ssh");
}

/** How long it takes until nothing is left there, in milliseconds. */
async function quietAfter(hosts: TestHosts, what: () => void): Promise<number> {
  const from = performance.now();
  what();
  await hosts.quiet();
  return performance.now() - from;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  withHosts(
    `${signal} ends every job on every host`,
    [WEB1, WEB2],
    async (box, hosts) => {
      const args = ["-S", "1/web1,1/web2", "-j1", ...JOB, ":::", "a", "b", "c"];
      const pool = await begin(box, hosts, args, 4);
      Deno.kill(pool.pid, signal);
      const { signal: died, stdout } = await pool.output;
      assertEquals([died, stdout], [signal, ""]);
      await hosts.quiet();
    },
  );
}

withHosts("kill -9 of the pool", [WEB1], async (box, hosts) => {
  const pool = await begin(box, hosts, ["-S", "web1", "-j1", ...JOB, ":::", "a", "b"]);
  const ms = await quietAfter(hosts, () => kill(pool.pid));
  assert(ms < SOON_MS, `${ms} ms`);
  await pool.output;
});

/** The worker that has started a process; there may be others, which have no job. */
function workerOf(pid: number): number[] {
  const parent = Number(statFields(pid)?.[1] ?? 0);
  if (parent <= 1) return [];
  return wordsOf(parent).at(-1) === "--stdio" ? [parent] : workerOf(parent);
}

const CUTS: readonly [string, (pool: Running, hosts: TestHosts) => number[]][] = [
  ["ssh", (pool) => connections(pool.pid)],
  ["the worker", (pool) => [...new Set(pool.there("sleep").flatMap(workerOf))]],
  ["sshd", (_, hosts) => hosts.sessions()],
];

for (const [what, victims] of CUTS) {
  withHosts(
    `kill -9 of ${what}: nothing is left there, and its job is lost`,
    [WEB1],
    async (box, hosts) => {
      const joblog = box.path("log");
      const args = ["-S", "web1", "-j1", "--joblog", joblog, ...JOB, ":::", "a"];
      const pool = await begin(box, hosts, args);
      await quietAfter(hosts, () => victims(pool, hosts).forEach(kill));
      const { code, stderr } = await pool.output;
      assertEquals(code, 1, stderr);
      assertStringIncludes(stderr, "lost web1, with 1 job: ");
      assertEquals(Deno.readTextFileSync(joblog).trim().split("\n").length, 2);
    },
  );

  withHosts(`kill -9 of ${what}: with --retries another host does it`, [WEB1, {
    ...WEB1,
    name: "web2",
  }], async (box, hosts) => {
    // The second time it is done.
    const script = `echo $1 >>"$2"; [ "$(grep -cx $1 "$2")" != 1 ] || sleep ${NEVER}; uname -n`;
    const file = `${sharedDirectory(box, "shared")}/began`;
    Deno.writeTextFileSync(file, "");
    Deno.chmodSync(file, 0o666);
    const args = [
      "-S",
      "web1,web2",
      "-j1",
      "--retries",
      "3",
      "sh",
      "-c",
      script,
      "sh",
      "{}",
      file,
      ":::",
      "a",
    ];
    const pool = await begin(box, hosts, args, 1);
    const { code, stdout, stderr } = await (victims(pool, hosts).forEach(kill), pool.output);
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /^web[12]\n$/);
  });
}

withHosts(
  "a dead network: both sides give up in time",
  [{ ...WEB1, network: true }],
  async (box, hosts) => {
    const args = ["-S", "web1", "-j1", "--host-timeout", "2s", ...JOB, ":::", "a"];
    const pool = await begin(box, hosts, args);
    const left = connections(pool.pid);
    await hosts.host("web1").network("down");
    const { code, stderr } = await pool.output;
    assertEquals(code, 1, stderr);
    assertMatch(stderr.replace(/\s+/g, " "), /lost web1, with 1 job: /);
    await hosts.quiet();
    await eventually(() => !left.some(isAlive), "ssh is left");
  },
  ["ip"],
);

/** What lies where imp is copied to. */
function copiesIn(home: string): string[] {
  try {
    return [...Deno.readDirSync(`${home}/.cache/imp`)].map(({ name }) => name);
  } catch {
    return [];
  }
}

/** A pool that copies imp to its host right now. */
async function beginCopy(box: Sandbox, hosts: TestHosts) {
  const words = ["pool", "--ssh", hosts.ssh, "-S", "web1", "echo", ":::", "a"];
  const child = box.start(words, { stdout: "piped", stderr: "piped" });
  const copies = () => copiesIn(hosts.host("web1").home);
  const isCopying = () => copies().some((name) => name.startsWith("new-"));
  await eventually(isCopying, "nothing is copied");
  return { child, copies };
}

withHosts("a host goes away while imp is copied there", [{ name: "web1" }], async (box, hosts) => {
  const { child, copies } = await beginCopy(box, hosts);
  hosts.sessions().forEach(kill);
  const { code, stderr } = await child.output();
  assertEquals(code, 125);
  assertStringIncludes(new TextDecoder().decode(stderr), "cannot use web1: its connection broke");
  await hosts.quiet();
  assertEquals(copies(), [], "half a copy is left");
});

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  withHosts(`${signal} while imp is copied`, [{ name: "web1" }], async (box, hosts) => {
    const { child, copies } = await beginCopy(box, hosts);
    child.kill(signal);
    assertEquals((await child.output()).signal, signal);
    await hosts.quiet();
    assertEquals(copies(), [], "half a copy is left");
  });
}
