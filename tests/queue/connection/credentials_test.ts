import { assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import { credentialSource, readCredentials } from "../../../src/queue/connection/credentials.ts";

const SEED = `SU${"A".repeat(56)}`;
const CREDS =
  `-----BEGIN NATS USER JWT-----\ne30.e30.x\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${SEED}\n------END USER NKEY SEED------\n`;

function source(file: string | undefined, env: Record<string, string>) {
  return credentialSource(file, (name) => env[name]);
}

Deno.test("credentials come from the first place that has some", () => {
  assertEquals(source(undefined, {}), { is: "none" });
  assertEquals(source("f", { NATS_CREDS: "g" }), { is: "file", path: "f", said: "--creds f" });
  const env = {
    NATS_CREDS: "c",
    NATS_NKEY: "k",
    NATS_TOKEN: "t",
    NATS_USER: "u",
    NATS_PASSWORD: "p",
  };
  assertEquals(source(undefined, env), { is: "file", path: "c", said: "NATS_CREDS=c" });
  assertEquals(source(undefined, { ...env, NATS_CREDS: "" }), {
    ...{ is: "file", path: "k", said: "NATS_NKEY=k" },
  });
  assertEquals(source(undefined, { NATS_TOKEN: "t", NATS_USER: "u" }), { is: "token", token: "t" });
  assertEquals(source(undefined, { NATS_USER: "u", NATS_PASSWORD: "p" }), {
    ...{ is: "user", user: "u", password: "p" },
  });
});

Deno.test("half of a user is refused", () => {
  for (const [name, value] of [["NATS_USER", "u"], ["NATS_PASSWORD", "p"]]) {
    assertEquals(assertThrows(() => source(undefined, { [name]: value }), ImpError).exit, 125);
  }
});

Deno.test("a file has credentials of any kind", () => {
  assertEquals(readCredentials(CREDS, "f"), { is: "creds", text: CREDS });
  assertEquals(readCredentials(`${SEED}\n`, "f"), { is: "nkey", seed: SEED });
  assertEquals(readCredentials(`# worker\n${SEED}`, "f"), { is: "nkey", seed: SEED });
  assertEquals(readCredentials("NATS_TOKEN = t \n", "f"), { is: "token", token: "t" });
  assertEquals(readCredentials("NATS_USER=u\nNATS_PASSWORD=p=q\n", "f"), {
    ...{ is: "user", user: "u", password: "p=q" },
  });
});

Deno.test("a file without credentials is refused, and not repeated", () => {
  for (const text of ["", "s3cret", `x ${SEED}`, "NATS_URL=nats://a"]) {
    const error = assertThrows(() => readCredentials(text, "f"), ImpError, "it contains none");
    assertEquals([error.exit, error.message.includes("s3cret")], [125, false]);
  }
});
