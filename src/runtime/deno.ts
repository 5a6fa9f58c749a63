// The Deno driver.
import { sha256 } from "./sha256.ts";
import { childFlags, makeMainModule } from "./deno_flags.ts";
import { openDenoSocket } from "./deno_socket.ts";
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

// Addresses travel as plain integers: Deno's pointer objects would cost an allocation per call.
const PARAMETER_TYPES: Record<NativeType, Deno.NativeType> = {
  void: "i32",
  i16: "i16",
  i32: "i32",
  u32: "u32",
  i64: "i64",
  u64: "u64",
  pointer: "usize",
  size: "usize",
  ssize: "isize",
};

const RESULT_TYPES: Record<NativeType, Deno.NativeResultType> = {
  ...PARAMETER_TYPES,
  void: "void",
};

/** These come back as bigint. */
const WIDE: ReadonlySet<NativeType> = new Set(["i64", "u64", "pointer", "size", "ssize"]);

/** Retains every allocation. */
const kept: Uint8Array[] = [];

export function denoRuntime(): Runtime {
  const fromSource = mainModule().startsWith("file:") && /deno[^/]*$/.test(Deno.execPath());
  return {
    name: "deno",
    arch: Deno.build.arch === "aarch64" ? "arm64" : "x64",
    args: () => [...Deno.args],
    // argv[0] is the runtime's own name from source, and unavailable in a compiled program.
    invokedAs: () => "imp",
    selfCommand: () =>
      fromSource
        ? [Deno.execPath(), "run", "-A", "--quiet", new URL(mainModule()).pathname]
        : [Deno.execPath()],
    compiled: !fromSource,
    moduleCommand,
    startThread,
    threadData,
    sha256,
    bundle: () => Promise.resolve({ problems: ["only the executable of imp bundles modules"] }),
    threadEntry: (url) => new URL(url),
    provideModule: () => {},
    mainModule: () => Deno.mainModule as string | undefined,
    becomeProgram: (path, words) => {
      const { process } = globalThis as unknown as { process: { argv: string[] } };
      process.argv = [...words];
      makeMainModule(path);
    },
    env: (name) => Deno.env.get(name),
    environment: () => Deno.env.toObject(),
    raisesOpenFiles: true,
    setExitStatus: (status) => Deno.exitCode = status,
    exit: (code) => Deno.exit(code),
    bind,
    allocate,
    intReader: (address) => {
      const view = new Deno.UnsafePointerView(pointer(address));
      return () => view.getInt32();
    },
    copyFrom: (address, bytes) => {
      const copy = new Uint8Array(bytes);
      new Deno.UnsafePointerView(pointer(address)).copyInto(copy);
      return copy;
    },
    addressOf: (view) =>
      Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(view as Uint8Array<ArrayBuffer>))),
    bufferOver: (address, bytes) =>
      Deno.UnsafePointerView.getArrayBuffer(pointer(address), bytes) as ArrayBuffer,
    // A buffer can be transferred, and a registry would take the end of the old one for the end of the memory.
    releasesMemory: false,
    command,
    onSignal: (name, handler) => {
      Deno.addSignalListener(name as Deno.Signal, handler);
      return () => Deno.removeSignalListener(name as Deno.Signal, handler);
    },
    openSocket: openDenoSocket,
    onIdle: (handler) =>
      addEventListener("beforeunload", (event) => {
        if (handler()) event.preventDefault();
      }),
    onExit,
    onUncaught,
    // V8 offers it only behind a flag, and often collects small heaps anyway.
    collectGarbage: () => {},
    compileLittle: () => {},
    compileSoon: () => {},
    unrefTimer: (timer) => Deno.unrefTimer(timer as unknown as number),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    now: () => performance.now(),
  };
}

const uncaughtHandlers = new Map<() => void, (event: Event) => void>();

/** Deno reports its end by "unload", but not if an uncaught error ends it. */
function onExit(handler: () => void): void {
  const known = uncaughtHandlers.get(handler);
  if (!known) addEventListener("unload", handler);
  const uncaught = known ?? ((event: Event) => {
    if (!event.defaultPrevented) handler();
  });
  uncaughtHandlers.set(handler, uncaught);
  for (const type of ["error", "unhandledrejection"]) {
    removeEventListener(type, uncaught);
    addEventListener(type, uncaught);
  }
}

let uncaughtHandler: ((event: Event) => void) | undefined;

function onUncaught(handler: (error: unknown) => void): void {
  const known = uncaughtHandler;
  const listener = known ?? ((event: Event) => {
    if (!event.defaultPrevented) {
      handler((event as ErrorEvent).error ?? (event as PromiseRejectionEvent).reason);
    }
  });
  uncaughtHandler = listener;
  for (const type of ["error", "unhandledrejection"]) {
    removeEventListener(type, listener);
    addEventListener(type, listener);
  }
}

function moduleCommand(url: string): string[] {
  const words = Deno.readTextFileSync("/proc/self/cmdline").split("\0").slice(0, -1);
  const before = words.slice(0, Math.max(1, words.length - Deno.args.length - 1));
  const flags = childFlags(before, configurationOf(mainModule()));
  return [Deno.execPath(), "run", "--quiet", ...flags, new URL(url).pathname];
}

/** Deno looks for it from the main module's directory upwards. */
function configurationOf(module: string): string | undefined {
  if (!module.startsWith("file:")) return undefined;
  for (let folder = new URL("./", module);; folder = new URL("../", folder)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const path = decodeURIComponent(new URL(name, folder).pathname);
      if (exists(path)) return path;
    }
    if (folder.pathname === "/") return undefined;
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function pointer(address: number): Deno.PointerObject {
  return Deno.UnsafePointer.create(BigInt(address))!;
}

function bind(
  library: string,
  signatures: Readonly<Record<string, NativeSignature>>,
): Record<string, NativeFunction> {
  const symbols: Record<string, Deno.ForeignFunction> = {};
  for (const name in signatures) {
    const { parameters, result } = signatures[name];
    symbols[name] = {
      parameters: parameters.map((type) => PARAMETER_TYPES[type]),
      result: RESULT_TYPES[result],
    };
  }
  const bound = Deno.dlopen(library, symbols).symbols as Record<string, unknown>;
  const functions: Record<string, NativeFunction> = {};
  for (const name in signatures) {
    const call = bound[name] as (...args: number[]) => number | bigint;
    functions[name] = WIDE.has(signatures[name].result)
      ? (...args) => Number(call(...args))
      : call as NativeFunction;
  }
  return functions;
}

function allocate(bytes: number): NativeMemory {
  const buffer = new ArrayBuffer(bytes);
  const view = new Uint8Array(buffer);
  kept.push(view);
  return { buffer, address: Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(view))) };
}

async function command(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = new Deno.Command(argv[0], {
    args: argv.slice(1),
    cwd: options.cwd,
    ...(options.env ? { env: options.env, clearEnv: true } : {}),
    stdin: options.stdin ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Both at once: a helper that answers while it reads would wait for us, and we for it.
  if (options.stdin) feed(child.stdin, options.stdin);
  const { code, signal, stdout, stderr } = await child.output();
  return { code, signal, stdout, stderr };
}

async function feed(stream: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = stream.getWriter();
  // It is not our error if a helper does not read its input: its exit status says so.
  await writer.write(bytes).then(() => writer.close()).catch(() => {});
}

/** A thread does not know it; a thread starts only imp's own modules. */
function mainModule(): string {
  return Deno.mainModule as string | undefined ?? new URL("../../main.ts", import.meta.url).href;
}
