// Certificates and credentials for NATS servers, created for a test.
import { assertEquals } from "@std/assert";
import { nkeys } from "@nats-io/transport-node";
import type { Sandbox } from "./harness.ts";
import type { NatsTls } from "./nats.ts";

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** The files of a certificate and its key. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** A CA, certificates that it has signed, and another CA. */
export interface Certificates {
  readonly ca: string;
  readonly otherCa: string;
  readonly client: CertificateFiles;
  /** For 127.0.0.1 and localhost. */
  readonly server: NatsTls;
  /** For another name. */
  readonly elsewhere: NatsTls;
}

export async function certificates(box: Sandbox): Promise<Certificates> {
  const ca = box.path("ca.pem");
  const request = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
  const script = `set -e
    authority() { ${request} -subj "/CN=$1" -keyout "$1-key.pem" -out "$1.pem" \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign; }
    signed() { ${request} -subj "/CN=$1" -keyout "$1-key.pem" -out "$1.pem" -CA ca.pem -CAkey ca-key.pem \
      -addext basicConstraints=CA:FALSE -addext "subjectAltName=$2"; }
    authority ca; authority other
    signed server IP:127.0.0.1,DNS:localhost
    signed elsewhere DNS:elsewhere.example
    signed client DNS:client.example`;
  const { code, stderr } = await box.sh(script);
  assertEquals(code, 0, stderr);
  const files = (name: string) => ({
    cert: box.path(`${name}.pem`),
    key: box.path(`${name}-key.pem`),
  });
  return {
    ca,
    otherCa: box.path("other.pem"),
    client: files("client"),
    server: { ...files("server"), ca },
    elsewhere: { ...files("elsewhere"), ca },
  };
}

/** Writes a file that only its owner can read. @returns its path */
export function secretFile(box: Sandbox, name: string, text: string): string {
  const path = box.path(name);
  Deno.writeTextFileSync(path, text, { mode: 0o600 });
  return path;
}

/** A user with an nkey: the lines of the server's configuration, and the file with the seed. */
export function nkeyUser(box: Sandbox, name = "user.nk"): { config: string; seed: string } {
  const user = nkeys.createUser();
  return {
    config: `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`,
    seed: secretFile(box, name, `${textOf(user.getSeed())}\n`),
  };
}

/**
 * A server with an operator, an account with JetStream and one of its users; and a user of an account unknown to the
 * server.
 */
export function operatorMode(
  box: Sandbox,
): { config: string; creds: string; strangeCreds: string } {
  const operator = nkeys.createOperator();
  const [account, system, strange] = [
    nkeys.createAccount(),
    nkeys.createAccount(),
    nkeys.createAccount(),
  ];
  const limits = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const unlimited = {
    subs: -1,
    data: -1,
    payload: -1,
    imports: -1,
    exports: -1,
    conn: -1,
    leaf: -1,
  };
  const accountToken = (of: KeyPair, more: object) =>
    token(of, operator, { type: "account", version: 2, limits: { ...unlimited, ...more } });
  const creds = (of: KeyPair, name: string) => {
    const user = nkeys.createUser();
    const jwt = token(user, of, { type: "user", version: 2, subs: -1, data: -1, payload: -1 });
    return secretFile(box, name, credsText(jwt, textOf(user.getSeed())));
  };
  const operatorToken = token(operator, operator, {
    ...{ type: "operator", version: 2, system_account: system.getPublicKey() },
  });
  const config = `operator: ${operatorToken}
    system_account: ${system.getPublicKey()}
    resolver: MEMORY
    resolver_preload: {
      ${account.getPublicKey()}: ${accountToken(account, limits)}
      ${system.getPublicKey()}: ${accountToken(system, {})}
    }`;
  return {
    config,
    creds: creds(account, "user.creds"),
    strangeCreds: creds(strange, "strange.creds"),
  };
}

function credsText(jwt: string, seed: string): string {
  return `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n` +
    `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;
}

/** A NATS JWT: its subject and issuer, signed with an nkey. */
function token(subject: KeyPair, issuer: KeyPair, nats: object): string {
  const claims = {
    ...{ jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000), name: "test" },
    ...{ iss: issuer.getPublicKey(), sub: subject.getPublicKey(), nats },
  };
  const head = [{ typ: "JWT", alg: "ed25519-nkey" }, claims].map((one) =>
    base64url(new TextEncoder().encode(JSON.stringify(one)))
  ).join(".");
  return `${head}.${base64url(issuer.sign(new TextEncoder().encode(head)))}`;
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll(
    "=",
    "",
  );
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
