import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/base/errors.ts";
import { parseQueueAddress } from "../../../src/queue/connection/address.ts";

Deno.test("a URL names one server or several, with ports or without", () => {
  const servers = (text: string) => parseQueueAddress(text).servers.join(" ");
  assertEquals(servers("nats://10.0.0.5"), "10.0.0.5:4222");
  assertEquals(servers("nats://a:1"), "a:1");
  assertEquals(servers("nats://a,b:5,c"), "a:5 b:5 c:4222");
  assertEquals(servers("NATS://a/"), "a:4222");
  assertEquals(servers("nats://a,nats://b"), "a:4222 b:4222");
  assertEquals(servers("nats://[::1]:4333,[fe80::1]"), "[::1]:4333 [fe80::1]:4222");
});

Deno.test("tls:// is TLS or nothing", () => {
  assertEquals(parseQueueAddress("nats://a").tls, false);
  assertEquals(parseQueueAddress("tls://a").tls, true);
  assertEquals(parseQueueAddress("tls://a").text, "tls://a:4222");
});

Deno.test("what is not the URL of a queue is refused", () => {
  for (const text of ["", "a:4222", "http://a", "nats:/a", "nats:a"]) {
    assertThrows(() => parseQueueAddress(text), UsageError, "is not the URL of a queue");
  }
  for (const text of ["nats://", "nats:///", "tls://,"]) {
    assertThrows(() => parseQueueAddress(text), UsageError, "names no server");
  }
  for (const text of ["nats://a,,b", "nats://a:0", "nats://a:65536", "nats://a:x", "nats://a b"]) {
    assertThrows(() => parseQueueAddress(text), UsageError, "is not a server");
  }
  for (
    const text of ["nats://a/queue", "nats://a?x=1", "nats://::1", "nats://a:1:2", "nats://[a"]
  ) {
    assertThrows(() => parseQueueAddress(text), UsageError, "is not a server");
  }
});

Deno.test("a password in a URL is refused, and not repeated", () => {
  for (
    const text of [
      "nats://me:s3cret@a",
      "nats://s3cret@a:4222",
      "nats://a,me:s3cret@b",
      "x://s3cret@a",
    ]
  ) {
    const error = assertThrows(() => parseQueueAddress(text), UsageError);
    assertEquals(error.message.includes("s3cret"), false, error.message);
  }
  assertMatch(
    assertThrows(() => parseQueueAddress("nats://me:s3cret@a"), UsageError).hint!,
    /--creds FILE/,
  );
});
