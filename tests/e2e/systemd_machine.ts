// A real systemd as PID 1 of its own namespaces: it can be booted, shut down, and cut off from power. As root only.
import { eventually, exists, isAlive, type Sandbox } from "./harness.ts";

const SYSTEMD = "/lib/systemd/systemd";
/** Nothing of the machine's own is started: these are the only units. */
const TARGETS = ["sysinit", "shutdown", "umount", "final", "network-online", "slices"];

const ENTRY = `#!/bin/sh
set -e
echo $$ >"$CG/cgroup.procs"
exec unshare --pid --mount --cgroup --ipc --uts --net --fork --kill-child sh -ec '
  mount --make-rprivate /
  mount -t tmpfs tmpfs /run
  mkdir -p /run/systemd
  mount -t proc proc /proc
  cat /proc/sys/kernel/random/uuid >/run/boot_id
  mount --bind /run/boot_id /proc/sys/kernel/random/boot_id
  mkdir -p "$S/cg"
  mount -t cgroup2 cgroup2 "$S/cg"
  mount --move "$S/cg" /sys/fs/cgroup
  mount --bind "$S/etc" /etc/systemd/system
  for none in /etc/init.d /lib/systemd/system-generators; do [ ! -d $none ] || mount -t tmpfs tmpfs $none; done
  mount --bind "$S/units" /lib/systemd/system
  export container=imp-test
  exec ${SYSTEMD} --log-target=console --show-status=no'
`;

export class SystemdMachine {
  private readonly cgroup: string;
  private entry: Deno.ChildProcess | undefined;
  private init = 0;

  private constructor(private readonly box: Sandbox, top: string) {
    this.cgroup = `${top}/imp-test-${Deno.pid}-${crypto.randomUUID().slice(0, 8)}`;
    for (const name of ["etc", "units"]) Deno.mkdirSync(box.path(name));
    const unit = (name: string, ...lines: string[]) =>
      Deno.writeTextFileSync(box.path(`units/${name}`), `[Unit]\n${lines.join("\n")}\n`);
    for (const name of TARGETS) unit(`${name}.target`, "DefaultDependencies=no");
    unit("basic.target", "Requires=sysinit.target", "After=sysinit.target");
    unit("multi-user.target", "Requires=basic.target", "After=basic.target", "AllowIsolate=yes");
    unit(
      "exit.target",
      "DefaultDependencies=no",
      "Requires=systemd-exit.service",
      "After=systemd-exit.service",
      "AllowIsolate=yes",
    );
    unit(
      "systemd-exit.service",
      "DefaultDependencies=no",
      "Requires=shutdown.target",
      "After=shutdown.target final.target",
      "SuccessAction=exit-force",
      "[Service]",
      "Type=oneshot",
      "ExecStart=/bin/true",
    );
    for (const name of ["dbus.service", "dbus.socket"]) {
      if (exists(`/lib/systemd/system/${name}`)) {
        Deno.copyFileSync(`/lib/systemd/system/${name}`, box.path(`units/${name}`));
      }
    }
    Deno.symlinkSync("multi-user.target", box.path("units/default.target"));
    box.script("entry", ENTRY);
  }

  /** @returns undefined if this machine does not allow it */
  static async boot(box: Sandbox): Promise<SystemdMachine | undefined> {
    const mount = Deno.readTextFileSync("/proc/self/mountinfo").split("\n")
      .find((line) => line.includes(" - cgroup2 ") && line.split(" ")[3] === "/");
    if (!exists(SYSTEMD) || mount === undefined) return undefined;
    const machine = new SystemdMachine(box, mount.split(" ")[4]);
    try {
      await machine.up();
      return machine;
    } catch {
      await machine.cut();
      return undefined;
    }
  }

  /** Boots, and waits until the default target is reached. */
  async up(): Promise<void> {
    Deno.mkdirSync(this.cgroup, { recursive: true });
    this.entry = new Deno.Command(this.box.path("entry"), {
      env: { S: this.box.directory, CG: this.cgroup },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await eventually(
      async () => {
        this.init = this.findInit() ?? 0;
        if (!isAlive(this.entry!.pid)) throw new Error("it has ended");
        return this.init > 0 &&
          (await this.run("systemctl", "is-active", "multi-user.target")).trim() === "active";
      },
      "systemd is up",
      30_000,
    );
  }

  /** Shuts it down in order. */
  async down(): Promise<void> {
    await this.run("systemctl", "exit");
    await this.entry!.status;
    await this.withoutGroups();
  }

  /** Cuts its power. */
  async cut(): Promise<void> {
    if (this.entry === undefined) return;
    for (const pid of [this.init, this.entry.pid]) {
      try {
        if (pid > 0) Deno.kill(pid, "SIGKILL");
      } catch {
        // Gone.
      }
    }
    await this.entry.status;
    this.entry = undefined;
    await this.withoutGroups();
  }

  /** Runs a program inside. @returns its stdout and stderr */
  async run(...words: string[]): Promise<string> {
    const { stdout, stderr } = await this.box.run([
      ...["nsenter", "-t", String(this.init), "-m", "-p", "-C", "-n", "--"],
      ...words,
    ], { env: { IMP_HOME: this.box.path("home"), CI: "" } });
    return stdout + stderr;
  }

  private findInit(): number | undefined {
    const pids = [this.cgroup, `${this.cgroup}/init.scope`].flatMap((group) => {
      try {
        return Deno.readTextFileSync(`${group}/cgroup.procs`).split("\n").filter(Boolean);
      } catch {
        return [];
      }
    });
    return pids.map(Number).find((pid) => commOf(pid) === "systemd");
  }

  /** A process that is exiting still holds its group. */
  private async withoutGroups(): Promise<void> {
    await eventually(() => {
      this.removeGroups();
      return !exists(this.cgroup);
    }, "its control groups are empty");
  }

  private removeGroups(directory = this.cgroup): void {
    try {
      for (const { name, isDirectory } of Deno.readDirSync(directory)) {
        if (isDirectory) this.removeGroups(`${directory}/${name}`);
      }
      Deno.removeSync(directory);
    } catch {
      // Not yet.
    }
  }
}

function commOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return "";
  }
}
