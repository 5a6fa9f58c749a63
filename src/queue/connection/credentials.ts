// Who imp is to the servers: from a file or the environment, never from words that ps shows.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";

/** Variables that say who imp is to a queue. Jobs do not get them. */
export const CREDENTIAL_VARIABLES = [
  "NATS_CREDS",
  "NATS_NKEY",
  "NATS_TOKEN",
  "NATS_USER",
  "NATS_PASSWORD",
] as const;

/** Where credentials are; files are named, not read. */
export type CredentialSource =
  | { readonly is: "none" }
  /** Credentials, a seed, or lines such as `NATS_TOKEN=...`; `said` is how the user named it. */
  | { readonly is: "file"; readonly path: string; readonly said: string }
  | { readonly is: "token"; readonly token: string }
  | { readonly is: "user"; readonly user: string; readonly password: string };

/** What a server is told. */
export type QueueCredentials =
  | { readonly is: "none" }
  /** A JWT and a seed, as `nsc` writes them. */
  | { readonly is: "creds"; readonly text: string }
  | { readonly is: "nkey"; readonly seed: string }
  | { readonly is: "token"; readonly token: string }
  | { readonly is: "user"; readonly user: string; readonly password: string };

/**
 * The first of: the file of `--creds`, NATS_CREDS, NATS_NKEY, NATS_TOKEN, NATS_USER with NATS_PASSWORD. A variable that is empty is not
 * set.
 * @throws ImpError where NATS_PASSWORD has no NATS_USER, or the reverse
 */
export function credentialSource(
  file: string | undefined,
  env: (name: string) => string | undefined,
): CredentialSource {
  if (file !== undefined) return { is: "file", path: file, said: `--creds ${file}` };
  for (const name of ["NATS_CREDS", "NATS_NKEY"]) {
    const path = env(name);
    if (path) return { is: "file", path, said: `${name}=${path}` };
  }
  return secretsOf(env) ?? { is: "none" };
}

/**
 * Credentials by the text of a file: what `nsc` writes, the seed of an nkey, or lines `NATS_USER=...` and `NATS_PASSWORD=...`, or
 * `NATS_TOKEN=...`.
 * @param path for messages @throws ImpError when it is none of them
 */
export function readCredentials(text: string, path: string): QueueCredentials {
  if (/-----BEGIN NATS USER JWT-----/.test(text) && SEED.test(text)) return { is: "creds", text };
  const seed = SEED.exec(text)?.[0];
  if (seed !== undefined && text.replaceAll(/^\s*#.*$/gm, "").trim() === seed) {
    return { is: "nkey", seed };
  }
  const lines = new Map(
    [...text.matchAll(/^\s*(NATS_\w+)\s*=\s*(.*?)\s*$/gm)].map(([, name, value]) => [name, value]),
  );
  const secrets = secretsOf((name) => lines.get(name));
  if (secrets) return secrets;
  throw new ImpError({
    action: "use credentials of",
    object: path,
    why: "it contains none",
    hint:
      "it must be a .creds file, an nkey seed (SU...), or lines NATS_USER=... and NATS_PASSWORD=...",
    exit: EXIT.failed,
  });
}

const SEED = /\bSU[A-Z2-7]{56}\b/;

function secretsOf(
  of: (name: string) => string | undefined,
): (QueueCredentials & { is: "token" | "user" }) | undefined {
  const token = of("NATS_TOKEN");
  if (token) return { is: "token", token };
  const user = of("NATS_USER");
  const password = of("NATS_PASSWORD");
  if (!user && !password) return undefined;
  if (user && password) return { is: "user", user, password };
  throw new ImpError({
    action: "use NATS_USER and NATS_PASSWORD",
    why: `${user ? "NATS_PASSWORD" : "NATS_USER"} is not set`,
    exit: EXIT.failed,
  });
}
