import { FLOOR } from "../libc/descriptors/reserved.ts";
import { O_PATH, RLIMIT_NOFILE } from "../libc/abi.ts";
import { O_DIRECTORY } from "../libc/machine.ts";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { closeFile, isOpen, moveUp, openFile, readLink } from "../libc/descriptors/files.ts";
import { getLimit, type Limit } from "../libc/users/limits.ts";
import { libc } from "../libc/calling/load.ts";
import type { OpenedForUser } from "../libc/users/open_for_user.ts";
import { parentPid } from "../libc/processes/process.ts";
import { rawEnvironment, wordText } from "../libc/processes/process_image.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import { runtime } from "../runtime/mod.ts";
import { daemonEnvironment } from "./environment.ts";
import type { Owner } from "./owner.ts";
import type { Prepared } from "./plan.ts";
import { candidates, findProgram } from "../libc/processes/program_file.ts";
import type { OpenFor } from "./redirect.ts";
import type { DaemonSettings, NamedLimit } from "./settings.ts";

/** What a daemon inherits, if not from imp's caller. */
export interface Inherited {
  /** Words `K=V`. */
  readonly environment: readonly Bytes[];
  /** The soft limit on open files, if not imp's own. */
  readonly openFiles?: number;
}

/**
 * Looks everything up, so that whatever can fail fails before anything is started. What may have to be created, the
 * pidfile and the output files, is opened later, when little can still fail.
 * @param here the working directory of imp's caller, for relative names
 * @param inherited from imp's caller by default
 */
export async function prepare(
  settings: DaemonSettings,
  here: string,
  inherited?: Inherited,
): Promise<Prepared> {
  const owner = settings.user === undefined ? undefined : await ownerOf(settings.user);
  const env = daemonEnvironment({
    inherited: settings.clearEnvironment ? undefined : inherited?.environment ?? rawEnvironment(),
    user: owner && (owner.entry ?? "unknown"),
    given: settings.environment,
  });
  // A user other than root can only be that user already: findOwner has checked it.
  const becomes = owner && libc("geteuid").geteuid() === 0 ? owner : undefined;
  const openFor = becomes && await openerFor(becomes);
  for (const fd of settings.keep) refuseUnlessCallers(fd);
  const { chroot, directory } = settings;
  const files = filesOf(settings, env, here);
  return {
    settings,
    root: chroot === undefined
      ? undefined
      : openDirectory(chroot, "change the root directory to", openFor),
    files,
    argv: settings.words,
    env,
    directory: chroot === undefined
      ? openDirectory(directory, "change directory to", openFor)
      : undefined,
    owner: becomes,
    limits: settings.limits.map(completeLimit),
    openFiles: inherited
      ? softOpenFiles(inherited.openFiles)
      : runtime.raisesOpenFiles
      ? await callersOpenFiles()
      : undefined,
    openFor,
    descriptors: settings.keep.map((fd) => [fd, fd] as [number, number]),
    emptied: [],
    interpreters: settings.truncate && chroot === undefined ? await interpretersOf(files[0]) : [],
  };
}

/** Loaded only when needed, like everything that few daemons need: start-up time counts. */
async function ownerOf(user: string): Promise<Owner> {
  const { findOwner } = await import("./owner.ts");
  return findOwner(user);
}

async function openerFor(owner: Owner): Promise<OpenFor> {
  const { openForUser } = await import("../libc/users/open_for_user.ts");
  return (path, purpose) => openForUser(path, purpose, owner);
}

/** @throws ImpError if exec would certainly fail: no log is emptied for that */
async function interpretersOf(file: string): Promise<string[]> {
  const { interpreters } = await import("../libc/processes/program_format.ts");
  return interpreters(file);
}

function filesOf(settings: DaemonSettings, env: readonly Bytes[], here: string): string[] {
  const program = wordText(settings.words[0]);
  if (settings.chroot === undefined) return [findProgram(program, env, here)];
  // Symbolic links mean something else inside, so the kernel tries the candidates there.
  return candidates(program, env, settings.directory);
}

function openDirectory(path: string, action: string, openFor: OpenFor | undefined): number {
  try {
    const fd = openFor ? namedBy(openFor(path, "directory")) : openFile(path, O_PATH | O_DIRECTORY);
    return moveUp(fd, FLOOR.daemon);
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    const own = ["open", "enter"].includes(error.parts.action ?? "");
    throw error.with({ ...own ? { action } : {}, exit: EXIT.failed });
  }
}

function namedBy({ fd, directory }: OpenedForUser): number {
  closeFile(directory);
  return fd;
}

function completeLimit({ name, resource, limit }: NamedLimit): { resource: number; limit: Limit } {
  const hard = limit.hard ?? getLimit(resource).hard;
  if (limit.soft <= hard) return { resource, limit: { soft: limit.soft, hard } };
  throw new ImpError({
    action: "set limit",
    object: name,
    errno: "EINVAL",
    why: `the soft limit ${amount(limit.soft)} is above the hard limit ${amount(hard)}`,
    hint: `give both: --limit ${name}=${amount(limit.soft)}:${amount(limit.soft)}`,
    exit: EXIT.failed,
  });
}

function amount(limit: number): string {
  return limit === Infinity ? "unlimited" : `${limit}`;
}

/**
 * The limit on open files of imp's caller. Deno raises the soft limit to the hard one before imp's first statement; the
 * parent process still shows what it was, unless something in between changed it.
 */
export async function callersOpenFiles(): Promise<Limit | undefined> {
  const { readLimits } = await import("../procfs/limits.ts");
  const own = getLimit(RLIMIT_NOFILE);
  const limits = readLimits(parentPid());
  const parent = limits instanceof Map ? limits.get("nofile") : undefined;
  if (!parent || own.soft !== own.hard || parent.hard !== own.hard) return undefined;
  return parent.soft < own.soft ? parent : undefined;
}

/** Not above what is allowed now. */
function softOpenFiles(soft: number | undefined): Limit | undefined {
  if (soft === undefined) return undefined;
  const { hard } = getLimit(RLIMIT_NOFILE);
  return { soft: Math.min(soft, hard), hard };
}

/** Descriptors opened by imp's runtime must not reach the daemon. */
function refuseUnlessCallers(fd: number): void {
  const target = isOpen(fd) ? readLink(`/proc/self/fd/${fd}`) : undefined;
  const runtimes = /^anon_inode:\[(eventpoll|eventfd|timerfd|signalfd|io_uring)\]$/;
  if (target !== undefined && !runtimes.test(target)) return;
  throw new ImpError({
    action: "keep",
    object: `descriptor ${fd}`,
    errno: "EBADF",
    why: "the caller did not pass it",
    hint: `open it in the shell first, for example ${fd}<FILE`,
    exit: EXIT.failed,
  });
}
