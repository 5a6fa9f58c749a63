import { O_RDONLY, PR_SET_DUMPABLE, RLIMIT_CORE, SIGKILL, SIGSEGV } from "../../libc/abi.ts";
import { openFile } from "../../libc/descriptors/files.ts";
import { libc } from "../../libc/calling/load.ts";
import { setLimit } from "../../libc/users/limits.ts";
import { resetSignal, sendSignal } from "../../libc/processes/signals.ts";
import { runtime } from "../../runtime/mod.ts";
import { type ProgramParts, rest, say } from "../program.ts";

/** No process has anything mapped here: see mmap_min_addr in proc(5). */
const NOWHERE = 16;

/** Four ways to end, and the process that causes one of them. */
export const endingsParts: ProgramParts = {
  normal: () => say("my work is done"),
  error: () => {
    say("I open a file that is not there");
    openFile("a.py", O_RDONLY);
  },
  fault: () => {
    // It must leave neither a core file nor a report.
    setLimit(RLIMIT_CORE, { soft: 0, hard: 0 });
    libc("prctl").prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    // The runtime catches it to report a crash; here the default action is wanted.
    resetSignal(SIGSEGV);
    say("I read memory that is not mine");
    runtime.copyFrom(NOWHERE, 8);
  },
  victim: async () => {
    say("I would go on for long");
    await rest(60);
  },
  killer: (pid) => {
    say(`kill -9 ${pid}`);
    sendSignal(Number(pid), SIGKILL);
  },
};
