// Servers of a proof, each with a store of its own.
import { freePort } from "../../tests/free_port.ts";
import type { ProofChildren } from "./queue_proof_children.ts";
import { which } from "./measure.ts";

export interface ProofServer {
  readonly store: string;
  readonly port: number;
  readonly monitor: number;
  readonly config: string;
  child?: Deno.ChildProcess;
  /** Holds the mount namespace of its store, see {@link ServerLimits.diskSize}. */
  disk?: Deno.ChildProcess;
  readonly pid: number;
}

export interface ServerLimits {
  readonly maxStore?: string;
  /** Its store is a file system of this size, in a separate mount namespace, which outlives the server. */
  readonly diskSize?: string;
}

/** Not started yet. @param work directory of their files */
export function proofServers(work: string, count: number, settings: ServerLimits): ProofServer[] {
  const servers: ProofServer[] = [];
  const routes = Array.from({ length: count }, freePort);
  for (let i = 0; i < count; i++) {
    const server = {
      port: freePort(),
      monitor: freePort(),
      config: `${work}/${i}.conf`,
      store: `${work}/store${i}`,
    };
    const { maxStore } = settings;
    const most = maxStore === undefined ? "" : `, max_file_store: ${maxStore}`;
    const known = routes.map((port) => `nats-route://127.0.0.1:${port}`).join(", ");
    Deno.writeTextFileSync(
      server.config,
      [
        `server_name: s${i}`,
        `listen: 127.0.0.1:${server.port}`,
        `http: 127.0.0.1:${server.monitor}`,
        `jetstream { store_dir: "${server.store}"${most} }`,
        count > 1 ? `cluster { name: p, listen: 127.0.0.1:${routes[i]}, routes: [${known}] }` : "",
        "",
      ].join("\n"),
    );
    Deno.mkdirSync(server.store);
    servers.push({
      ...server,
      get pid() {
        return this.child!.pid;
      },
    });
  }
  return servers;
}

export async function startServer(
  server: ProofServer,
  { diskSize }: ServerLimits,
  children: ProofChildren,
): Promise<void> {
  const own = [which("nats-server")!, "-c", server.config];
  if (diskSize !== undefined) server.disk ??= await startDisk(server.store, diskSize, children);
  const words = server.disk ? ["nsenter", "-m", "-t", String(server.disk.pid), ...own] : own;
  server.child = children.start(words, { stdout: "null", stderr: "null" });
}

/** Exists as long as this process does: its stdin ends with it. */
async function startDisk(
  path: string,
  size: string,
  children: ProofChildren,
): Promise<Deno.ChildProcess> {
  const script = `mount -t tmpfs -o size=${size} none "$0" && echo mounted && exec cat`;
  const options = { stdin: "piped", stdout: "piped" } as const;
  const disk = children.start(["unshare", "-m", "sh", "-c", script, path], options);
  const { value } = await disk.stdout.getReader().read();
  if (!value) throw new Error("a file system cannot be mounted: this proof needs root");
  return disk;
}

/** A server's monitoring data; undefined if it does not answer. */
export async function monitored(port: number, path: string): Promise<unknown> {
  try {
    return await (await fetch(`http://127.0.0.1:${port}${path}`)).json();
  } catch {
    return undefined;
  }
}
