// Hosts without sshd: what is started in the place of ssh runs the last word in a shell, as a login there would.
import { impBinary, type RunOptions, type Sandbox, wordsOf } from "./harness.ts";

export interface StandInHosts {
  /** Word for `-S` in front of a name: `${ssh} web1`. */
  readonly ssh: string;
  /** So that the host finds imp. */
  readonly env: Record<string, string>;
  /** `-S` for so many hosts, each with so many slots. */
  list(hosts: number, slots: number): string;
  imp(words: readonly string[], options?: RunOptions): ReturnType<Sandbox["imp"]>;
  /** PIDs of what stands in for ssh, or is the worker where the shell has become it. */
  workers(): number[];
}

/** @param before what a login prints before anything else */
export function standInHosts(box: Sandbox, before = ""): StandInHosts {
  const folder = box.path("host-bin");
  Deno.mkdirSync(folder);
  Deno.symlinkSync(impBinary(), `${folder}/imp`);
  // It stays, as ssh does, so that it can be killed by itself.
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
