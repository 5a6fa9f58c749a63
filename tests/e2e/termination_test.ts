// What all code that ends trees has to know about processes: the same for every command.
import { assertEquals, assertMatch } from "@std/assert";
import { contentOf, e2e } from "./harness.ts";

/** Only its first thread ends: /proc shows state Z, and the process runs on. It hears no signal but KILL. */
const HEADLESS = `
import ctypes, os, platform, signal, threading, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
threading.Thread(target=lambda: time.sleep(300)).start()
EXIT = 93 if platform.machine() == "aarch64" else 60
open("pid", "w").write(str(os.getpid()))
ctypes.CDLL(None).syscall(EXIT, 0)
`;
const LINE = `python3 headless.py >/dev/null 2>&1 &
until grep -q "^State:.Z" /proc/$(cat pid)/status; do :; done 2>/dev/null`;

for (
  const words of [
    ["init", "--grace", "100ms", "--", "sh", "-c", LINE],
    ["with", "--stop-timeout", "100ms", "--", "sh", "-c", LINE],
    ["pool", "--term-seq", "TERM,100,KILL", "--shell", LINE, ":::", "1"],
  ]
) {
  e2e(
    `${words[0]}: a process whose first thread has ended is not a zombie, and is not left behind`,
    async (box) => {
      Deno.writeTextFileSync(box.path("headless.py"), HEADLESS);
      const { code } = await box.imp(words);
      assertEquals(code, 0);
      // The process that adopted it may be slow to reap it.
      const status = `/proc/${Deno.readTextFileSync(box.path("pid"))}/status`;
      assertMatch(contentOf(status) || "Threads: 1", /^Threads:\s1$/m);
    },
    ["python3"],
  );
}

/** @returns nothing when there is no such file, or its process is gone while it is read */
