// Shared by the tests of `imp with`.
import type { RunResult, Sandbox } from "./harness.ts";

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
