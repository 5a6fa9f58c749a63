import { RLIMIT } from "../structs.ts";
import { RLIM_INFINITY, RLIMIT_NOFILE } from "../abi.ts";
import { errno, systemError } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { allocate, type Block, scratch } from "../calling/memory.ts";

const c = libc("getrlimit", "setrlimit");

/** A soft and a hard limit; Infinity: unlimited. */
export interface Limit {
  readonly soft: number;
  readonly hard: number;
}

/** Names of getrlimit(2) in lower case, with their numbers on x86-64 and arm64; true: counted in bytes. */
export const RESOURCES: Readonly<Record<string, readonly [number: number, bytes: boolean]>> = {
  cpu: [0, false],
  fsize: [1, true],
  data: [2, true],
  stack: [3, true],
  core: [4, true],
  rss: [5, true],
  nproc: [6, false],
  nofile: [7, false],
  memlock: [8, true],
  as: [9, true],
  locks: [10, false],
  sigpending: [11, false],
  msgqueue: [12, true],
  nice: [13, false],
  rtprio: [14, false],
  rttime: [15, false],
};

/** A limit of this process. @param resource number from {@link RESOURCES} */
export function getLimit(resource: number): Limit {
  return scratch(() => {
    const { address, view } = allocate(RLIMIT.bytes);
    if (c.getrlimit(resource, address) < 0) {
      throw systemError(errno(), "read", `resource limit ${resource}`);
    }
    return {
      soft: number(view.getBigUint64(RLIMIT.rlim_cur, true)),
      hard: number(view.getBigUint64(RLIMIT.rlim_max, true)),
    };
  });
}

/** Changes a limit of this process. @returns 0 or an errno */
export function setLimit(resource: number, limit: Limit): number {
  return scratch(() => c.setrlimit(resource, limitStruct(limit)) === 0 ? 0 : errno());
}

let callersOpenFiles: Limit | undefined;

/**
 * Raises this process' soft limit on open files to the hard one: many keep 1024 for programs that use select(2).
 * @returns the caller's limit, for programs that it starts
 */
export function raiseOpenFiles(): Limit {
  callersOpenFiles ??= getLimit(RLIMIT_NOFILE);
  const { hard } = callersOpenFiles;
  setLimit(RLIMIT_NOFILE, { soft: hard, hard });
  return callersOpenFiles;
}

/** For programs: the caller's limit on open files; undefined if this process has not raised it. */
export function programsOpenFiles(): Limit | undefined {
  return callersOpenFiles;
}

/** Runs something under another limit of this process, which its children inherit. */
export function underLimit<T>(resource: number, limit: Limit, what: () => T): T {
  const own = getLimit(resource);
  setLimit(resource, limit);
  try {
    return what();
  } finally {
    setLimit(resource, own);
  }
}

/** A struct rlimit. @returns its address */
export function limitStruct(limit: Limit): number {
  return limitBlock(limit).address;
}

/** A struct rlimit, whose first eight bytes are the soft limit. */
export function limitBlock({ soft, hard }: Limit): Block {
  const block = allocate(RLIMIT.bytes);
  block.view.setBigUint64(RLIMIT.rlim_cur, raw(soft), true);
  block.view.setBigUint64(RLIMIT.rlim_max, raw(hard), true);
  return block;
}

function number(value: bigint): number {
  return value === RLIM_INFINITY ? Infinity : Number(value);
}

function raw(value: number): bigint {
  return value === Infinity ? RLIM_INFINITY : BigInt(value);
}
