// imp's identity for the servers: from a file or the environment, never from arguments, which ps shows.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";

/** Variables with imp's identity for a queue. Jobs do not get them. */
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
  /** Credentials, a seed, or lines such as `NATS_TOKEN=...`; `said` is the user's name for it. */
  | { readonly is: "file"; readonly path: string; readonly said: string }
  | { readonly is: "token"; readonly token: string }
  | { readonly is: "user"; readonly user: string; readonly password: string };

/** What a server is sent. */
export type QueueCredentials =
  | { readonly is: "none" }
  /** A JWT and a seed, as written by `nsc`. */
  | { readonly is: "creds"; readonly text: string }
  | { readonly is: "nkey"; readonly seed: string }
  | { readonly is: "token"; readonly token: string }
  | { readonly is: "user"; readonly user: string; readonly password: string };

/**
 * The first of: the file of `--creds`, NATS_CREDS, NATS_NKEY, NATS_TOKEN, NATS_USER with NATS_PASSWORD. An empty
 * variable counts as unset.
 * @throws ImpError if only one of NATS_USER and NATS_PASSWORD is set
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
 * Parses the text of a credentials file: the output of `nsc`, the seed of an nkey, or lines `NATS_USER=...` and
 * `NATS_PASSWORD=...`, or `NATS_TOKEN=...`.
 * @param path for messages @throws ImpError if it is none of them
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
