// Kept daemons while everything around them is killed, stopped, broken and filled up, in an order determined by a seed.
import { assert, assertEquals } from "@std/assert";
import { LOSS_PATIENCE_MS } from "../../src/logs/write/loss.ts";
import { ChaosDaemon } from "./chaos_kept_daemon.ts";
import { eventually, impBinary, isRoot, type Sandbox } from "./harness.ts";
import { KeptHome } from "./keeping.ts";
import { watchEnds, watchesOf } from "./kept_logs.ts";
import { randomNumbers } from "./random.ts";
import { SEED } from "../seed.ts";

export interface ChaosOptions {
  readonly daemons: number;
  readonly ms: number;
  /** How many commands run at once. */
  readonly clients: number;
  /** How many things happen concurrently. */
  readonly hands: number;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function keeperChaos(box: Sandbox, options: ChaosOptions): Promise<void> {
  const chaos = new Chaos(box, options);
  try {
    await chaos.run(SEED);
  } catch (error) {
    const happened = chaos.happened.slice(-60).join("\n");
    throw new Error(`with IMP_TEST_SEED=${SEED}, after\n${happened}`, { cause: error });
  } finally {
    await chaos.mend();
  }
}

class Chaos {
  readonly happened: string[] = [];
  private readonly home: KeptHome;
  private readonly daemons: ChaosDaemon[];
  private readonly path: string;
  private readonly full: string;
  private mounted = false;
  /** imp or the disk is broken now, or was when a command began. */
  private broken = 0;
  private breaking = false;
  /** Daemons whose lines wait in a pipe that no keeper holds. */
  private exposed = 0;
  /** This machine was so slow that output may have been dropped, and counted. */
  private lossy = false;
  private readonly begun = performance.now();

  constructor(private readonly box: Sandbox, private readonly options: ChaosOptions) {
    this.home = new KeptHome(box);
    this.path = box.path("imp");
    this.full = `${this.home.path}/full`;
    const { path } = this.home;
    this.daemons = Array.from({ length: options.daemons }, (_, i) => new ChaosDaemon(box, path, i));
  }

  async run(seed: number): Promise<void> {
    await this.mount();
    Deno.copyFileSync(impBinary(), this.box.path("whole"));
    this.placeWhole();
    for (const daemon of this.daemons) await this.mustDo(daemon, daemon.start);
    const until = performance.now() + this.options.ms;
    const hands = Array.from({ length: this.options.hands }, async (_, i) => {
      const random = randomNumbers(seed + i);
      while (performance.now() < until) {
        await this.something(random);
        await pause(random() ** 2 * 100);
      }
    });
    // All of them, so that nothing continues when one has failed.
    const ends = await Promise.allSettled(hands);
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    await this.settle();
    await this.end();
  }

  /** Repairs imp and the disk. */
  async mend(): Promise<void> {
    if (!this.mounted) return;
    await this.box.sh(`umount -l ${this.home.path}`);
    this.mounted = false;
  }

  private async mount(): Promise<void> {
    Deno.mkdirSync(this.home.path, { mode: 0o700 });
    if (!isRoot) return;
    const { code } = await this.box.sh(
      `mount -t tmpfs -o size=2m,mode=700 none ${this.home.path}`,
    );
    this.mounted = code === 0;
  }

  private placeWhole(): void {
    Deno.linkSync(this.box.path("whole"), `${this.path}.new`);
    Deno.renameSync(`${this.path}.new`, this.path);
  }

  private async something(random: () => number): Promise<void> {
    const idle = this.daemons.filter((daemon) => !daemon.busy);
    const daemon = idle[Math.floor(random() * idle.length)];
    const dice = random();
    if (dice < 0.015) return await this.breakImp(random);
    if (dice < 0.03) return await this.fillDisk(random);
    if (dice < 0.06) return this.killWatch();
    if (dice < 0.065) return await this.clients(random);
    if (daemon === undefined) return;
    daemon.busy = true;
    try {
      if (random() < 0.3) {
        this.note(`${daemon.name}: what it watches changes`);
        daemon.change();
      }
      if (dice < 0.50) await this.command(daemon, random);
      else if (dice < 0.62) await this.killedCommand(daemon, random);
      else await this.blow(daemon, random);
      await daemon.call();
      daemon.check();
    } finally {
      daemon.busy = false;
    }
  }

  private note(what: string): void {
    const line = `${Math.round(performance.now() - this.begun)} ms: ${what}`;
    this.happened.push(line);
    if (Deno.env.has("IMP_TEST_TRACE")) console.error(line);
  }

  /** Runs a command that must succeed. */
  private async command(daemon: ChaosDaemon, random: () => number): Promise<void> {
    const { name } = daemon;
    const dice = random();
    if (dice < 0.35) await this.mustDo(daemon, ["start", name, "--oknodo"]);
    else if (dice < 0.65) await this.stop(daemon);
    else if (dice < 0.85) await this.mustDo(daemon, ["restart", name]);
    else if (dice < 0.9) await this.imp(["reload", name]);
    else if (dice < 0.95) await this.imp(["status", name, "--json"]);
    else await this.mustDo(daemon, ["logs", name, "-n", "1"]);
  }

  private async stop(daemon: ChaosDaemon): Promise<void> {
    if (!await this.mustDo(daemon, ["stop", daemon.name])) return;
    assertEquals([daemon.wanted(), daemon.isHeld()], ["stop", false], `${daemon.name}: stopped`);
  }

  /** @returns whether it did; it need not while something it needs is broken */
  private async mustDo(daemon: ChaosDaemon, words: readonly string[]): Promise<boolean> {
    const before = this.breaking ? -1 : this.broken;
    const { code, stderr, stdout } = await this.imp(words);
    if (code === 0) return true;
    const excused = this.broken !== before;
    assert(excused, `${words.slice(0, 2).join(" ")}: ${code}: ${stderr}${stdout}`);
    daemon.check();
    return false;
  }

  private async imp(words: readonly string[]) {
    this.note(`${words.slice(0, 3).join(" ")} …`);
    const path = this.breaking ? this.box.path("whole") : this.path;
    // Nothing takes this long: ALRM ends a command that hangs.
    const limited = ["timeout", "-s", "ALRM", "100", path, ...words];
    const result = await this.box.run(limited, { env: this.home.env });
    if (result.code === 124) await this.waitsForEver(words);
    this.note(`${words.slice(0, 3).join(" ")}: ${result.code} ${result.stderr.split("\n")[0]}`);
    return result;
  }

  private async waitsForEver(words: readonly string[]): Promise<never> {
    const daemon = this.daemons.find(({ name }) => words.includes(name));
    const { stdout } = await this.home.imp(["list", "--json", ...daemon ? [daemon.name] : []]);
    const told = [words.slice(0, 3).join(" "), "waits for ever:", stdout, daemon?.told() ?? ""];
    throw new Error(told.join(" "));
  }

  private async killedCommand(daemon: ChaosDaemon, random: () => number): Promise<void> {
    const words = [["start", daemon.name], ["stop", daemon.name], ["restart", daemon.name]];
    const chosen = words[Math.floor(random() * words.length)];
    const after = random() * 120;
    this.note(`${chosen.join(" ")}, killed after ${after.toFixed()} ms`);
    const child = this.box.start(chosen, { env: this.home.env });
    await pause(after);
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await child.status;
  }

  private async blow(daemon: ChaosDaemon, random: () => number): Promise<void> {
    const dice = random();
    const { name } = daemon;
    if (dice < 0.25) {
      this.note(`kill the program of ${name}: ${daemon.program}`);
      daemon.kill(daemon.program);
    } else if (dice < 0.40) {
      await this.killWaiters(daemon, [daemon.waiter("imp-keeper")]);
    } else if (dice < 0.52) {
      await this.killWaiters(daemon, [daemon.waiter("imp-guard")]);
    } else if (dice < 0.60) {
      await this.killWaiters(daemon, daemon.waiters());
    } else if (dice < 0.80) {
      const { turn } = daemon;
      if (random() < 0.5) daemon.kill(daemon.program);
      for (let i = 0; i < 30 && daemon.turn === turn; i++) await pause(1);
      await pause(random() * 8);
      this.note(`kill the turn of ${name}: ${daemon.turn}`);
      daemon.kill(daemon.turn);
    } else if (dice < 0.92) await this.stopKeeper(daemon, random);
    else {
      this.note(`${name} crashes`);
      daemon.crashes(true);
      daemon.kill(daemon.program);
      await pause(random() * 1500);
      if (random() < 0.5) await this.stop(daemon);
      daemon.crashes(false);
    }
  }

  private async killWaiters(daemon: ChaosDaemon, pids: (number | undefined)[]): Promise<void> {
    const all = daemon.waiters();
    const last = all.every((pid) => pids.includes(pid)) && all.length > 0;
    this.note(`kill of ${daemon.name} ${pids} of ${all}`);
    if (!last || !daemon.piped) return pids.forEach((pid) => daemon.kill(pid));
    // No other process holds its pipe: reader and program must live until it is adopted.
    this.exposed++;
    try {
      for (const pid of all) daemon.kill(pid);
      while (!await this.mustDo(daemon, ["start", daemon.name, "--oknodo"])) await pause(100);
    } finally {
      this.exposed--;
    }
  }

  private async stopKeeper(daemon: ChaosDaemon, random: () => number): Promise<void> {
    const pid = daemon.waiter("imp-keeper");
    if (pid === undefined) return;
    this.note(`${daemon.name}: SIGSTOP to keeper ${pid}`);
    signal(pid, "SIGSTOP");
    try {
      if (random() < 0.3) await this.stop(daemon);
      else {
        if (random() < 0.5) daemon.kill(daemon.program);
        await pause(random() * 400);
      }
    } finally {
      signal(pid, "SIGCONT");
    }
  }

  private async breakImp(random: () => number): Promise<void> {
    await this.whileBroken(async () => {
      const how = Math.floor(random() * 4);
      this.note(`imp is ${["missing", "cut", "mode 000", "another file"][how]}`);
      const other = `${this.path}.other`;
      if (how === 0) Deno.removeSync(this.path);
      else {
        if (how === 3) Deno.symlinkSync("/bin/true", other);
        else {
          const bytes = Deno.readFileSync(this.box.path("whole"));
          Deno.writeFileSync(other, bytes.subarray(0, bytes.length * random()));
          Deno.chmodSync(other, how === 1 ? 0o755 : 0);
        }
        Deno.renameSync(other, this.path);
      }
      await pause(random() * 1500);
    }, () => this.placeWhole());
  }

  private async fillDisk(random: () => number): Promise<void> {
    if (!this.mounted) return;
    const begun = performance.now();
    await this.whileBroken(async () => {
      this.note("the disk is full");
      fill(this.full);
      await pause(random() * LOSS_PATIENCE_MS / 2);
    }, () => Deno.removeSync(this.full));
    this.lossy ||= performance.now() - begun > LOSS_PATIENCE_MS * 0.8;
  }

  private async whileBroken(does: () => Promise<void>, mend: () => void): Promise<void> {
    if (this.breaking) return;
    this.breaking = true;
    this.broken++;
    try {
      await does();
    } finally {
      mend();
      this.note("it is as it was");
      this.breaking = false;
    }
  }

  private killWatch(): void {
    if (this.exposed > 0) return;
    const pids = watchesOf(this.home);
    this.note(`kill imp watch ${pids}`);
    for (const pid of pids) signal(pid, "SIGKILL");
  }

  /** Many commands of all kinds at once, for some daemons. */
  private async clients(random: () => number): Promise<void> {
    const chosen = this.daemons.filter((daemon) => !daemon.busy && random() < 0.3);
    if (chosen.length === 0) return;
    for (const daemon of chosen) daemon.busy = true;
    this.note(`${this.options.clients} clients for ${chosen.map(({ name }) => name)}`);
    try {
      await Promise.all(Array.from({ length: this.options.clients }, () => {
        const { name } = chosen[Math.floor(random() * chosen.length)];
        const verbs = [["start", name], ["stop", name], ["restart", name], ["list"], [
          "status",
          name,
        ]];
        return this.imp(verbs[Math.floor(random() * verbs.length)]);
      }));
      for (const daemon of chosen) daemon.check();
    } finally {
      for (const daemon of chosen) daemon.busy = false;
    }
  }

  /** The wanted state is reached, by itself if there is a keeper, by a command if not. */
  private async settle(): Promise<void> {
    this.note("settling");
    for (const daemon of this.daemons) {
      await daemon.settles();
      const wanted = daemon.wanted();
      const [verb, ...more] = wanted === "run" ? ["start", "--oknodo"] : ["stop"];
      await this.mustDo(daemon, [verb, daemon.name, ...more]);
      // It is ready once it runs, and takes its lock a little later.
      const isRun = wanted === "run";
      assertEquals(daemon.wanted(), wanted, daemon.name);
      if (isRun) await daemon.hasSeen();
      if (isRun) await eventually(() => daemon.isHeld(), () => daemon.told());
      else assertEquals(daemon.isHeld(), false, daemon.told());
      await daemon.hasNoZombies();
      daemon.check();
    }
  }

  private async end(): Promise<void> {
    // An undisturbed start and stop leave correct records.
    await Promise.all(
      this.daemons.map((daemon) => this.mustDo(daemon, ["start", daemon.name, "--oknodo"])),
    );
    for (const daemon of this.daemons) await daemon.answers();
    const { code, stderr } = await this.imp(["stop", "--all"]);
    assertEquals(code, 0, stderr);
    assertEquals(this.daemons.filter((daemon) => daemon.isHeld()).map(({ name }) => name), []);
    await watchEnds(this.home);
    await eventually(
      () => this.box.processes().length === 0,
      () => `left: ${this.box.processes()}`,
    );
    for (const daemon of this.daemons) {
      daemon.check();
      const logs = await this.imp(["logs", daemon.name]);
      assertEquals(logs.code, 0, logs.stderr);
      daemon.checkLines(logs.stdout, this.lossy);
    }
    const left = await this.box.sh(`find ${this.home.path} -name '.*' ! -name '.'`);
    assertEquals(left.stdout, "", "temporary files");
  }
}

/** Writes until the disk is full. */
function fill(path: string): void {
  using file = Deno.openSync(path, { write: true, create: true });
  const block = new Uint8Array(4096);
  try {
    while (file.writeSync(block) > 0);
  } catch {
    // It is full.
  }
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // It has ended.
  }
}
