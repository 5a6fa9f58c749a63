// Tests of pools over hosts: each has its own hosts, and nothing is left on them.
import { e2e, type RunOptions, type RunResult, type Sandbox } from "./harness.ts";
import { SSH_TOOLS, startHosts, type TestHost, type TestHosts } from "./sshd.ts";

/** A host that has imp. */
export const WEB1 = { name: "web1", installed: true };
export const WEB2 = { ...WEB1, name: "web2" };

export function withHosts(
  name: string,
  list: readonly TestHost[],
  body: (box: Sandbox, hosts: TestHosts) => Promise<void>,
  tools: readonly string[] = [],
): void {
  e2e(name, async (box) => {
    const hosts = await startHosts(box, list);
    try {
      await body(box, hosts);
      await hosts.quiet();
    } finally {
      await hosts.stop();
    }
  }, [...SSH_TOOLS, ...tools]);
}

export function pool(
  box: Sandbox,
  { ssh }: TestHosts,
  args: readonly string[],
  options?: RunOptions,
): Promise<RunResult> {
  return box.imp(["pool", "--ssh", ssh, ...args], options);
}

/** Changes a line of a file. */
export function editFile(path: string, what: RegExp, by: string): void {
  Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replace(what, by));
}

/** A directory of the test that users of hosts can write to. */
export function sharedDirectory(box: Sandbox, name: string): string {
  const path = box.path(name);
  Deno.mkdirSync(path);
  Deno.chmodSync(box.directory, 0o755);
  Deno.chmodSync(path, 0o777);
  return path;
}
