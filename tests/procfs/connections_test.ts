import { assertEquals } from "@std/assert";
import { inetUse, readSocketUse, unixUse } from "../../src/procfs/connections.ts";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";

function row(local: string, remote: string, state: string, inode: number, queue = "00000000") {
  return `   0: ${local} ${remote} ${state} 00000000:${queue} 00:00000000 00000000     0        0 ${inode} 1 0 100\n`;
}

Deno.test("connections of TCP: who waits has no inode yet; what was closed is nobody's", () => {
  const text = HEAD + row("0100007F:1F90", "00000000:0000", "0A", 11) +
    row("0100007F:1F90", "0100007F:D431", "01", 12) +
    row("0100007F:1F90", "0100007F:D432", "08", 13) +
    row("0100007F:1F90", "0100007F:D433", "01", 0) +
    row("0100007F:1F90", "0100007F:D434", "08", 0) +
    row("0100007F:1F90", "0100007F:D435", "06", 0) +
    row("0100007F:1F90", "0100007F:D436", "04", 0) +
    row("0100007F:D431", "0100007F:1F90", "01", 14) +
    row("0200007F:1F90", "0100007F:D437", "01", 15);
  const use = { waiting: 2, open: 2, callers: ["0100007F:D433", "0100007F:D434"] };
  assertEquals(inetUse(text, { kind: "tcp", host: "127.0.0.1", port: 8080 }), use);
  assertEquals(inetUse(text, { kind: "tcp", host: "*", port: 8080 }).open, 3);
  assertEquals(inetUse(text, { kind: "tcp", host: "127.0.0.1", port: 808 }).open, 0);
});

Deno.test("datagrams that wait show by their bytes", () => {
  const text = HEAD + row("0100007F:0035", "00000000:0000", "07", 11, "00000300");
  const place = { kind: "udp", host: "127.0.0.1", port: 53 } as const;
  assertEquals(inetUse(text, place), { waiting: 1, open: 0, callers: [] });
  assertEquals(inetUse(text.replace("00000300", "00000000"), place).waiting, 0);
});

Deno.test("connections of a Unix socket have the path of who listens", () => {
  const text = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 100 /run/web.sock
0000000000000000: 00000003 00000000 00000000 0001 03 101 /run/web.sock
0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/web.sock
0000000000000000: 00000003 00000000 00000000 0001 03 102 /srv/run/web.sock
0000000000000000: 00000003 00000000 00000000 0001 03 103
`;
  assertEquals(unixUse(text, "/run/web.sock"), { waiting: 1, open: 1, callers: [] });
});

Deno.test("connections as the kernel shows them", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const place = { kind: "tcp", host: "127.0.0.1", port } as const;
  assertEquals(readSocketUse([place]), { waiting: 0, open: 0, callers: [] });
  using _client = await Deno.connect({ port });
  const { waiting, open, callers } = readSocketUse([place]);
  assertEquals([waiting + open, callers.length], [1, waiting]);
  using _server = await listener.accept();
  assertEquals(readSocketUse([place]), { waiting: 0, open: 1, callers: [] });
});
