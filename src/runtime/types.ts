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
  /** The whole environment of the helper; by default the caller's. */
  env?: Record<string, string>;
  stdin?: Uint8Array;
}

/** Callbacks of a {@link RuntimeSocket}. None of them may throw. */
export interface SocketHandlers {
  /** Bytes have arrived. They belong to the receiver. */
  data(bytes: Uint8Array): void;
  /** After an incomplete write: it accepts more now. */
  drain(): void;
  /** The other side has closed or died, and everything it sent has arrived. Not called after our own `close`. */
  close(): void;
}

/** A connected stream socket that the event loop watches. It keeps the loop alive until `unref`. */
export interface RuntimeSocket {
  /**
   * Sends at once as much as the kernel accepts. @returns how many bytes were accepted; -1 if the other side has gone
   */
  write(bytes: Uint8Array): number;
  ref(): void;
  unref(): void;
  /** Closes the descriptor; bytes already accepted are still delivered. */
  close(): void;
}

export interface ThreadStart {
  /** Path or URL of the module it starts with; see {@link Runtime.ownModule}. */
  readonly entry: string | URL;
  /** Its arguments. */
  readonly words: readonly string[];
  /** Copied as by structured cloning; shared memory stays shared. */
  readonly data: unknown;
  /** It has ended. @param error why it could not begin, or an error that it did not report itself */
  ended(error: Error | undefined): void;
}

/** Another thread of this process, with its own event loop and modules. */
export interface RuntimeThread {
  ref(): void;
  unref(): void;
  /** Cuts it off, wherever it is. */
  terminate(): void;
}

/** The bundled module, or why there is none. */
export type BundleOutcome =
  | { readonly text: string }
  /** Sentences without a capital, preceded by the position in a file. */
  | { readonly problems: readonly string[] };

/** A SHA-256 that is being computed. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** The digest of everything it was given, in hexadecimal. Called once. */
  hex(): string;
}

/**
 * What imp needs from the JavaScript runtime; everything else goes through libc. One driver per runtime, held to one
 * contract suite (tests/contract).
 */
export interface Runtime {
  readonly name: "bun" | "deno";
  readonly arch: "x64" | "arm64";
  /** Arguments after the program's own name. Bytes that are not UTF-8 are already lost: see libc/process_image. */
  args(): string[];
  /** The name that imp was called by, argv[0]: a path, a bare name, or anything the caller chose. */
  invokedAs(): string;
  /** The words that start imp again as a new process. */
  selfCommand(): string[];
  /** Whether imp is an executable of its own, with the runtime inside. */
  readonly compiled: boolean;
  /** From source: the words that run another module in a new process, with the settings of this one. */
  moduleCommand(url: string): string[];
  /** Starts a thread. It keeps the event loop alive until `unref`. */
  startThread(start: ThreadStart): RuntimeThread;
  /** What this thread was given by the one that started it; undefined in the first thread. */
  threadData(): unknown;
  /** The module a thread of imp starts with: the module itself from source, imp's whole program in its executable. */
  threadEntry(url: string): string | URL;
  /** What modules that import `name` get. Under Deno the import map defines it, and this does nothing. */
  provideModule(name: string, load: () => Promise<Record<string, unknown>>): void;
  /** From source: the URL of the program's main module, if this thread knows it. */
  mainModule(): string | undefined;
  /**
   * Makes a program loaded next see itself as main module: `import.meta.main`, and the words of its `process.argv`.
   * @param path of its module
   */
  becomeProgram(path: string, words: readonly string[]): void;
  env(name: string): string | undefined;
  environment(): Record<string, string>;
  /** Whether the runtime has raised this process's soft limit of open files to the hard one. */
  readonly raisesOpenFiles: boolean;
  /** Sets the exit status for when the process ends by itself. */
  setExitStatus(status: number): void;
  /** Ends the process at once. */
  exit(code: number): never;
  /** Binds functions of a shared library; throws if one of them is missing. */
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
   * The address of the first byte. It is valid only until the next statement, and only for a view of at least a page
   * over an ArrayBuffer of its own: smaller ones may move.
   */
  addressOf(view: Uint8Array): number;
  /**
   * An ArrayBuffer over memory that imp did not allocate.
   * @param release address of the C function called with the memory's address and length once nothing refers to the
   *   buffer
   *   any more. Deno never calls it: see {@link Runtime.releasesMemory}
   */
  bufferOver(address: number, bytes: number, release: number): ArrayBuffer;
  readonly releasesMemory: boolean;
  /** Runs an ordinary helper program to its end. */
  command(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  sha256(): Sha256;
  /** A module and everything it imports, as the text of one module that runs elsewhere. Not under Deno. */
  bundle(path: string): Promise<BundleOutcome>;
  /** Calls `handler` whenever a signal arrives; the returned function restores the previous state. */
  onSignal(name: string, handler: () => void): () => void;
  /** Has the event loop watch an open, non-blocking, connected stream socket, and takes ownership of it. */
  openSocket(fd: number, handlers: SocketHandlers): RuntimeSocket;
  /**
   * Calls `handler` whenever the event loop has nothing left to wait for. It may begin something new and then returns
   * true; once that is over, it is called again. It is not called if something ends the process.
   */
  onIdle(handler: () => boolean): void;
  /**
   * Calls `handler` right before the process ends by itself: at its end, by exit, by an uncaught error. Nothing
   * asynchronous happens after it, and it may be called twice. It should be the last listener for errors, to know
   * whether one was handled: passing it again makes it the last.
   */
  onExit(handler: () => void): void;
  /**
   * Calls `handler` with each uncaught error, unless the program listens for such errors itself. It must end the
   * process.
   * There is only one; passing it again puts it after all listeners added meanwhile.
   */
  onUncaught(handler: (error: unknown) => void): void;
  sleep(ms: number): Promise<void>;
  /** Keeps a timer from keeping the event loop alive. */
  unrefTimer(timer: ReturnType<typeof setTimeout>): void;
  /** Frees what nothing refers to any more, if the runtime allows it to be requested; takes about a millisecond. */
  collectGarbage(): void;
  /** From now on compiles only long-running loops, to save memory: for a resident process that must stay small. */
  compileLittle(): void;
  /** From now on compiles functions as early as the engine would by itself: for a process with long uniform work. */
  compileSoon(): void;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
}
