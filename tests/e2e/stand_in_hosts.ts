// Hosts without sshd: a substitute for ssh runs its last word in a shell, as a login there would.
import { impBinary, type RunOptions, type Sandbox, wordsOf } from "./harness.ts";

export interface StandInHosts {
  /** Prefix of a name for `-S`: `${ssh} web1`. */
  readonly ssh: string;
  /** Lets the host find imp. */
  readonly env: Record<string, string>;
  /** `-S` for that many hosts, each with that many slots. */
  list(hosts: number, slots: number): string;
  imp(words: readonly string[], options?: RunOptions): ReturnType<Sandbox["imp"]>;
  /** PIDs of the substitutes for ssh, or of the worker if the shell has become it. */
  workers(): number[];
}

/** @param before what a login prints first */
export function standInHosts(box: Sandbox, before = ""): StandInHosts {
  const folder = box.path("host-bin");
  Deno.mkdirSync(folder);
  Deno.symlinkSync(impBinary(), `${folder}/imp`);
  // It stays, as ssh does, so that it can be killed separately.
  const script = `for last; do :; done\n${before}\n(eval "$last")\n`;
  const ssh = box.script("stand-in-ssh", `#!/bin/sh\n${script}`);
  const env = { PATH: `${folder}:${Deno.env.get("PATH")}` };
  return {
    ssh,
    env,
    list: (hosts, slots) =>
      Array.from({ length: hosts }, (_, i) => `${slots}/${ssh} host${i + 1}`).join(","),
    imp: (words, options = {}) =>
      box.imp([...words], { ...options, env: { ...env, ...options.env } }),
    workers: () => box.processes().filter((pid) => wordsOf(pid).includes("--stdio")),
  };
}
