import { closePidfd, exitOf, openPidfd } from "../../src/libc/processes/pidfd.ts";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { type Heard, Witness } from "../../src/libc/descriptors/witness.ts";
import { childrenOf } from "../../src/procfs/processes.ts";
import { ownPid } from "../../src/libc/processes/process.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { SHELL, SLEEP, start, text } from "./support.ts";

const SIGKILL = 9;

const tell = (heard: readonly Heard[]) =>
  heard.map(({ pid, bytes }) => [pid, text(bytes)] as const);

test("witness: the kernel says who wrote what", () => {
  const witness = new Witness();
  const { writer } = witness;
  // The shell tells its own PID and that of its child; both write to the same descriptor.
  const script = "echo $$; (exec sh -c 'echo $$'); echo end >&2";
  const pid = start({ argv: [SHELL, "-c", script], descriptors: [[writer, 1], [writer, 2]] });
  waitFor(pid);
  const heard = tell(witness.read());
  assertEquals(heard.map(([, said]) => said.trim()), [`${pid}`, heard[1][1].trim(), "end"]);
  assertEquals(heard.map(([who]) => who), [pid, Number(heard[1][1]), pid]);
  assert(heard[1][0] !== pid);
  assertEquals(witness.read(), []);
  witness.close();
});

test("witness: large writes come whole, and nothing comes from nobody", () => {
  const witness = new Witness();
  assertEquals(witness.read(), []);
  const script = "head -c 150000 /dev/zero";
  const pid = start({ argv: [SHELL, "-c", script], descriptors: [[witness.writer, 1]] });
  witness.closeWriter();
  let size = 0;
  const deadline = performance.now() + 120_000;
  while (size < 150_000 && performance.now() < deadline) {
    for (const { bytes } of witness.read()) size += bytes.length;
  }
  assertEquals(size, 150_000);
  waitFor(pid);
  assertEquals(witness.read(), []);
  witness.close();
});

test("exit of a process that others have waited for, where the kernel keeps it", () => {
  const fd = (script: string) => {
    const pid = start({ argv: [SHELL, "-c", script] });
    return [pid, openPidfd(pid)];
  };
  const [killed, killedFd] = fd(`exec ${SLEEP} 1000`);
  assertEquals(exitOf(killedFd), undefined, "it lives");
  sendSignal(killed, SIGKILL);
  const { ending } = waitFor(killed)!;
  const kept = exitOf(killedFd);
  assert(kept === undefined || JSON.stringify(kept) === JSON.stringify(ending), `${kept}`);
  const [done, doneFd] = fd("exit 3");
  waitFor(done);
  const code = exitOf(doneFd);
  assert(code === undefined || code.how === "exit" && code.code === 3);
  assertEquals(exitOf(-1), undefined);
  for (const one of [killedFd, doneFd]) closePidfd(one);
});

test("children: those of this process, and none of nobody's", () => {
  const before = childrenOf(ownPid());
  const pid = start({ argv: [SLEEP, "1000"] });
  const listed = childrenOf(ownPid());
  sendSignal(pid, SIGKILL);
  waitFor(pid);
  assert(listed.includes(pid) && !before.includes(pid));
  assert(!childrenOf(ownPid()).includes(pid));
  assertEquals(childrenOf(pid), []);
});
