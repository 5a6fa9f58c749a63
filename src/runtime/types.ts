/** The C types that imp's libc table uses. `size` and `ssize` are as wide as a pointer. */
export type NativeType =
  | "void"
  | "i16"
  | "i32"
  | "u32"
  | "i64"
  | "u64"
  | "pointer"
  | "size"
  | "ssize";

/** The type of one C function. */
export interface NativeSignature {
  readonly parameters: readonly NativeType[];
  readonly result: NativeType;
}

/** A bound C function: numbers in, number out; pointers are addresses, 0 is NULL. */
export type NativeFunction = (...args: number[]) => number;

/** Memory whose address never changes and which is never collected. */
export interface NativeMemory {
  readonly buffer: ArrayBuffer;
  readonly address: number;
}

/** Outcome of an ordinary helper program. */
export interface CommandResult {
  /** Exit status, or 128+n when signal n ended it. */
  code: number;
  signal: string | null;
  stdout: Uint8Array;
  stderr: Uint8Array;
}

export interface CommandOptions {
  cwd?: string;
  /** The whole environment of the helper; the caller's own when left out. */
  env?: Record<string, string>;
  stdin?: Uint8Array;
}

/** What happens to a {@link RuntimeSocket}. None of them may throw. */
export interface SocketHandlers {
  /** Bytes have come. They are the receiver's own. */
  data(bytes: Uint8Array): void;
  /** After a write that did not take all: it takes more now. */
  drain(): void;
  /** The other side has closed or has died, and everything it sent has come. Not called after our own `close`. */
  close(): void;
}

/** A connected stream socket that the event loop watches. It keeps the loop alive until `unref`. */
export interface RuntimeSocket {
  /** Sends at once what the kernel takes. @returns how many bytes were taken; -1 when the other side has gone */
  write(bytes: Uint8Array): number;
  ref(): void;
  unref(): void;
  /** Closes the descriptor; what was taken is still delivered. */
  close(): void;
}

export interface ThreadStart {
  /** Path or URL of the module it begins with; see {@link Runtime.ownModule}. */
  readonly entry: string | URL;
  /** Its arguments. */
  readonly words: readonly string[];
  /** Copied as by structured cloning; shared memory stays shared. */
  readonly data: unknown;
  /** It is over. @param error why it could not begin, or an error that it did not report itself */
  ended(error: Error | undefined): void;
}

/** Another thread of this process, with an event loop and modules of its own. */
export interface RuntimeThread {
  ref(): void;
  unref(): void;
  /** Cuts it off, wherever it is. */
  terminate(): void;
}

/** One module of several, or why there can be none. */
export type BundleOutcome =
  | { readonly text: string }
  /** Sentences without a capital, the place in a file before them. */
  | { readonly problems: readonly string[] };

/** A SHA-256 that is being computed. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** The digest of all that it was given, in hexadecimal digits. Called once. */
  hex(): string;
}

/**
 * What imp asks of the JavaScript runtime; everything else goes through libc. One driver for each runtime, held to
 * one contract suite (tests/contract).
 */
export interface Runtime {
  readonly name: "bun" | "deno";
  readonly arch: "x64" | "arm64";
  /** Arguments after the program's own name. Bytes that are not UTF-8 are already lost: see libc/process_image. */
  args(): string[];
  /** The name that imp was called by, argv[0]: a path, a bare name, or whatever the caller chose. */
  invokedAs(): string;
  /** The words that start imp again as a new process. */
  selfCommand(): string[];
  /** Whether imp is an executable of its own, with the runtime inside. */
  readonly compiled: boolean;
  /** From source: the words that run another module in a new process, with the settings that this one was started with. */
  moduleCommand(url: string): string[];
  /** Starts a thread. It keeps the event loop alive until `unref`. */
  startThread(start: ThreadStart): RuntimeThread;
  /** What this thread was given by the one that started it; undefined in the first thread. */
  threadData(): unknown;
  /** What a thread of imp begins with: the module itself from source, imp's whole program in an executable of its own. */
  threadEntry(url: string): string | URL;
  /** What modules get that import `name`. Under Deno its import map says it, and this does nothing. */
  provideModule(name: string, load: () => Promise<Record<string, unknown>>): void;
  /** From source: the URL of the module that the program began with, if this thread knows it. */
  mainModule(): string | undefined;
  /**
   * Has a program that is loaded next see itself as main module: `import.meta.main`, and the words of its `process.argv`.
   * @param path of its module
   */
  becomeProgram(path: string, words: readonly string[]): void;
  env(name: string): string | undefined;
  environment(): Record<string, string>;
  /** Whether the runtime has raised this process' soft limit of open files to the hard one. */
  readonly raisesOpenFiles: boolean;
  /** The exit status, where the process ends by itself. */
  setExitStatus(status: number): void;
  /** Ends the process at once. */
  exit(code: number): never;
  /** Binds functions of a shared library; throws when one of them is missing. */
  bind(
    library: string,
    signatures: Readonly<Record<string, NativeSignature>>,
  ): Record<string, NativeFunction>;
  allocate(bytes: number): NativeMemory;
  /** A reader of the int at a fixed address; nothing may be allocated between the call and the reading. */
  intReader(address: number): () => number;
  /** Copies memory that imp did not allocate. */
  copyFrom(address: number, bytes: number): Uint8Array;
  /**
   * The address of the first byte. It holds until the next statement only, and only for a view of at least a page over an
   * ArrayBuffer of its own: smaller ones may move.
   */
  addressOf(view: Uint8Array): number;
  /**
   * An ArrayBuffer over memory that imp did not allocate.
   * @param release address of the C function that is called with the memory's address and length once nothing refers to the
   *   buffer any more. Deno never calls it: see {@link Runtime.releasesMemory}
   */
  bufferOver(address: number, bytes: number, release: number): ArrayBuffer;
  readonly releasesMemory: boolean;
  /** Runs an ordinary helper program to its end. */
  command(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  sha256(): Sha256;
  /** A module and all that it imports, as the text of one module that runs elsewhere. Not under Deno. */
  bundle(path: string): Promise<BundleOutcome>;
  /** Calls `handler` for each arrival of a signal; the returned function restores what was there. */
  onSignal(name: string, handler: () => void): () => void;
  /** Has the event loop watch an open, non-blocking, connected stream socket, whose owner this becomes. */
  openSocket(fd: number, handlers: SocketHandlers): RuntimeSocket;
  /**
   * Calls `handler` each time nothing is left that the event loop waits for. It may begin something new, and then returns
   * true; when that is over, it is called again. It is not called where somebody ends the process.
   */
  onIdle(handler: () => boolean): void;
  /**
   * Calls `handler` right before the process ends of itself: at its end, by exit, by an error that nobody caught. Nothing
   * asynchronous happens after it, and it may be called twice. Of those who listen for errors it should be the last, to
   * know whether one was dealt with: given again, it becomes that.
   */
  onExit(handler: () => void): void;
  /**
   * Calls `handler` with each error that nobody caught, unless the program listens for such errors itself. It must end
   * the process. There is one; given again, it comes after all who have begun to listen meanwhile.
   */
  onUncaught(handler: (error: unknown) => void): void;
  sleep(ms: number): Promise<void>;
  /** Does not let a timer keep the event loop alive. */
  unrefTimer(timer: ReturnType<typeof setTimeout>): void;
  /** Frees what nothing refers to any more, where the runtime lets itself be asked; a millisecond or so. */
  collectGarbage(): void;
  /** From now on only loops that go on for long are compiled, which takes memory: for a process that stays, and is to stay small. */
  compileLittle(): void;
  /** From now on functions are compiled as soon as the engine itself would: for a process that does the same for long. */
  compileSoon(): void;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
}
