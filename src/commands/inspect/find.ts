// Which processes a name, a pidfile or a port means.
import { basename } from "@std/path/basename";
import { ImpError } from "../../base/errors.ts";
import { isPlainName } from "../../base/plain_name.ts";
import {
  type PidfileDaemon,
  pidfileOfName,
  readPidfileDaemon,
} from "../../daemon/pidfile_daemon.ts";
import { HIDDEN } from "../../family/family.ts";
import { keeperHome, keptPlace } from "../../keeper/home.ts";
import { keptNamesFor } from "../../keeper/kept_names.ts";
import { observeKept } from "../../keeper/observe/observe.ts";
import { isPattern, selectNames } from "../../keeper/selection.ts";
import { libc } from "../../libc/calling/load.ts";
import { maySignal } from "../../libc/processes/signals.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { absolute } from "../../libc/processes/program_file.ts";
import { userById } from "../../libc/users/users.ts";
import { readCmdline } from "../../procfs/cmdline.ts";
import { listPids } from "../../procfs/processes.ts";
import { orUndefined } from "../../procfs/read.ts";
import { holdersOf, type PortSocket, socketsAtPort } from "../../procfs/sockets.ts";
import { isZombie, readStat } from "../../procfs/stat.ts";
import type { InspectTarget, MeantProcesses } from "./targets.ts";

/** The kernel's short names have at most this many bytes. */
const COMM_BYTES = 15;

/** @throws ImpError if it means no process */
export function findMeant(target: Exclude<InspectTarget, { by: "pid" }>): MeantProcesses {
  switch (target.by) {
    case "port":
      return listeningAt(target.port);
    case "pidfile":
      return ofPidfile(target.word);
    case "name":
      return called(target.word);
  }
}

function listeningAt(port: number): MeantProcesses {
  const tcp = socketsAtPort(port, ["tcp", "tcp6"]);
  const sockets = tcp.length > 0 ? tcp : socketsAtPort(port, ["udp", "udp6"]);
  const verb = tcp.length > 0 ? "listen on" : "are bound to";
  const object = `port ${port}`;
  if (sockets.length === 0) {
    throw nobody(object, "nothing listens there, in this network namespace");
  }
  const pids = holdersOf(sockets);
  if (pids.length > 0) return { pids, are: `${verb} port ${port}` };
  throw nobody(object, ...hiddenHolder(sockets));
}

/** The kernel shows that somebody listens, but not who. */
function hiddenHolder([{ uid, protocol, address }]: readonly PortSocket[]): [string, string] {
  const where = `${protocol} ${address}`;
  if (libc("geteuid").geteuid() === 0) {
    return [
      `${where} belongs to no process that /proc shows`,
      "it is the kernel's own, or held in another PID namespace",
    ];
  }
  const whose = userById(uid)?.name ?? `uid ${uid}`;
  return [`${where} belongs to ${whose}, whose descriptors are hidden`, "ask root"];
}

function ofPidfile(path: string): MeantProcesses {
  const daemon = readPidfileDaemon(absolute(path, workingDirectory()));
  const pids = pidsOf(daemon);
  if (pids.length > 0) return { pids, are: `hold the lock of ${path}; its daemon has ended` };
  throw nobody(`the process of ${path}`, whyNotRunning(daemon));
}

function pidsOf(daemon: PidfileDaemon): number[] {
  if (daemon.is === "running") return [daemon.process.pid];
  return daemon.is === "held" ? daemon.holders.map(({ pid }) => pid) : [];
}

function whyNotRunning(daemon: PidfileDaemon): string {
  switch (daemon.is) {
    case "starting":
      return `imp daemon is starting it (pid ${daemon.starter})`;
    case "not running":
      return daemon.because;
    default:
      return "its main process has ended; others, which /proc does not show, hold its lock";
  }
}

/** A kept daemon's name, one from `imp daemon -n`, a program's: the first that has a process. */
function called(name: string): MeantProcesses {
  const kept = keptCalled(name);
  if (kept.running.length > 0) return { pids: kept.running, are: `are daemons called ${name}` };
  const path = isPlainName(name) ? pidfileOfName(name) : undefined;
  const daemon = path === undefined ? undefined : readPidfileDaemon(path);
  const own = daemon ? pidsOf(daemon) : [];
  if (own.length > 0) return { pids: own, are: `hold the lock of ${path}; its daemon has ended` };
  const pids = isPattern(name) ? [] : programsCalled(name);
  if (pids.length > 0) return { pids, are: `are called ${name}` };
  const object = `'${name}'`;
  if (kept.idle.length > 0) {
    const [one] = kept.idle;
    throw nobody(object, "it is a kept daemon that is not running", `imp status ${one}`);
  }
  if (daemon) throw nobody(object, whyNotRunning(daemon), `its pidfile is ${path}`);
  if (isPattern(name)) throw nobody(object, "no daemon's name matches it", "imp list shows them");
  throw nobody(object, "no running daemon or program has that name", hintAbout(name));
}

function hintAbout(name: string): string {
  if (/^%[\w%+-]*$/.test(name)) return `for a job of bash: imp inspect $(jobs -p ${name})`;
  const port = /:(\d{1,5})$/.exec(name)?.[1];
  if (port) return `for who listens on that port: imp inspect :${port}`;
  if (maySignal(1) || readStat(1) !== undefined) {
    return `to search command lines: imp tree | grep ${isPlainName(name) ? name : "TEXT"}`;
  }
  return HIDDEN;
}

function keptCalled(name: string): { running: number[]; idle: string[] } {
  const running: number[] = [];
  const idle: string[] = [];
  for (const one of keptNamesOf(name)) {
    const { program, exists } = observeKept(keptPlace(keeperHome(), one));
    if (program) running.push(program.pid);
    else if (exists) idle.push(one);
  }
  return { running, idle };
}

/** None for users who have no place for daemons, or may not look into it. */
function keptNamesOf(word: string): readonly string[] {
  try {
    return selectNames({ words: [word], all: false }, keptNamesFor(keeperHome(), [word])).names;
  } catch (error) {
    if (error instanceof ImpError) return [];
    throw error;
  }
}

/** By the name in the kernel or on the command line; zombies only if nothing else has the name. */
function programsCalled(name: string): number[] {
  const own = libc("getpid").getpid();
  const isLong = new TextEncoder().encode(name).length > COMM_BYTES;
  const zombies: number[] = [];
  const found = listPids().filter((pid) => {
    const stat = pid === own ? undefined : readStat(pid);
    if (!stat) return false;
    if (isZombie(stat)) {
      if (stat.comm === name) zombies.push(pid);
      return false;
    }
    if (stat.comm === name) return true;
    // A name that is cut off, or that a thread has given itself.
    if (isLong && !name.startsWith(stat.comm)) return false;
    const [program = ""] = orUndefined(readCmdline(pid)) ?? [];
    return basename(program.replace(/^-/, "")) === name;
  });
  return found.length > 0 ? found : zombies;
}

function nobody(object: string, why: string, hint?: string): ImpError {
  return new ImpError({ action: "inspect", object, why, hint });
}
