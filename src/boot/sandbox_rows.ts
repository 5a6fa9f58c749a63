// Pure: a daemon's sandbox as lines of a unit, systemd.exec(5).
import type { Sandbox } from "../keeper/sandbox/sandbox.ts";
import { listWord } from "./unit_text.ts";

export function sandboxLines(sandbox: Sandbox | undefined): string[] {
  const { readOnly = [], writable = [], privateTmp, noNetwork } = sandbox ?? {};
  return [
    ...readOnly.map((path) => `ReadOnlyPaths=${listWord(path)}`),
    ...writable.map((path) => `ReadWritePaths=${listWord(path)}`),
    ...privateTmp ? ["PrivateTmp=yes"] : [],
    ...noNetwork ? ["PrivateNetwork=yes"] : [],
  ];
}
