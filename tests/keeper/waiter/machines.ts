import { waiterImage } from "../../../src/keeper/waiter/image.ts";

/** The machines that waiters are assembled for; `most`: bytes of code. */
export const MACHINES = [
  { arch: "x64", machine: "x86_64", most: 1184 },
  { arch: "arm64", machine: "aarch64", most: 1584 },
] as const;

/** Writes the executable of a machine's waiter. @returns its path */
export function written(arch: "x64" | "arm64", directory: string): string {
  const path = `${directory}/imp-keeper`;
  Deno.writeFileSync(path, waiterImage(arch), { mode: 0o755 });
  return path;
}
