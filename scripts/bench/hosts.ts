// Pools over hosts: imp over this machine and over real sshd on loopback, next to the local pool on the same cores and
// GNU parallel over the same sshd. Needs ssh, sshd and ssh-keygen; keys, ports and configuration are its own.
// Usage: scripts/bench/run hosts [ROUNDS] [--jobs=N]
import { freePort } from "../../tests/free_port.ts";
import { type Contender, machine, median, timeInTurn, which } from "./measure.ts";
import { impBinary, run } from "./programs.ts";
import { printRows } from "./rows.ts";

const rounds = Number(Deno.args.find((word) => /^\d+$/.test(word)) ?? 3);
const JOBS = Number(Deno.args.find((word) => word.startsWith("--jobs="))?.slice(7) ?? 10_000);
/** GNU parallel starts an ssh for each job: a hundred take minutes. */
const PARALLEL_JOBS = JOBS < 1000 ? 10 : 100;
const HOSTS = 3;
const imp = impBinary();
const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
const servers: Deno.ChildProcess[] = [];

try {
  console.log(`${machine()}; ${rounds} rounds in turn, medians`);
  Deno.writeTextFileSync(`${work}/items`, numbers(JOBS));
  Deno.writeTextFileSync(`${work}/few`, numbers(PARALLEL_JOBS));
  await measure();
} finally {
  for (const server of servers) {
    server.kill("SIGTERM");
    await server.status;
  }
  Deno.removeSync(work, { recursive: true });
}

async function measure(): Promise<void> {
  const config = await startServers();
  const names = Array.from({ length: HOSTS }, (_, i) => `bench${i + 1}`);
  const jobs = (name: string, options: string) =>
    sh(name, `${imp} pool ${options} -- /bin/true < ${work}/items`);
  const over = `--ssh 'ssh -F ${config}' -S ${names.map((name) => `1/${name}`).join(",")}`;
  const timings = timeInTurn([
    jobs("imp pool -j3", "-j3"),
    jobs("imp pool -j3 -S :", "-j3 -S :"),
    ...config ? [jobs(`imp pool, ${HOSTS} hosts by ssh`, over)] : [],
  ], rounds);
  const what = `${JOBS} × /bin/true, three at a time`;
  printRows({ what, timings, amount: JOBS, unit: "jobs/s" });
  if (!config || !which("parallel")) return;
  const logins = names.map((name) => `1/ssh -F ${config} ${name}`).join(",");
  const parallel = timeInTurn([
    sh("GNU parallel", `parallel --will-cite -S "${logins}" /bin/true < ${work}/few`),
  ], 1);
  printRows({
    ...{ what: `${PARALLEL_JOBS} × /bin/true, ${HOSTS} hosts by ssh` },
    ...{ timings: parallel, amount: PARALLEL_JOBS, unit: "jobs/s" },
  });
  const ours = JOBS / median(timings[2]), theirs = PARALLEL_JOBS / median(parallel[0]);
  console.log(`\nOver the same sshd: ${Math.round(ours / theirs)} times GNU parallel's jobs/s.`);
}

/** @returns the configuration for ssh; undefined if something is missing */
async function startServers(): Promise<string | undefined> {
  const sshd = which("sshd");
  if (!sshd || !which("ssh") || !which("ssh-keygen")) {
    console.log("\nNot installed: sshd, ssh or ssh-keygen.");
    return undefined;
  }
  for (const name of ["id", "host_key"]) {
    await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", `${work}/${name}`]);
  }
  Deno.mkdirSync(`${work}/bin`);
  Deno.symlinkSync(imp, `${work}/bin/imp`);
  Deno.copyFileSync(`${work}/id.pub`, `${work}/authorized_keys`);
  if (Deno.uid() === 0) Deno.mkdirSync("/run/sshd", { recursive: true });
  const user = (await run(["id", "-un"])).stdout.trim();
  let config = "";
  for (let i = 1; i <= HOSTS; i++) {
    const port = await startServer(sshd, i);
    config += [
      ...[`Host bench${i}`, "HostName 127.0.0.1", `Port ${port}`, `User ${user}`],
      ...[`IdentityFile ${work}/id`, "IdentitiesOnly yes", "StrictHostKeyChecking no"],
      ...[`UserKnownHostsFile ${work}/known_hosts`, "LogLevel ERROR", ""],
    ].join("\n");
  }
  Deno.writeTextFileSync(`${work}/ssh_config`, config);
  return `${work}/ssh_config`;
}

async function startServer(sshd: string, number: number): Promise<number> {
  const port = freePort();
  const settings = [
    ...[`Port ${port}`, "ListenAddress 127.0.0.1", `HostKey ${work}/host_key`],
    ...["UsePAM no", "PidFile none", "StrictModes no", "PasswordAuthentication no"],
    ...[`AuthorizedKeysFile ${work}/authorized_keys`, "MaxStartups 100"],
    `SetEnv PATH=${work}/bin:${Deno.env.get("PATH")}`,
  ];
  Deno.writeTextFileSync(`${work}/sshd_config.${number}`, `${settings.join("\n")}\n`);
  const args = ["-D", "-e", "-f", `${work}/sshd_config.${number}`];
  const options = { args, stdin: "null", stdout: "null", stderr: "null" } as const;
  servers.push(new Deno.Command(sshd, options).spawn());
  for (let tries = 0; tries < 200; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return port;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error("sshd does not listen");
}

function sh(name: string, script: string): Contender {
  return { name, argv: ["/bin/sh", "-c", script] };
}

function numbers(count: number): string {
  return Array.from({ length: count }, (_, i) => `${i + 1}\n`).join("");
}
