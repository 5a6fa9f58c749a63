import { assertEquals, assertMatch } from "@std/assert";
import type { QueueAccess } from "../../../src/queue/connection/access.ts";
import { parseQueueAddress } from "../../../src/queue/connection/address.ts";
import { connectFailure, queueFailure } from "../../../src/queue/connection/failures.ts";

const ACCESS: QueueAccess = {
  address: parseQueueAddress("nats://a"),
  credentials: { is: "user", user: "me", password: "s3cret" },
};

function failed(message: string, code?: string, name = "Error"): Error {
  const cause = Object.assign(new Error(message), { code, name });
  return Object.assign(new Error("outer"), { cause });
}

Deno.test("why there is no connection", () => {
  const why = (error: unknown, access = ACCESS) => connectFailure(error, access).message;
  assertMatch(why(failed("connection refused", "ECONNREFUSED")), /nats:\/\/a:4222: ECONNREFUSED/);
  assertMatch(why(failed("getaddrinfo ENOTFOUND a", "ENOTFOUND")), /no such host/);
  assertMatch(why(failed("Authorization Violation", undefined, "AuthorizationError")), /user me/);
  const anonymous = { ...ACCESS, credentials: { is: "none" } as const };
  assertMatch(
    why(failed("Authorization Violation", undefined, "AuthorizationError"), anonymous),
    /asks for credentials/,
  );
  assertMatch(why(failed("x", "SELF_SIGNED_CERT_IN_CHAIN")), /CA that this machine does not know/);
  assertMatch(
    why(failed("x", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"), { ...ACCESS, ca: "ca.pem" }),
    /not signed by the CA in ca\.pem/,
  );
  assertMatch(why(failed("x", "ERR_TLS_CERT_ALTNAME_INVALID")), /for a different name/);
  assertMatch(why(failed("timeout", undefined, "TimeoutError")), /ETIMEDOUT/);
  assertMatch(why(failed("unexpected response from server")), /not a NATS server/);
});

Deno.test("no failure repeats a password, and all have status 125", () => {
  for (const message of ["Authorization Violation", "timeout", "anything", ""]) {
    const error = connectFailure(failed(message), ACCESS);
    assertEquals([error.exit, error.message.includes("s3cret")], [125, false]);
  }
});

Deno.test("what JetStream says, by its numbers", () => {
  const why = (code: number | string) =>
    queueFailure(failed("said", String(code)), "create", "queue q").message;
  assertEquals(why(10077), "cannot create queue q: the queue is full");
  assertMatch(why(10047), /no room/);
  assertMatch(why(10026), /may have no more consumers/);
  assertMatch(why(10039), /JetStream is not enabled/);
  assertEquals(why(10999), "cannot create queue q: outer");
});
