/**
 * The page of memory by which imp init and the machine code that it rests in exchange their state: a file in memory.
 * While init rests, only the code writes to it, except for `proven`. What an older imp has written must be understood
 * or refused: `version`.
 */

/** Byte offsets; words are 32-bit integers in the machine's byte order unless noted. */
export const REST_PAGE = {
  bytes: 4096,
  /** `IMPI` and the version of this layout. */
  magic: 0,
  version: 4,
  /** Init's own PID. */
  pid: 8,
  /** The program's PID. */
  program: 12,
  /** The same while it runs; 0 when it has ended. */
  running: 16,
  /** Descriptor of imp's executable, O_PATH. */
  imp: 20,
  /** Bits of {@link END_RULE}. */
  rule: 24,
  /** Options of wait4(2). */
  options: 28,
  /** PID of the imp that is proving that it can be executed; 0: none. */
  helper: 32,
  /** Not 0: it has. */
  proven: 36,
  /** How many of them have failed in a row. */
  failures: 40,
  /** Not 0: the program has ended; its wait status. */
  ended: 44,
  status: 48,
  /** The signal that stopped the program; 0 while it runs. */
  stopped: 52,
  /** A signal that needs imp's decision; 0 for none. The si_code of the last signal. */
  signal: 56,
  code: 60,
  /**
   * What gets TERM when the program has ended: a PID, a process group, negative, or -1 for everybody. With the rule
   * `ask` always, otherwise if imp cannot be executed. 0: nobody.
   */
  askTo: 64,
  /** An index of {@link GROUP_PLANS}. */
  plan: 68,
  /**
   * Sets of signals, 64 bits, the lowest for signal 1: sent by processes since the program was last continued, as
   * forwarded;
   */
  sent: 72,
  /** those that need imp's decision; */
  thought: 80,
  /** all that are awaited; */
  awaited: 88,
  /** SIGCHLD alone. */
  childOnly: 96,
  /** struct timespec: how long a helper may take while everything waits for it; when to retry after a failed fork. */
  patience: 104,
  retry: 120,
  /** A set of the exit statuses that count as success, 256 bits. */
  expected: 136,
  /**
   * For each signal, what the program gets, {@link TO_GROUP} for its group: if sent by a process; if sent by the
   * kernel.
   */
  byProcess: 168,
  byKernel: 240,
  /**
   * A blocking signalfd(2) for `awaited`: it is read when waiting has no time limit, so that /proc shows what blocks.
   */
  signals: 312,
} as const;

export const REST_MAGIC = 0x49504d49;
export const REST_VERSION = 1;

/** A flag in `byProcess` and `byKernel`, besides the signal's number; 0 drops the signal. */
export const TO_GROUP = 0x80;
/** From one table to the other. */
export const TABLE_BYTES = REST_PAGE.byKernel - REST_PAGE.byProcess;

/** What the machine code may decide by itself when the program has ended. Otherwise imp decides. */
export const END_RULE = {
  /** Nothing else is left: it exits. */
  alone: 1,
  /** It exits, whatever is left. */
  leave: 2,
  /** `askTo` gets TERM, then it exits. */
  ask: 4,
  /** But not if the program died by SIGINT. */
  thinkOfInterrupt: 8,
} as const;

/** What `plan` refers to. */
export const GROUP_PLANS = ["own", "shared", "session"] as const;

/** The variable with the page's descriptor; the first one in the machine code's environment. */
export const PAGE_VARIABLE = "IMP_INIT_PAGE=";
/**
 * The command of imp that continues where the machine code stopped: `imp init-awake DESCRIPTOR WORDS`, init's original
 * words.
 */
export const AWAKE_COMMAND = "init-awake";
/** The machine code's process name. */
export const REST_NAME = "imp-init";

/** What happens if imp cannot be executed. */
export const AWAKE_TRIES = {
  /** Milliseconds before the second try; doubled each time. */
  pause: 100,
  /** How often it is doubled at most. */
  doublings: 9,
  /** The number of tries once the program has ended: about six seconds. */
  whenEnded: 6,
  /** Seconds that a helper has while everything waits for it. */
  patience: 10,
  /** Seconds before a failed fork is retried, if nothing happens earlier. */
  retry: 1,
} as const;

/** The exit status without a page: imp itself failed. */
export const NO_PAGE_STATUS = 125;

/** The machine code's stack, from argc downwards. */
export const REST_FRAME = {
  bytes: 160,
  /** siginfo_t, or signalfd_siginfo */
  information: 0,
  /** What wait4(2) writes. */
  status: 136,
  /** The first two words for executing imp; the third takes the place of argc, followed by those of init. */
  words: 144,
} as const;
