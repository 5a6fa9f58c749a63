// Shared by the tests of `imp with`.
import { eventually, exists, type RunResult, type Sandbox } from "./harness.ts";

/** The events printed with `--json`. */
export function events({ stderr }: RunResult): Record<string, unknown>[] {
  return stderr.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

/** A helper that keeps trying to start a process, writes `tried`, and stays. */
export function tryingHelper(box: Sandbox): string {
  const python = `import os, time
for i in range(20):
    try:
        if os.fork() == 0: os._exit(0)
    except PermissionError: pass
print("tried", flush=True)
time.sleep(60)`;
  // Not through a version manager, which needs processes itself.
  const text = `#!/bin/sh\nPATH=/usr/local/bin:/usr/bin:/bin exec python3 -c '${python}'\n`;
  return box.script("trying", text);
}

/** Makes a script wait until a file exists. */
export function awaits(file: string): string {
  return `until [ -e ${file} ]; do sleep 0.02; done`;
}

/**
 * A port of 127.0.0.1 on which nothing listens, and which the kernel gives to no one else while the test runs: a socket
 * is bound to it, which does not prevent a server from listening there with SO_REUSEADDR.
 */
export async function withPort(box: Sandbox, body: (port: number) => Promise<void>): Promise<void> {
  const holder = `import socket, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 0))
open("port.new", "w").write(str(s.getsockname()[1]))
import os
os.rename("port.new", "port")
time.sleep(600)`;
  const child = new Deno.Command("python3", {
    args: ["-c", holder],
    cwd: box.directory,
    stdin: "null",
  }).spawn();
  try {
    await eventually(() => exists(box.path("port")), "no port");
    await body(Number(Deno.readTextFileSync(box.path("port"))));
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}
