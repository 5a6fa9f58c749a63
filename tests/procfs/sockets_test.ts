import { assertEquals } from "@std/assert";
import { inetAddress, parseInet, parseUnix } from "../../src/procfs/sockets.ts";

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
