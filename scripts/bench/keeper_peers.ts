// The supervisors compared by scripts/bench/keeper.ts: each starts daemons, names its processes, and ends everything.
import { impBinary, run } from "./programs.ts";
import { isNpmWanted, which } from "./measure.ts";

/** The command of daemon number `index`. */
export type DaemonWords = (index: number) => string[];

export interface KeeperPeer {
  readonly name: string;
  /** Starts daemons, and returns when their programs run. */
  start(count: number, words: DaemonWords): Promise<void>;
  /** PIDs of the main processes, by index. */
  programs(): number[];
  /** PIDs of everything that keeps them. */
  keepers(): number[];
  /** Commands that show daemon 0, and all of them. */
  readonly status?: readonly string[];
  readonly list?: readonly string[];
  /** The command that starts one more daemon, run once each. */
  startOne?(index: number, words: readonly string[]): readonly string[];
  stop(): Promise<void>;
}

/** The installed ones; the others with the reason. @param work a directory for the benchmark alone */
export async function keeperPeers(
  work: string,
): Promise<{ peers: KeeperPeer[]; missing: string[] }> {
  const missing: string[] = [];
  const found = (programs: string[], make: () => KeeperPeer): KeeperPeer[] => {
    const lost = programs.filter((program) => !which(program));
    if (lost.length === 0) return [make()];
    missing.push(`${lost.join(", ")}: not installed`);
    return [];
  };
  const peers = [
    imp(`${work}/imp`),
    ...found(["runsv", "sv"], () => supervised("runsv", `${work}/runit`)),
    ...found(
      ["s6-supervise", "s6-svstat", "s6-svc"],
      () => supervised("s6-supervise", `${work}/s6`),
    ),
    ...found(["supervisord", "supervisorctl"], () => supervisord(`${work}/supervisor`)),
    ...found(["daemon"], () => daemon(`${work}/daemon`)),
  ];
  const pm2 = await installPm2(`${work}/pm2`);
  if (typeof pm2 === "string") missing.push(`pm2: ${pm2}`);
  else peers.push(pm2);
  return { peers, missing };
}

function imp(home: string): KeeperPeer {
  Deno.env.set("IMP_HOME", home);
  const binary = impBinary();
  const command = (...words: string[]) => [binary, ...words];
  let names: string[] = [];
  // deno-lint-ignore no-explicit-any
  const states = (): any[] =>
    names.map((name) => JSON.parse(Deno.readTextFileSync(`${home}/daemons/${name}/state.json`)));
  return {
    name: "imp",
    status: command("status", "d@1"),
    list: command("list"),
    startOne: (i, words) => command("start", `more${i}`, "--start-seconds", "0", "--", ...words),
    programs: () => states().map(({ program }) => program?.pid ?? 0),
    keepers: () => states().flatMap(({ guard, keeper }) => [guard?.pid ?? 0, keeper?.pid ?? 0]),
    start: async (number, words) => {
      const instances = number === 1 ? [] : ["--instances", String(number)];
      const name = number === 1 ? "one" : "d";
      await done(
        command("start", "-q", name, ...instances, "--start-seconds", "0", "--", ...words(0)),
      );
      names = number === 1 ? [name] : Array.from({ length: number }, (_, i) => `d@${i + 1}`);
    },
    stop: async () => {
      await done(command("stop", "-q", "--all", "--now"));
      names = [];
    },
  };
}

/** runit and s6: a directory with a script for each daemon, and a process for each directory. */
function supervised(program: "runsv" | "s6-supervise", folder: string): KeeperPeer {
  const keepers: Deno.ChildProcess[] = [];
  const place = (i: number) => `${folder}/d${i}`;
  const runit = program === "runsv";
  const pidOf = (i: number) => {
    if (runit) return Number(textOf(`${place(i)}/supervise/pid`).trim());
    // supervise/status of s6 2.11: two TAI64N labels, then the PID, big-endian.
    const status = bytesOf(`${place(i)}/supervise/status`);
    return status.length < 32 ? 0 : Number(new DataView(status.buffer).getBigUint64(24));
  };
  return {
    name: program,
    status: runit ? ["/usr/bin/sv", "status", place(0)] : [which("s6-svstat")!, place(0)],
    programs: () => keepers.map((_, i) => pidOf(i)),
    keepers: () => keepers.map(({ pid }) => pid),
    start: async (count, words) => {
      for (let i = keepers.length; i < count; i++) {
        Deno.mkdirSync(place(i), { recursive: true });
        writeScript(`${place(i)}/run`, words(i));
        keepers.push(quiet(which(program)!, [place(i)]));
      }
      await until(() => keepers.every((_, i) => pidOf(i) > 0), `${program} has started all`);
    },
    stop: async () => {
      for (let i = 0; i < keepers.length; i++) {
        if (runit) keepers[i].kill("SIGTERM");
        else await done([which("s6-svc")!, "-xd", place(i)]);
      }
      await Promise.all(keepers.map(({ status }) => status));
      keepers.length = 0;
    },
  };
}

function supervisord(folder: string): KeeperPeer {
  let server: Deno.ChildProcess | undefined;
  let count = 0;
  const config = `${folder}/supervisord.conf`;
  const control = (...words: string[]) => [which("supervisorctl")!, "-c", config, ...words];
  return {
    name: "supervisord",
    status: control("status", "d0"),
    list: control("status"),
    programs: () => server ? childrenOf(server.pid) : [],
    keepers: () => server ? [server.pid] : [],
    start: async (number, words) => {
      Deno.mkdirSync(folder, { recursive: true });
      const programs = Array.from(
        { length: number },
        (_, i) =>
          `[program:d${i}]\ncommand=${
            script(folder, i, words(i))
          }\nstartsecs=0\nautorestart=true\n` +
          "stdout_logfile=NONE\nstderr_logfile=NONE\n",
      );
      Deno.writeTextFileSync(
        config,
        `[unix_http_server]\nfile=${folder}/socket\n[supervisord]\nnodaemon=true\nlogfile=/dev/null\n` +
          `logfile_maxbytes=0\npidfile=${folder}/pid\nminfds=${4 * number + 100}\n` +
          "[rpcinterface:supervisor]\n" +
          "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n" +
          `[supervisorctl]\nserverurl=unix://${folder}/socket\n${programs.join("")}`,
      );
      server = quiet(which("supervisord")!, ["-c", config]);
      count = number;
      await until(() => childrenOf(server!.pid).length === count, "supervisord has started all");
    },
    stop: async () => {
      server?.kill("SIGTERM");
      await server?.status;
      server = undefined;
    },
  };
}

function daemon(folder: string): KeeperPeer {
  let count = 0;
  const keeper = (i: number) => Number(textOf(`${folder}/d${i}.pid`).trim());
  const options = (name: string) => [
    ...[which("daemon")!, "-N", "-n", name, "-P", folder, "-r", "--idiot", "-a", "0"],
    ...["-A", "1000000", "-L", "1"],
  ];
  return {
    name: "daemon -r",
    status: [which("daemon")!, "-N", "-n", "d0", "-P", folder, "--running"],
    list: [which("daemon")!, "-N", "-P", folder, "--list"],
    startOne: (i, words) => [...options(`more${i}`), "--", ...words],
    programs: () => Array.from({ length: count }, (_, i) => childrenOf(keeper(i))[0] ?? 0),
    keepers: () => Array.from({ length: count }, (_, i) => keeper(i)),
    start: async (number, words) => {
      Deno.mkdirSync(folder, { recursive: true });
      for (; count < number; count++) await done([...options(`d${count}`), "--", ...words(count)]);
      await until(
        () =>
          Array.from({ length: count }, (_, i) => i).every((i) => childrenOf(keeper(i)).length > 0),
        "daemon has started all",
      );
    },
    stop: async () => {
      const names = [...Deno.readDirSync(folder)].flatMap(({ name }) =>
        /^(.*)\.pid$/.exec(name)?.[1] ?? []
      );
      for (const name of names) {
        await run([which("daemon")!, "-N", "-n", name, "-P", folder, "--stop"]);
      }
      await until(
        () => [...Deno.readDirSync(folder)].every(({ name }) => !name.endsWith(".pid")),
        "daemon has ended",
      );
      count = 0;
    },
  };
}

/** @returns why it is unavailable */
async function installPm2(folder: string): Promise<KeeperPeer | string> {
  if (!isNpmWanted()) return "nothing comes from npm in a quick run";
  if (!which("npm") || !which("node")) return "npm and node are not installed";
  Deno.mkdirSync(folder, { recursive: true });
  const { code, stderr } = await run([
    ...[
      which("npm")!,
      "install",
      "--prefix",
      folder,
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      "pm2",
    ],
  ]);
  if (code !== 0) return `npm could not install it: ${stderr.split("\n")[0]}`;
  const binary = `${folder}/node_modules/.bin/pm2`;
  const command = (...words: string[]) => [binary, ...words];
  Deno.env.set("PM2_HOME", `${folder}/home`);
  let count = 0;
  const server = () => Number(textOf(`${folder}/home/pm2.pid`).trim());
  // It inserts its own number of the program before the suffix.
  const pidOf = (i: number) => Number(textOf(`${folder}/d${i}-${i}.pid`).trim());
  return {
    name: "pm2",
    status: command("describe", "d0"),
    list: command("list"),
    programs: () => Array.from({ length: count }, (_, i) => pidOf(i)),
    keepers: () => server() > 0 ? [server()] : [],
    start: async (number, words) => {
      for (; count < number; count++) {
        const pid = `${folder}/d${count}.pid`;
        await done(command(
          ...["start", script(folder, count, words(count)), "--name", `d${count}`],
          ...["--interpreter", "none", "--pid", pid],
        ));
      }
    },
    stop: async () => {
      await run(command("kill"));
      count = 0;
    },
  };
}

/** A script that executes words. */
function script(folder: string, i: number, words: readonly string[]): string {
  const path = `${folder}/run${i}`;
  writeScript(path, words);
  return path;
}

function writeScript(path: string, words: readonly string[]): void {
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  Deno.writeTextFileSync(path, `#!/bin/sh\nexec ${quoted}\n`);
  Deno.chmodSync(path, 0o755);
}

function quiet(path: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(path, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
}

async function done(argv: readonly string[]): Promise<void> {
  const { code, stderr, stdout } = await run([...argv]);
  if (code !== 0) throw new Error(`${argv.join(" ")} failed: ${stderr}${stdout}`);
}

export function childrenOf(pid: number): number[] {
  return textOf(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

function bytesOf(path: string): Uint8Array<ArrayBuffer> {
  try {
    return Deno.readFileSync(path);
  } catch {
    return new Uint8Array();
  }
}

export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within 120 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
