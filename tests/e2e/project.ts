// Shared by end-to-end tests of imp up and imp down.
import { assertEquals } from "@std/assert";
import type { RunOptions, RunResult, Sandbox, StartOptions } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

/** A directory with an imp.toml, and a home for its daemons. */
export class ProjectSample {
  readonly home: KeptHome;
  readonly directory: string;

  constructor(private readonly box: Sandbox, name = "site") {
    this.home = new KeptHome(box);
    this.directory = box.path(name);
    Deno.mkdirSync(this.directory, { recursive: true });
  }

  /** Writes a file that no one else can write to. */
  write(text: string, name = "imp.toml", mode = 0o600): string {
    const path = `${this.directory}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, text);
    Deno.chmodSync(path, mode);
    return path;
  }

  imp(args: string[], options: RunOptions = {}): Promise<RunResult> {
    return this.home.imp(args, { cwd: this.directory, ...options });
  }

  /** Starts imp there without waiting for it. */
  start(words: string[], options: StartOptions = {}): Deno.ChildProcess {
    const file = `${this.directory}/imp.toml`;
    return this.box.start([...words, "-f", file], { ...options, env: this.home.env });
  }

  /** Runs imp, which must succeed. @returns its output */
  async done(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.imp(args);
    assertEquals(code, 0, `imp ${args.join(" ")}: ${stderr}${stdout}`);
    return stdout;
  }

  /** The steps of a plan: `start web`. */
  async plan(...args: string[]): Promise<string[]> {
    const { stdout, stderr } = await this.imp(["up", "--dry-run", "--json", ...args]);
    assertEquals(stderr, "");
    return stdout.trim().split("\n").filter(Boolean).map((line) => {
      const { name, step } = JSON.parse(line);
      return `${step} ${name}`;
    });
  }

  /** PIDs of main processes by name. */
  pids(...names: string[]): (number | undefined)[] {
    return names.map((name) => this.home.pid(name));
  }

  /** Ends all daemons of the home. */
  async end(): Promise<void> {
    await this.home.imp(["stop", "--all", "--now", "-q"]);
  }
}

/** A shell script as a command of a table. */
export function shell(script: string): string {
  return `command = ["sh", "-c", ${JSON.stringify(script)}]`;
}

export const SLEEP = `command = "sleep 1000"`;
