// A kept daemon that watches a directory, and its state.
import { assert, assertEquals } from "@std/assert";
import { eventually, type Sandbox } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

/** The daemon's command. */
export const SLEEP = "exec sleep 1000";

/** The watched directory is `src`. */
export class Watcher {
  readonly home: KeptHome;
  readonly src: string;
  private starts = 0;

  constructor(private readonly box: Sandbox, readonly name = "web") {
    this.home = new KeptHome(box);
    this.src = box.path("src");
    Deno.mkdirSync(this.src);
    Deno.writeTextFileSync(`${this.src}/a.ts`, "a\n");
  }

  async start(...options: string[]): Promise<void> {
    await this.home.start(this.name, SLEEP, "--on-change", this.src, ...options);
  }

  // deno-lint-ignore no-explicit-any
  get state(): any {
    return this.home.record(this.name, "state");
  }

  /** Runs a script in src; it must cause exactly one more start. @returns the path that is reported */
  async restarts(script: string): Promise<string> {
    await this.sh(script);
    return await this.restarted();
  }

  async restarted(): Promise<string> {
    this.starts++;
    const what = () => `${this.starts} starts: ${JSON.stringify(this.state)}`;
    await eventually(() => {
      const { restarts, phase, program } = this.state;
      assert(restarts <= this.starts, what());
      return restarts === this.starts && phase === "running" && program !== undefined;
    }, what);
    return this.state.startedFor;
  }

  async sh(script: string): Promise<void> {
    const where = `cd src 2>/dev/null || :\n${script}`;
    const { code, stderr } = await this.box.sh(where, { cwd: this.box.path(".") });
    assertEquals(code, 0, `${script}: ${stderr}`);
  }

  /** Nothing relevant has been seen: a change made now is the next one. */
  async stays(): Promise<void> {
    assertEquals(await this.restarts("echo x >>seen.ts"), "src/seen.ts changed");
  }

  async stop(): Promise<void> {
    await this.home.done("stop", this.name);
  }
}
