// Hosts for tests: real sshd on loopback, each in its own mount namespace with its own users, homes and imp (or none).
// Needs root, for the users.
import { freePort } from "../free_port.ts";
import {
  endIfThere,
  eventually,
  impBinary,
  isAlive,
  isRoot,
  type Sandbox,
  TAG,
  wordsOf,
} from "./harness.ts";

export interface TestHost {
  /** Its name for ssh(1) and `-S`, and its user. */
  readonly name: string;
  /** Default: /bin/sh. */
  readonly shell?: string;
  /** Whether imp is in its /usr/local/bin. */
  readonly installed?: boolean;
  /** Lines of sshd_config. */
  readonly config?: readonly string[];
  /**
   * Shell commands, run as root in its namespace before sshd starts; `$HOME_DIR` is the user's home, `$PLACE` the
   * host's directory.
   */
  readonly prepare?: string;
  /** A separate network that can be cut. */
  readonly network?: boolean;
}

export interface RunningHost {
  readonly name: string;
  /** Home of its user, as seen from outside. */
  readonly home: string;
  readonly port: number;
  readonly pid: number;
  /** The log of its sshd. */
  log(): string;
  /** Takes the network down, or up again. */
  network(state: "down" | "up"): Promise<void>;
  stop(): Promise<void>;
}

export interface TestHosts {
  /** The words for --ssh. */
  readonly ssh: string;
  readonly config: string;
  readonly hosts: readonly RunningHost[];
  host(name: string): RunningHost;
  /** PIDs of everything started there, orphans included. */
  remote(): number[];
  /** PIDs of the sshd processes of logged-in users. */
  sessions(): number[];
  /** Waits until nothing is left on any of them. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

const TOOLS = ["ssh", "sshd", "ssh-keygen", "unshare"];
const UID = 21_000;
/** Set only for what is started there. */
const THERE = "IMP_TEST_HOST";
let lastNetwork = 0;

/** What {@link startHosts} needs, for e2e(). */
export const SSH_TOOLS: readonly string[] = TOOLS;

export async function startHosts(box: Sandbox, hosts: readonly TestHost[]): Promise<TestHosts> {
  if (!isRoot) box.skip("it needs root");
  // If that is not permitted, the test is skipped.
  await box.run(["unshare", "--mount", "--uts", "true"]);
  await keygen(box, box.path("id"));
  const running: RunningHost[] = [];
  const stop = async () => {
    for (const host of running) await host.stop();
  };
  try {
    for (const host of hosts) running.push(await startHost(box, host, UID + running.length));
  } catch (error) {
    await stop();
    throw error;
  }
  const config = box.path("ssh_config");
  const remote = () => startedThere(box.tag);
  Deno.writeTextFileSync(
    config,
    running.map((host, i) => clientConfig(box, host, hosts[i])).join(""),
  );
  return {
    ssh: `ssh -F ${config}`,
    config,
    hosts: running,
    host: (name) => running.find((one) => one.name === name)!,
    remote,
    sessions: () => running.flatMap(({ pid }) => below(pid).filter((child) => isSshd(child))),
    quiet: () => eventually(() => remote().length === 0, () => `left there: ${remote().map(tell)}`),
    stop,
  };
}

async function keygen(box: Sandbox, path: string): Promise<void> {
  const made = await box.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path]);
  if (made.code !== 0) throw new Error(made.stderr);
}

async function startHost(box: Sandbox, host: TestHost, uid: number): Promise<RunningHost> {
  const { name } = host;
  const place = box.path(`host-${name}`);
  const home = `${place}/home/${name}`;
  Deno.mkdirSync(`${home}/.ssh`, { recursive: true });
  Deno.mkdirSync(`${place}/bin`);
  Deno.copyFileSync(box.path("id.pub"), `${home}/.ssh/authorized_keys`);
  await keygen(box, `${place}/host_key`);
  for (const path of [home, `${home}/.ssh`, `${home}/.ssh/authorized_keys`]) {
    Deno.chownSync(path, uid, uid);
  }
  const shell = host.shell ?? "/bin/sh";
  const passwd = Deno.readTextFileSync("/etc/passwd");
  Deno.writeTextFileSync(
    `${place}/passwd`,
    `${passwd}${name}:x:${uid}:${uid}::/home/${name}:${shell}\n`,
  );
  const address = host.network ? networkOf(++lastNetwork) : undefined;
  const port = freePort();
  const log = `${place}/log`;
  Deno.writeTextFileSync(
    `${place}/sshd_config`,
    [
      `Port ${port}`,
      `ListenAddress ${address?.inside ?? "127.0.0.1"}`,
      `HostKey ${place}/host_key`,
      ...["UsePAM no", "PidFile none", "PasswordAuthentication no", "StrictModes no"],
      ...["MaxStartups 100", "PrintMotd no", "UseDNS no"],
      // Identifies what it starts.
      `SetEnv ${TAG}=${box.tag} ${THERE}=${box.tag}`,
      ...(host.config ?? []),
    ].join("\n") + "\n",
  );
  const words = ["unshare", "--mount", "--uts", ...(address ? ["--net"] : [])];
  const child = new Deno.Command(words[0], {
    args: [...words.slice(1), "sh", "-c", preparation(host, place, address), name, place],
    env: { [TAG]: box.tag, IMP_UNDER_TEST: impBinary(), HOME_DIR: `/home/${name}`, PLACE: place },
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  const { pid } = child;
  let isOver = false;
  const over = child.status.then(() => isOver = true);
  if (address) await joinNetwork(box, address, pid, () => isOver);
  const result: RunningHost = {
    ...{ name, home, port, pid },
    log: () => Deno.readTextFileSync(log),
    network: async (state) => {
      await box.run(["ip", "link", "set", address!.link, state]);
    },
    stop: async () => {
      const left = below(pid);
      endIfThere(pid);
      for (const one of left) endIfThere(one);
      await over;
    },
  };
  try {
    await eventually(
      () => isOver || listens(log),
      () => `sshd of ${name} does not listen`,
      20_000,
    );
    if (isOver) {
      const refused = /^mount: .*(?:denied|not permitted).*$/m.exec(result.log());
      if (refused) box.skip(refused[0]);
      throw new Error(`sshd of ${name}: ${result.log()}`);
    }
  } catch (error) {
    await result.stop();
    throw error;
  }
  return result;
}

/** A shell script that creates the host's own view of the machine, and becomes its sshd. */
function preparation(host: TestHost, place: string, address?: Network): string {
  return [
    `exec 2>'${place}/log'; set -e`,
    'hostname "$0"',
    ...(address
      ? [
        "ip link set lo up",
        `while ! ip link show ${address.link}i >/dev/null 2>&1; do sleep 0.02; done`,
        `ip addr add ${address.inside}/30 dev ${address.link}i; ip link set ${address.link}i up`,
      ]
      : []),
    `mount --bind '${place}/passwd' /etc/passwd`,
    `mount --bind '${place}/home' /home`,
    ...(host.installed
      ? [`touch '${place}/bin/imp'; mount --bind "$IMP_UNDER_TEST" '${place}/bin/imp'`]
      : []),
    `mount --rbind '${place}/bin' /usr/local/bin`,
    "mount -t tmpfs tmpfs /run; mkdir -p /run/sshd",
    host.prepare ?? ":",
    `exec "$(command -v sshd || echo /usr/sbin/sshd)" -D -e -f '${place}/sshd_config' 2>>'${place}/log'`,
  ].join("\n");
}

interface Network {
  readonly link: string;
  readonly outside: string;
  readonly inside: string;
}

function networkOf(number: number): Network {
  const third = Deno.pid % 250;
  const fourth = 4 * (number % 60);
  const link = `impt${Deno.pid % 100_000}n${number}`;
  return {
    link,
    outside: `198.19.${third}.${fourth + 1}`,
    inside: `198.19.${third}.${fourth + 2}`,
  };
}

/** A pair of interfaces: one here, one there. It disappears with the namespace. */
async function joinNetwork(
  box: Sandbox,
  { link, outside }: Network,
  pid: number,
  isOver: () => boolean,
): Promise<void> {
  const own = namespaceOf("self");
  await eventually(() => isOver() || namespaceOf(String(pid)) !== own, "no network namespace");
  const script = `ip link add ${link} type veth peer name ${link}i netns ${pid} &&
    ip addr add ${outside}/30 dev ${link} && ip link set ${link} up`;
  const made = await box.sh(script);
  if (made.code !== 0) box.skip(`no network of its own: ${made.stderr.trim()}`);
}

function namespaceOf(pid: string): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

function clientConfig(box: Sandbox, host: RunningHost, { network }: TestHost): string {
  const key = Deno.readTextFileSync(box.path(`host-${host.name}/host_key.pub`));
  const known = box.path("known_hosts");
  Deno.writeTextFileSync(known, `${host.name} ${key}`, { append: true });
  const address = network ? /Server listening on (\S+)/.exec(host.log())?.[1] : "127.0.0.1";
  return [
    `Host ${host.name}`,
    ...[`HostName ${address}`, `Port ${host.port}`, `User ${host.name}`],
    ...[`HostKeyAlias ${host.name}`, `UserKnownHostsFile ${known}`],
    ...[`IdentityFile ${box.path("id")}`, "IdentitiesOnly yes", "StrictHostKeyChecking yes"],
    "",
  ].join("\n");
}

function listens(log: string): boolean {
  try {
    return Deno.readTextFileSync(log).includes("Server listening");
  } catch {
    return false;
  }
}

function below(pid: number): number[] {
  let children: number[];
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
    children = text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
  return children.flatMap((child) => [child, ...below(child)]);
}

function startedThere(tag: string): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    try {
      const words = Deno.readTextFileSync(`/proc/${pid}/environ`).split("\0");
      return words.includes(`${THERE}=${tag}`) && isAlive(pid);
    } catch {
      return false;
    }
  });
}

function tell(pid: number): string {
  return [pid, ...wordsOf(pid)].join(" ");
}

function isSshd(pid: number): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim() === "sshd";
  } catch {
    return true;
  }
}
