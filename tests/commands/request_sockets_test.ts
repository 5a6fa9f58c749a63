import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/base/errors.ts";
import { parseSocket } from "../../src/commands/start/request_sockets.ts";
import { socketSetting } from "../../src/keeper/sockets/kept_socket.ts";

Deno.test("--socket: addresses, in one form", () => {
  const forms = {
    "tcp:8080": "tcp-8080=tcp:127.0.0.1:8080",
    "tcp:localhost:8080": "tcp-8080=tcp:127.0.0.1:8080",
    "tcp:*:8080": "tcp-8080=tcp:*:8080",
    "http=tcp:192.0.2.7:80": "http=tcp:192.0.2.7:80",
    "tcp:[::1]:80": "tcp-80=tcp:[::1]:80",
    "tcp:[0:0::0:1]:80": "tcp-80=tcp:[::1]:80",
    "udp:[2001:DB8::1]:53": "udp-53=udp:[2001:db8::1]:53",
    "unix:/run/web.sock": "web.sock=unix:/run/web.sock,mode=0600",
    "unix:/run/web.sock,mode=660": "web.sock=unix:/run/web.sock,mode=0660",
    "a.b@c=unix:run/a b=c": "a.b@c=unix:run/a b=c,mode=0600",
    "unix:/run/a b": "a_b=unix:/run/a b,mode=0600",
  };
  for (const [text, form] of Object.entries(forms)) {
    assertEquals(socketSetting(parseSocket(text)), form, text);
  }
});

Deno.test("--socket: what is not an address is refused", () => {
  const wrong = [
    "",
    "8080",
    "tcp",
    "tcp:",
    "tcp:0",
    "tcp:65536",
    "tcp:8080x",
    "tcp::8080",
    "tcp:a:1",
  ]
    .concat(["tcp:1.2.3:80", "tcp:1.2.3.256:80", "tcp:1.2.3.4.:80", "tcp:::1:80", "tcp:[::g]:80"])
    .concat(["tcp:[::1]", "tcp:[1.2.3.4]:80", "tcp:[fe80::1%lo]:80", "tcp: 80", "sctp:80"])
    .concat([
      "unix:",
      "unix:@web",
      "unix:/",
      "unix:/a/",
      "unix:a,mode=8",
      "unix:a,mode=07777",
      "unix:a,b",
    ])
    .concat(["a b=tcp:80", "=tcp:80", "é=tcp:80", "tcp:+80", "tcp:08080808"]);
  for (const text of wrong) assertThrows(() => parseSocket(text), UsageError, undefined, text);
});
