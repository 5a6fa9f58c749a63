// The Bun driver. It names nothing that only Bun can import, so this file also loads under Deno, where it is never called.
import { sha256 } from "./sha256.ts";
import { EXIT } from "../base/exit_codes.ts";
import { type BunConnect, openBunSocket } from "./bun_socket.ts";
import type { BunBundler } from "./bun_bundle.ts";
import { startThread, threadData } from "./threads.ts";
import type {
  CommandOptions,
  CommandResult,
  NativeFunction,
  NativeMemory,
  NativeSignature,
  NativeType,
  Runtime,
} from "./types.ts";

interface BunFfi {
  dlopen(
    path: string,
    symbols: Record<string, unknown>,
  ): { symbols: Record<string, NativeFunction> } | Error;
  ptr(view: Uint8Array): number;
  read: { i32(address: number, offset: number): number };
  toArrayBuffer(
    address: number,
    offset: number,
    length: number,
    releaseContext?: number,
    release?: number,
  ): ArrayBuffer;
}

interface BunProcess {
  arch: string;
  argv: string[];
  argv0: string;
  execPath: string;
  execArgv: string[];
  env: Record<string, string | undefined>;
  exitCode: number | undefined;
  exit(code: number): never;
  on(event: string, handler: (value: unknown) => void): void;
  off(event: string, handler: (value: unknown) => void): void;
  listenerCount(event: string): number;
}

/** What a plugin is given. */
interface BunBuilder {
  module(
    name: string,
    load: () => Promise<{ exports: Record<string, unknown>; loader: "object" }>,
  ): void;
}

interface BunSubprocess {
  exited: Promise<number>;
  signalCode: string | null;
  stdout: ReadableStream<Uint8Array>;
  stderr: ReadableStream<Uint8Array>;
}

interface BunGlobal extends BunConnect, BunBundler {
  /** The module with this path has `import.meta.main` and is `require.main`. */
  main: string;
  resolveSync(path: string, from: string): string;
  pathToFileURL(path: string): URL;
  /** What `bun:ffi` wraps. Loading that module would cost every command 0.45 ms. */
  readonly FFI: BunFfi;
  sleep(ms: number): Promise<void>;
  gc(synchronous: boolean): void;
  /** @field setJITPolicy multiplies the number of calls before a function is compiled; not every version has it */
  readonly unsafe: { setJITPolicy?(scale: number): void };
  plugin(plugin: { name: string; setup(builder: BunBuilder): void }): unknown;
  spawn(argv: string[], options: Record<string, unknown>): BunSubprocess;
}

/** Defined only by scripts/build: an executable of `bun build --compile` is an unchanged Bun. */
declare const IMP_HARDENED: true | undefined;

const FFI_TYPES: Record<NativeType, string> = {
  void: "void",
  i16: "i16",
  i32: "i32",
  u32: "u32",
  i64: "i64_fast",
  u64: "u64_fast",
  pointer: "ptr",
  size: "u64_fast",
  ssize: "i64_fast",
};

const LATE = 100;
/** The engine's own pace; the executable begins with a slower one (scripts/build.ts), which suits short runs. */
const SOON = 1;

/** Retains every allocation: `ptr()` does not keep its buffer alive. */
const kept: Uint8Array[] = [];

export function bunRuntime(): Runtime {
  const scope = globalThis as unknown as { Bun: BunGlobal; process: BunProcess };
  const { Bun: bun, process } = scope;
  // A program may become the main module.
  const main = bun.main;
  // A compiled executable keeps its sources under this virtual root.
  const compiled = main.startsWith("/$bunfs/");

  return {
    name: "bun",
    arch: process.arch === "arm64" ? "arm64" : "x64",
    args: () => process.argv.slice(2),
    // From source that is the runtime's own name.
    invokedAs: () => compiled ? process.argv0 : "imp",
    selfCommand: () => compiled ? [process.execPath] : [process.execPath, main],
    compiled,
    moduleCommand: (url) => [process.execPath, ...ownFlags(process), new URL(url).pathname],
    startThread,
    threadData,
    sha256,
    bundle: async (path) => (await import("./bun_bundle.ts")).bundleByBun(bun, path),
    threadEntry: (url) => compiled ? main : new URL(url),
    provideModule: (name, load) => {
      const exports = async () => ({ exports: await load(), loader: "object" as const });
      bun.plugin({ name, setup: (builder) => builder.module(name, exports) });
    },
    mainModule: () => compiled ? undefined : bun.pathToFileURL(main).href,
    becomeProgram: (path, words) => {
      process.argv.splice(0, process.argv.length, ...words);
      bun.main = resolved(bun, path);
    },
    env: (name) => process.env[name],
    environment: () => ({ ...process.env as Record<string, string> }),
    // scripts/build patches the executable so that it does not, and marks it: scripts/harden.ts.
    raisesOpenFiles: typeof IMP_HARDENED === "undefined",
    setExitStatus: (status) => process.exitCode = status,
    exit: (code) => process.exit(code),
    bind: (library, signatures) => bind(bun.FFI, library, signatures),
    allocate: (bytes) => allocate(bun.FFI, bytes),
    intReader: (address) => {
      const { read } = bun.FFI;
      return () => read.i32(address, 0);
    },
    copyFrom: (address, bytes) => new Uint8Array(bun.FFI.toArrayBuffer(address, 0, bytes)).slice(),
    addressOf: (view) => Number(bun.FFI.ptr(view)),
    // The function receives the address and this context, which is therefore the length.
    bufferOver: (address, bytes, release) =>
      bun.FFI.toArrayBuffer(address, 0, bytes, bytes, release),
    releasesMemory: true,
    command: (argv, options) => command(bun, argv, options),
    onSignal: (name, handler) => {
      process.on(name, handler);
      return () => process.off(name, handler);
    },
    openSocket: (fd, handlers) => openBunSocket(bun, fd, handlers),
    onIdle: (handler) => process.on("beforeExit", () => void handler()),
    onExit: (handler) => {
      process.off("exit", handler);
      process.on("exit", handler);
    },
    onUncaught: (handler) => onUncaught(process, handler),
    sleep: (ms) => bun.sleep(ms),
    unrefTimer: (timer) => (timer as unknown as { unref(): void }).unref(),
    collectGarbage: () => bun.gc(true),
    compileLittle: () => bun.unsafe.setJITPolicy?.(LATE),
    compileSoon: () => bun.unsafe.setJITPolicy?.(SOON),
    now: () => performance.now(),
  };
}

/** As the module loader names it: without symbolic links. */
function resolved(bun: BunGlobal, path: string): string {
  try {
    return bun.resolveSync(path, "/");
  } catch {
    return path;
  }
}

/** The options given to Bun itself that a child needs; the rest concern only the first process. */
function ownFlags({ execArgv }: BunProcess): string[] {
  return execArgv.filter((flag) => !/^--(?:watch|hot|inspect|print|eval)/.test(flag));
}

const uncaughtListeners = new Map<string, (error: unknown) => void>();

function onUncaught(process: BunProcess, handler: (error: unknown) => void): void {
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    const known = uncaughtListeners.get(event);
    if (known) process.off(event, known);
    const listener = (error: unknown) => {
      // Ours is one of them.
      if (process.listenerCount(event) === 1) handler(error);
    };
    uncaughtListeners.set(event, listener);
    process.on(event, listener);
  }
}

function bind(
  ffi: BunFfi,
  library: string,
  signatures: Readonly<Record<string, NativeSignature>>,
): Record<string, NativeFunction> {
  const symbols: Record<string, { args: string[]; returns: string }> = {};
  for (const name in signatures) {
    const { parameters, result } = signatures[name];
    symbols[name] = { args: parameters.map((type) => FFI_TYPES[type]), returns: FFI_TYPES[result] };
  }
  const bound = dlopen(ffi, library, symbols);
  // Errors that `bun:ffi` would throw are returned by the function below.
  if (bound instanceof Error) throw bound;
  return bound.symbols;
}

/**
 * Calls into libc go through machine code compiled by Bun. If it is not allowed to compile, nothing in imp works, not
 * even its error reports, and the modules that bind functions are not loaded: the one place besides main.ts that exits.
 */
function dlopen(ffi: BunFfi, ...what: Parameters<BunFfi["dlopen"]>): ReturnType<BunFfi["dlopen"]> {
  try {
    return ffi.dlopen(...what);
  } catch (error) {
    if (!/\bJIT\b/.test(String(error))) throw error;
    console.error(
      "imp: cannot start: no memory for compiled code may be had (MemoryDenyWriteExecute= of systemd, SELinux's execmem, 'ulimit -v')",
    );
    const { process } = globalThis as unknown as { process: BunProcess };
    return process.exit(EXIT.failed);
  }
}

function allocate(ffi: BunFfi, bytes: number): NativeMemory {
  // Only an array over an explicit ArrayBuffer stays where it is; a plain typed array moves.
  const buffer = new ArrayBuffer(bytes);
  const view = new Uint8Array(buffer);
  kept.push(view);
  return { buffer, address: Number(ffi.ptr(view)) };
}

async function command(
  bun: BunGlobal,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = bun.spawn([...argv], {
    cwd: options.cwd,
    ...(options.env ? { env: options.env } : {}),
    stdin: options.stdin ?? "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    bytesOf(child.stdout),
    bytesOf(child.stderr),
    child.exited,
  ]);
  return { code, signal: child.signalCode ?? null, stdout, stderr };
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as unknown as BodyInit).arrayBuffer());
}
