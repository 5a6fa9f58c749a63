// NATS servers on loopback: started and ended by a test, each with its own store.
import { freePort } from "../free_port.ts";
import { assertEquals } from "@std/assert";
import { RUN_TAG } from "../../scripts/lib/test_place.ts";
import { e2e, eventually, exists, isAlive, isRoot, type Sandbox, TAG } from "./harness.ts";

/** Settings of a server. */
export interface NatsSettings {
  /** Additional lines of its configuration: users, accounts, limits. */
  readonly config?: string;
  readonly tls?: NatsTls;
  /** Default: true. */
  readonly jetstream?: boolean;
  /** JetStream's limit on the disk, `16MB`. */
  readonly maxStore?: string;
  /** Its store is a file system of this size, `8M`, in a separate mount namespace; only as root. */
  readonly diskSize?: string;
  /** Default: a free port. */
  readonly port?: number;
}

export interface NatsTls {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Clients must have a certificate too. */
  readonly verify?: boolean;
}

/** A test with a server: {@link e2e}, skipped if nats-server is not installed. */
export function e2eWithNats(
  name: string,
  body: (box: Sandbox, server: NatsServer) => Promise<void>,
  settings: NatsSettings = {},
): void {
  e2e(name, async (box) => {
    if (settings.diskSize !== undefined && !isRoot) box.skip("it needs root");
    const server = new NatsServer(box, "nats", settings);
    await server.start();
    await body(box, server);
    await server.end();
  }, ["nats-server"]);
}

/** A test with a cluster of servers, all with JetStream. */
export function e2eWithNatsCluster(
  name: string,
  body: (box: Sandbox, cluster: NatsCluster) => Promise<void>,
  servers = 3,
): void {
  e2e(name, async (box) => {
    const cluster = new NatsCluster(box, servers);
    await cluster.start();
    await body(box, cluster);
    await cluster.end();
  }, ["nats-server"]);
}

/** A server. It may be killed and started again: its port and its store stay the same. */
export class NatsServer {
  readonly port: number;
  readonly monitorPort = freePort();
  /** The directory of its store; see {@link NatsSettings.diskSize}. */
  readonly store: string;
  private child?: Deno.ChildProcess;
  private log?: Promise<unknown>;

  constructor(
    private readonly box: Sandbox,
    readonly name: string,
    private readonly settings: NatsSettings = {},
    /** Configuration as part of a cluster. */
    private readonly cluster = "",
  ) {
    this.port = settings.port ?? freePort();
    this.store = box.path(`${name}-store`);
  }

  get url(): string {
    return `${this.settings.tls ? "tls" : "nats"}://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child!.pid;
  }

  /** The contents of its log. */
  get logText(): string {
    const path = this.box.path(`${this.name}.log`);
    return exists(path) ? Deno.readTextFileSync(path) : "";
  }

  /** Starts it, and waits until it accepts connections and has read its store. */
  async start(): Promise<void> {
    await this.spawn();
    await eventually(() => this.isHealthy(), () => `a healthy server: ${this.logText}`);
  }

  /** Starts it without waiting. */
  async spawn(): Promise<void> {
    const config = this.box.path(`${this.name}.conf`);
    await Deno.writeTextFile(config, this.configuration());
    await Deno.mkdir(this.store, { recursive: true });
    const server = ["nats-server", "-c", config];
    const { diskSize } = this.settings;
    const words = diskSize === undefined ? server : [
      ...["unshare", "-m", "sh", "-c"],
      `mount -t tmpfs -o size=${diskSize} none "$0" && exec "$@"`,
      ...[this.store, ...server],
    ];
    const runTag = Deno.env.get(RUN_TAG);
    this.child = new Deno.Command(words[0], {
      args: words.slice(1),
      env: { [TAG]: this.box.tag, ...(runTag === undefined ? {} : { [RUN_TAG]: runTag }) },
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).spawn();
    this.log = this.child.status;
  }

  signal(signal: Deno.Signal): void {
    this.child!.kill(signal);
  }

  /** kill -9, and waits until it is gone. */
  async kill(): Promise<void> {
    if (isAlive(this.pid)) this.signal("SIGKILL");
    await this.log;
  }

  /** Ends it as an administrator would. */
  async end(): Promise<void> {
    if (isAlive(this.pid)) {
      this.signal("SIGCONT");
      this.signal("SIGTERM");
    }
    await this.log;
  }

  /** The store as its own processes see it: the file system of {@link NatsSettings.diskSize}. */
  get ownStore(): string {
    return `/proc/${this.pid}/root${this.store}`;
  }

  /** Monitoring data: `/jsz`, `/varz`; undefined while it does not answer. */
  // deno-lint-ignore no-explicit-any
  async monitor(path: string): Promise<any> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.monitorPort}${path}`);
      const text = await response.text();
      return response.ok ? JSON.parse(text) : undefined;
    } catch {
      return undefined;
    }
  }

  private async isHealthy(): Promise<boolean> {
    assertEquals(isAlive(this.pid), true, `the server has ended: ${this.logText}`);
    const health = await this.monitor("/healthz");
    return health?.status === "ok";
  }

  private configuration(): string {
    const { config = "", tls, jetstream = true, maxStore } = this.settings;
    const most = maxStore === undefined ? "" : `, max_file_store: ${maxStore}`;
    return [
      `server_name: ${this.name}`,
      `listen: 127.0.0.1:${this.port}`,
      `http: 127.0.0.1:${this.monitorPort}`,
      `log_file: "${this.box.path(`${this.name}.log`)}"`,
      ...jetstream ? [`jetstream { store_dir: "${this.store}"${most} }`] : [],
      ...tls
        ? [
          `tls { cert_file: "${tls.cert}", key_file: "${tls.key}", ca_file: "${tls.ca}", ` +
          `verify: ${tls.verify ?? false}, timeout: 10 }`,
        ]
        : [],
      this.cluster,
      config,
      "",
    ].join("\n");
  }
}

/** Servers that form a cluster. */
export class NatsCluster {
  readonly servers: readonly NatsServer[];

  constructor(box: Sandbox, count: number, settings: NatsSettings = {}) {
    const ports = Array.from({ length: count }, freePort);
    const routes = ports.map((port) => `nats-route://127.0.0.1:${port}`).join(", ");
    this.servers = ports.map((port, i) => {
      const text = `cluster { name: test, listen: 127.0.0.1:${port}, routes: [${routes}] }`;
      return new NatsServer(box, `nats${i + 1}`, settings, text);
    });
  }

  /** All of them: `nats://HOST:PORT,HOST:PORT,...`. */
  get url(): string {
    return `nats://${this.servers.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
  }

  async start(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.spawn()));
    await this.untilWhole();
  }

  /** Waits until one of them leads and knows all. */
  async untilWhole(): Promise<void> {
    const told = () => this.servers.map(({ logText }) => logText).join("\n");
    await eventually(async () => {
      const all = await Promise.all(this.servers.map((server) => server.monitor("/jsz")));
      const leader = all[0]?.meta_cluster?.leader;
      return leader !== undefined && all.every((jsz) =>
        jsz?.meta_cluster?.leader === leader &&
        jsz.meta_cluster.cluster_size === this.servers.length
      ) && await this.allCurrent();
    }, () => `a whole cluster: ${told()}`);
  }

  /** The server that leads a stream; undefined if there is none. */
  async leaderOf(stream: string): Promise<NatsServer | undefined> {
    for (const server of this.servers) {
      const jsz = await server.monitor("/jsz?streams=1");
      // deno-lint-ignore no-explicit-any
      const all: any[] = jsz?.account_details?.flatMap((one: any) => one.stream_detail ?? []) ?? [];
      const leader = all.find(({ name }) => name === stream)?.cluster?.leader;
      const found = this.servers.find(({ name }) => name === leader);
      if (found) return found;
    }
    return undefined;
  }

  async end(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.end()));
  }

  private async allCurrent(): Promise<boolean> {
    const all = await Promise.all(this.servers.map((server) => server.monitor("/healthz")));
    return all.every((health) => health?.status === "ok");
  }
}
