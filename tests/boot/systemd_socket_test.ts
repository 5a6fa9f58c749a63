import { assertEquals } from "@std/assert";
import { socketUnitText } from "../../src/boot/systemd_socket.ts";
import { parseSocket } from "../../src/commands/start/request_sockets.ts";

function lines(user: string | undefined, ...words: string[]): string[] {
  return socketUnitText("web", { user, sockets: words.map(parseSocket) }).split("\n").filter((
    line,
  ) => !/^(?:\[|$|#.*exported|Description|WantedBy)/.test(line));
}

Deno.test("a socket unit: addresses in the form of systemd", () => {
  assertEquals(lines(undefined, "http=tcp:8080"), [
    "ListenStream=127.0.0.1:8080",
    "BindIPv6Only=both",
    "FileDescriptorName=http",
  ]);
  assertEquals(lines("www:web", "a=tcp:*:80", "a=udp:[::1]:53", "a=unix:/run/50%,mode=660"), [
    ...["ListenStream=80", "ListenDatagram=[::1]:53", "ListenStream=/run/50%%"],
    ...["BindIPv6Only=both", "FileDescriptorName=a", "SocketMode=0660"],
    ...["SocketUser=www", "SocketGroup=web", "RemoveOnStop=yes"],
  ]);
});

Deno.test("a socket unit: what it has one of for all is reported", () => {
  assertEquals(lines(undefined, "unix:/run/a", "unix:/run/b,mode=0666").slice(3), [
    "# names a, b: a unit has one for all; FileDescriptorName= and a unit for each",
    "SocketMode=0600",
    "# mode 0666: a unit has one for all",
    "RemoveOnStop=yes",
  ]);
});
