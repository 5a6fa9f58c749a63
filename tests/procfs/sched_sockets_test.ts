import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { lastRun, parseLastRun, threadTime } from "../../src/procfs/sched.ts";
import { inetAddress, parseInet, parseUnix } from "../../src/procfs/sockets.ts";

const SCHED = (name: string) =>
  `${name} (4242, #threads: 1)
-------------------------------------------------------------------
se.exec_start                                :       4026829.034197
se.vruntime                                  :           232.056437
`;

Deno.test("parseLastRun: milliseconds, whatever the name looks like", () => {
  assertEquals(parseLastRun(SCHED("sleep")), 4026829.034197);
  assertEquals(parseLastRun(SCHED("x\nse.exec_start : 1.5")), 4026829.034197);
  assertEquals(parseLastRun(""), undefined);
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 15 }), (name) => {
    assertEquals(parseLastRun(SCHED(name)), 4026829.034197);
  }));
});

Deno.test("lastRun: of this process, if the kernel has it", () => {
  const ran = lastRun("self");
  assert(ran === undefined || ran > 0);
});

Deno.test("threadTime: of a thread of this process, if the kernel counts it", () => {
  // Deno runs tests in a thread that need not be the first one.
  const self = Number(Deno.readLinkSync("/proc/thread-self").split("/").at(-1));
  const first = threadTime(self);
  if (first !== undefined) {
    assert(first > 0);
    const end = performance.now() + 120_000;
    while (threadTime(self)! <= first) assert(performance.now() < end, "it does not grow");
  }
  assertEquals(threadTime(2 ** 30), undefined);
});

Deno.test("inetAddress: IPv4 and IPv6 as they are written", () => {
  const cases = [
    ["0100007F:1F90", "127.0.0.1:8080"],
    ["00000000:0050", "0.0.0.0:80"],
    ["00000000000000000000000000000000:0035", "[::]:53"],
    ["00000000000000000000000001000000:0035", "[::1]:53"],
    ["B80D01200000000000000000010000A0:01BB", "[2001:db8::a000:1]:443"],
    ["0000000000000000FFFF00000100007F:0016", "[::ffff:127.0.0.1]:22"],
  ];
  for (const [hex, expected] of cases) assertEquals(inetAddress(hex), expected);
});

Deno.test("parseInet: listeners only", () => {
  const line = (state: string, inode: number) =>
    `   0: 0100007F:1F90 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000 100`;
  const text = ["  sl  local_address rem_address ...", line("0A", 7), line("01", 8), ""].join("\n");
  assertEquals(parseInet(text, "tcp"), [
    { inode: "7", protocol: "tcp", address: "127.0.0.1:8080" },
  ]);
  assertEquals(parseInet(line("07", 9).replace(/^/, "head\n"), "udp6").map(({ inode }) => inode), [
    "9",
  ]);
});

Deno.test("parseUnix: what accepts connections and has a name, even an odd one", () => {
  const text = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 11 /run/a b.sock
0000000000000000: 00000003 00000000 00000000 0001 03 12 /run/client
0000000000000000: 00000002 00000000 00010000 0001 01 13 @hidden
0000000000000000: 00000002 00000000 00010000 0001 01 14
`;
  assertEquals(parseUnix(text).map(({ inode, address }) => [inode, address]), [
    ["11", "/run/a b.sock"],
    ["13", "@hidden"],
  ]);
});
