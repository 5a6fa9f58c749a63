// Servers of a proof, each with a store of its own.
import { which } from "./measure.ts";

export interface ProofServer {
  readonly store: string;
  readonly port: number;
  readonly monitor: number;
  readonly config: string;
  child?: Deno.ChildProcess;
  readonly pid: number;
}

/** Limits of a server. */
export interface ServerLimits {
  readonly maxStore?: string;
  /** Its store is a file system of this size, in a mount namespace of its own. */
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

export function startServer(server: ProofServer, { diskSize }: ServerLimits): void {
  const own = [which("nats-server")!, "-c", server.config];
  const words = diskSize === undefined ? own : [
    ...["unshare", "-m", "sh", "-c", `mount -t tmpfs -o size=${diskSize} none "$0" && exec "$@"`],
    ...[server.store, ...own],
  ];
  const options = { args: words.slice(1), stdout: "null", stderr: "null" } as const;
  server.child = new Deno.Command(words[0], options).spawn();
}

/** What a server tells of itself; undefined where it does not answer. */
export async function monitored(port: number, path: string): Promise<unknown> {
  try {
    return await (await fetch(`http://127.0.0.1:${port}${path}`)).json();
  } catch {
    return undefined;
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}
