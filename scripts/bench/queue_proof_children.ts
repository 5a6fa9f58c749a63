// The processes of a proof: none is left when it ends, fails or is told to end.

/** How long a process that was told to end may take before it is killed, milliseconds. */
const END_MS = 8000;

export class ProofChildren {
  /** In the order in which they were started. */
  private readonly alive = new Set<Deno.ChildProcess>();

  /** @param words the program and its arguments */
  start([program, ...args]: readonly string[], options: Deno.CommandOptions): Deno.ChildProcess {
    const child = new Deno.Command(program, { stdin: "null", ...options, args }).spawn();
    this.alive.add(child);
    void child.status.then(() => this.alive.delete(child));
    return child;
  }

  /** Ends all, the last started first. */
  async end(): Promise<void> {
    for (const child of [...this.alive].reverse()) {
      signalTo(child, "SIGCONT", "SIGTERM");
      const timer = setTimeout(() => signalTo(child, "SIGKILL"), END_MS);
      await child.status;
      clearTimeout(timer);
    }
  }
}

export function signalTo(child: Deno.ChildProcess, ...signals: Deno.Signal[]): void {
  for (const signal of signals) {
    try {
      child.kill(signal);
    } catch {
      // It has ended.
    }
  }
}
