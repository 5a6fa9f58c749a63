/**
 * The page of memory by which imp init and the machine code that it rests in tell each other what they know: a file in memory. While
 * init rests, the code alone writes to it, but for `proven`. What an older imp has written there must be understood or refused: `version`.
 */

/** Byte offsets; every word is a 32-bit integer in the byte order of the machine, where nothing else is said. */
export const REST_PAGE = {
  bytes: 4096,
  /** `IMPI` and the version of this layout. */
  magic: 0,
  version: 4,
  /** Init's own PID. */
  pid: 8,
  /** The program's PID. */
  program: 12,
  /** The same as long as it runs; 0 when it has ended. */
  running: 16,
  /** Descriptor of imp's executable, O_PATH. */
  imp: 20,
  /** Bits of {@link END_RULE}. */
  rule: 24,
  /** Options of wait4(2). */
  options: 28,
  /** PID of the imp that is to prove that it can be executed; 0 when there is none. */
  helper: 32,
  /** Not 0: it has. */
  proven: 36,
  /** So many of them have failed in a row. */
  failures: 40,
  /** Not 0: the program has ended; its wait status. */
  ended: 44,
  status: 48,
  /** The signal by which the program was stopped; 0 when it runs. */
  stopped: 52,
  /** A signal that imp has to think about; 0 for none. The si_code of the signal that was taken last. */
  signal: 56,
  code: 60,
  /**
   * What gets TERM when the program has ended: a PID, a process group, negative, or -1 for everybody. By the rule `ask` always, else when imp
   * cannot be executed. 0: nobody.
   */
  askTo: 64,
  /** An index of {@link GROUP_PLANS}. */
  plan: 68,
  /** Sets of signals, 64 bits, the lowest for signal 1: sent by processes since the program was last continued, as forwarded; */
  sent: 72,
  /** such that imp has to think about; */
  thought: 80,
  /** all that are waited for; */
  awaited: 88,
  /** SIGCHLD alone. */
  childOnly: 96,
  /** struct timespec: how long a helper may take when everything else waits for it; when to try again after a fork has failed. */
  patience: 104,
  retry: 120,
  /** A set of the exit statuses that count as success, 256 bits. */
  expected: 136,
  /** For each signal what the program gets, {@link TO_GROUP} for its group: of those that processes have sent; that the kernel has. */
  byProcess: 168,
  byKernel: 240,
  /** A signalfd(2) for `awaited`, which blocks: where waiting has no end it is read, so that /proc shows what is blocked. */
  signals: 312,
} as const;

export const REST_MAGIC = 0x49504d49;
export const REST_VERSION = 1;

/** A bit of an entry of `byProcess` and `byKernel`, beside the number of a signal; 0 in place of both drops it. */
export const TO_GROUP = 0x80;
/** From one table to the other. */
export const TABLE_BYTES = REST_PAGE.byKernel - REST_PAGE.byProcess;

/** What the machine code may decide by itself when the program has ended. Where it may not, imp does. */
export const END_RULE = {
  /** Nothing else is left: it exits. */
  alone: 1,
  /** It exits, whatever is left. */
  leave: 2,
  /** `askTo` gets TERM, and it exits. */
  ask: 4,
  /** But not when the program has died of SIGINT. */
  thinkOfInterrupt: 8,
} as const;

/** Where `plan` points to. */
export const GROUP_PLANS = ["own", "shared", "session"] as const;

/** The variable that tells the machine code the descriptor of the page; the first one of its environment. */
export const PAGE_VARIABLE = "IMP_INIT_PAGE=";
/** The command of imp that goes on where the machine code stopped: `imp init-awake DESCRIPTOR WORDS`, the words with which init was started. */
export const AWAKE_COMMAND = "init-awake";
/** What the machine code is called. */
export const REST_NAME = "imp-init";

/** What is done when imp cannot be executed. */
export const AWAKE_TRIES = {
  /** Milliseconds before the second try; twice as long each time. */
  pause: 100,
  /** So often it doubles at most. */
  doublings: 9,
  /** So often it is tried when the program has ended: for some six seconds. */
  whenEnded: 6,
  /** Seconds that a helper has while everything waits for it. */
  patience: 10,
  /** Seconds after which a fork that has failed is tried again, if nothing happens before. */
  retry: 1,
} as const;

/** The exit status of code that has no page: imp itself failed. */
export const NO_PAGE_STATUS = 125;

/** The stack of the machine code, from the word argc downwards. */
export const REST_FRAME = {
  bytes: 160,
  /** siginfo_t, or signalfd_siginfo */
  information: 0,
  /** What wait4(2) writes. */
  status: 136,
  /** The first two of the words that imp is executed with; the third takes the place of argc, and those of init follow. */
  words: 144,
} as const;
/** Where si_code is in siginfo_t, as in signalfd_siginfo. */
export const SI_CODE = 8;
