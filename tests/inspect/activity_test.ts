import { assertEquals } from "@std/assert";
import { cpuUse, waitingText } from "../../src/inspect/activity.ts";
import type { OpenFile } from "../../src/procfs/fds.ts";

const PIPE: OpenFile = {
  fd: 0,
  target: "pipe:[7]",
  kind: "pipe",
  deleted: false,
  mode: "read",
  flags: [],
};
const SERVER: OpenFile = {
  ...PIPE,
  fd: 4,
  target: "socket:[9]",
  kind: "socket",
  listener: { protocol: "tcp", address: "127.0.0.1:80" },
};

Deno.test("waitingText: the call, and what it waits for as far as that is known", () => {
  const text = (waiting: Parameters<typeof waitingText>[0]) => waitingText(waiting, [PIPE, SERVER]);
  assertEquals(text({ syscall: "read", number: 0, first: 0 }), "read(2) of descriptor 0, pipe:[7]");
  assertEquals(
    text({ syscall: "accept4", number: 288, first: 4 }),
    "accept4(2) of descriptor 4, tcp 127.0.0.1:80",
  );
  assertEquals(text({ syscall: "read", first: 9 }), "read(2) of descriptor 9");
  assertEquals(text({ syscall: "wait4", first: -1 }), "wait4(2): the end of a child");
  assertEquals(text({ syscall: "statx", wchan: "rpc_wait_bit" }), "statx(2) (rpc_wait_bit)");
  assertEquals(text({ number: 999, wchan: "odd_wait" }), "system call 999 (odd_wait)");
  assertEquals(text({ wchan: "do_epoll_wait" }), "do_epoll_wait in the kernel");
  assertEquals(text({}), undefined);
});

Deno.test("cpuUse: of one processor, now only when it was looked at long enough", () => {
  const facts = { startTicks: 0, cpuMs: 0 };
  const at = (ms: number, usedMs: number) => ({ at: ms, usedMs });
  assertEquals(cpuUse(facts, at(0, 10), at(50, 35)).now, 50);
  assertEquals(cpuUse(facts, at(0, 10), at(100, 210)).now, 200);
  assertEquals(cpuUse(facts, at(0, 10), at(3, 12)).now, undefined);
  assertEquals(cpuUse(facts, at(0, 10)).now, undefined);
});
