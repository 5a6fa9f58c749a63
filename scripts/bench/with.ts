// What is left behind by imp with and by the usual ways to run a program with helpers, each ended in four ways.
// Usage: scripts/bench/run with; needs npm for concurrently and start-server-and-test (left out without).
import { freePort } from "../../tests/free_port.ts";
import { isNpmWanted, machine, which } from "./measure.ts";
import { deadOrGone, impBinary, run } from "./programs.ts";

const TAG = "IMP_BENCH_TAG";
const UP_MS = 15_000, END_MS = 8_000, SETTLE_MS = 1_500;
const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
const port = freePort();

/** A server with every kind of child: plain, in its own session, forked twice, ignoring TERM. */
const HELPER = `#!/bin/sh
sleep 300 & setsid sleep 300 & (setsid sh -c 'sleep 300 & wait' &)
sh -c 'trap "" TERM INT HUP; sleep 300 & wait; sleep 300' &
python3 -m http.server ${port} --bind 127.0.0.1 >/dev/null 2>&1 & wait
`;
const HELPER_PROCESSES = 8;
const MAIN = `#!/bin/sh
touch ${work}/up
exec sleep "$SECONDS_OF_MAIN"
`;

interface Peer {
  readonly name: string;
  readonly argv: string[];
}

interface Way {
  readonly name: string;
  readonly signal?: Deno.Signal;
}

const WAYS: Way[] = [
  { name: "main ends" },
  { name: "TERM", signal: "SIGTERM" },
  { name: "INT", signal: "SIGINT" },
  { name: "kill -9", signal: "SIGKILL" },
];

try {
  const helper = script("helper", HELPER);
  const main = script("main", MAIN);
  console.log(`${machine()}\n`);
  console.log(
    `Processes left ${
      SETTLE_MS / 1000
    } s after the end, of ${HELPER_PROCESSES} of the helper, and main\n`,
  );
  console.log(`| command | ${WAYS.map(({ name }) => name).join(" | ")} |`);
  console.log(`| --- |${WAYS.map(() => " ---: |").join("")}`);
  for (const peer of await peers(helper, main)) {
    const cells: string[] = [];
    for (const way of WAYS) cells.push(await trial(peer, way));
    console.log(`| ${peer.name} | ${cells.join(" | ")} |`);
  }
} finally {
  await endTagged("");
  Deno.removeSync(work, { recursive: true });
}

async function peers(helper: string, main: string): Promise<Peer[]> {
  const url = `http://127.0.0.1:${port}/`;
  const both = `${helper} & ${main}`;
  const found: Peer[] = [
    {
      name: "`imp with --daemon HELPER -- MAIN`",
      argv: [
        impBinary(),
        "with",
        "--stop-timeout",
        "1s",
        "--daemon",
        helper,
        "--ready",
        url,
        "--",
        main,
      ],
    },
    {
      name: "`trap 'kill 0' EXIT; HELPER & MAIN`",
      argv: ["bash", "-c", `trap 'kill 0' EXIT; ${both}`],
    },
  ];
  if (which("timeout")) {
    found.push({
      name: "`timeout 60 sh -c 'HELPER & MAIN'`",
      argv: ["timeout", "60", "sh", "-c", both],
    });
  }
  if (which("tini")) {
    found.push({
      name: "`tini -s -g -- sh -c 'HELPER & MAIN'`",
      argv: ["tini", "-s", "-g", "--", "sh", "-c", both],
    });
  }
  const npm = await npmPackages("concurrently", "start-server-and-test");
  if (npm) {
    found.push({
      name: `\`concurrently -k -s first MAIN HELPER\` ${npm.concurrently}`,
      argv: [npm.bin("concurrently"), "-k", "-s", "first", main, helper],
    }, {
      name: `\`start-server-and-test HELPER URL MAIN\` ${npm["start-server-and-test"]}`,
      argv: [npm.bin("start-server-and-test"), helper, url, main],
    });
  }
  return found;
}

async function trial({ argv }: Peer, { signal }: Way): Promise<string> {
  const tag = crypto.randomUUID();
  await Deno.remove(`${work}/up`).catch(() => {});
  const child = new Deno.Command("setsid", {
    args: argv,
    env: { [TAG]: tag, SECONDS_OF_MAIN: signal ? "300" : "1" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const up = () => tagged(tag).length >= HELPER_PROCESSES + 1 && exists(`${work}/up`);
    if (!await within(UP_MS, up)) return "did not start";
    if (signal) child.kill(signal);
    const ended = await Promise.race([
      child.status.then(() => true),
      pause(END_MS).then(() => false),
    ]);
    if (!ended) return "does not end";
    await pause(SETTLE_MS);
    return String(tagged(tag).length);
  } finally {
    await endTagged(tag);
  }
}

async function npmPackages(...names: string[]) {
  if (!which("npm") || !which("node") || !isNpmWanted()) return undefined;
  const { code } = await run([
    "npm",
    "install",
    "--silent",
    "--no-audit",
    "--prefix",
    work,
    ...names,
  ]);
  if (code !== 0) return undefined;
  const version = (name: string): string =>
    JSON.parse(Deno.readTextFileSync(`${work}/node_modules/${name}/package.json`)).version;
  return {
    bin: (name: string) => `${work}/node_modules/.bin/${name}`,
    ...Object.fromEntries(names.map((name) => [name, version(name)])),
  } as Record<string, string> & { bin(name: string): string };
}

function tagged(tag: string): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === Deno.pid || deadOrGone(pid)) continue;
    try {
      if (Deno.readTextFileSync(`/proc/${pid}/environ`).includes(`${TAG}=${tag}`)) found.push(pid);
    } catch {
      // Gone in the meantime.
    }
  }
  return found;
}

async function endTagged(tag: string): Promise<void> {
  for (let left = tagged(tag); left.length > 0; left = tagged(tag)) {
    for (const pid of left) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // Gone in the meantime.
      }
    }
    await pause(20);
  }
}

async function within(ms: number, holds: () => boolean): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > deadline) return false;
    await pause(20);
  }
  return true;
}

function script(name: string, text: string): string {
  Deno.writeTextFileSync(`${work}/${name}`, text);
  Deno.chmodSync(`${work}/${name}`, 0o755);
  return `${work}/${name}`;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
