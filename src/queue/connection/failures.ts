// Errors of the client library and the server as one sentence with a hint.
import { type ErrorParts, ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { ERROR_CODE } from "../server_codes.ts";
import type { QueueAccess } from "./access.ts";

/** Why the connection failed. Contains nothing secret. */
export function connectFailure(error: unknown, access: QueueAccess): ImpError {
  const { address, credentials } = access;
  const told = causes(error);
  const of = (parts: Partial<ErrorParts>) =>
    new ImpError({ action: "connect to", object: address.text, exit: EXIT.failed, ...parts }, {
      cause: error,
    });
  const code = told.map((one) => one.code).find((one) => one !== undefined) ?? "";
  const message = wordsOf(told);
  const names = told.map((one) => one.name);
  if (code === "ECONNREFUSED" || /ECONNREFUSED|connection refused/i.test(message)) {
    return of({
      errno: "ECONNREFUSED",
      why: "no server listens there",
      hint: "start one there: nats-server --jetstream",
    });
  }
  if (/^E(?:AI_|NOTFOUND)|NOTFOUND/.test(code) || /ENOTFOUND|EAI_/.test(message)) {
    return of({ why: UNKNOWN_HOST });
  }
  if (/^E[A-Z]+$/.test(code) && code !== "ECONNRESET") return of({ errno: code });
  if (names.includes("AuthorizationError") || /authori[sz]ation violation/i.test(message)) {
    return credentials.is === "none"
      ? of({
        why: "the server asks for credentials",
        hint:
          "give them by --creds FILE, NATS_CREDS, NATS_NKEY, NATS_TOKEN, or NATS_USER and NATS_PASSWORD",
      })
      : of({ why: `the server refuses ${credentialsText(access)}` });
  }
  if (/expired/i.test(message) && names.includes("UserAuthenticationExpiredError")) {
    return of({ why: `${credentialsText(access)} have expired` });
  }
  const tls = tlsFailure(code, message, access);
  if (tls) return of(tls);
  if (/timeout/i.test(message) || names.includes("TimeoutError")) {
    return of({ errno: "ETIMEDOUT", why: "no answer", hint: address.tls ? asksFor(access) : FULL });
  }
  if (/unexpected response|protocol/i.test(message)) {
    return of({ why: "the server there is not a NATS server" });
  }
  if (code === "ECONNRESET" || message === "" || /closed|reset|hang ?up/i.test(message)) {
    return of({ errno: "ECONNRESET", why: "the server has closed the connection" });
  }
  return of({ why: message });
}

const FULL = "is it a NATS server, and does it take another connection (max_connections)?";
const UNKNOWN_HOST = "no such host";

/** Servers that want a client's certificate close the connection, and give no reason. */
function asksFor({ cert }: QueueAccess): string {
  return cert === undefined
    ? "if the server asks for a client certificate: --tls-cert FILE --tls-key FILE"
    : `the server may have rejected the certificate in ${cert}`;
}

/** What is wrong with TLS, if that is the cause. */
function tlsFailure(
  code: string,
  message: string,
  access: QueueAccess,
): Partial<ErrorParts> | undefined {
  const { ca, cert, key } = access;
  if (/KEY_VALUES_MISMATCH|key values mismatch/i.test(message)) {
    return { why: `the key in ${key} does not belong to the certificate in ${cert}` };
  }
  if (/not support 'tls'/.test(message)) {
    return { why: "the server has no TLS", hint: "write nats:// for a connection without TLS" };
  }
  if (/ALTNAME/.test(code) || /altname|does not match/i.test(message)) {
    return {
      why: "the server's certificate is for a different name",
      hint: "use a name in the certificate, or have a certificate issued for this one",
    };
  }
  if (/EXPIRED/.test(code) || /certificate has expired/i.test(message)) {
    return { why: "the server's certificate has expired" };
  }
  if (/SELF_SIGNED|UNABLE_TO|ISSUER|SIGNATURE_FAILURE/.test(code) || SIGNER.test(message)) {
    return {
      why: ca === undefined
        ? "the server's certificate is signed by a CA that this machine does not know"
        : `the server's certificate is not signed by the CA in ${ca}`,
      hint: "give the CA's certificate: --tls-ca FILE, or NATS_CA",
    };
  }
  if (
    /certificate required|bad certificate|HANDSHAKE_FAILURE|handshake/i.test(`${code} ${message}`)
  ) {
    return { why: "the TLS handshake failed", hint: asksFor(access) };
  }
  if (/TLS|SSL|PEM|X509/.test(code) || /\b(?:tls|ssl|pem)\b/i.test(message)) {
    return { why: `TLS failed: ${message}` };
  }
  return undefined;
}

const SIGNER = /self.signed|unable to (?:verify|get)|unknown (?:ca|issuer)/i;

/** Which credentials were used, without their content. */
function credentialsText({ credentials }: QueueAccess): string {
  switch (credentials.is) {
    case "none":
      return "a connection without credentials";
    case "file":
      return `the credentials in ${credentials.path}`;
    case "token":
      return "the token in NATS_TOKEN";
    case "user":
      return `user ${credentials.user} with the password in NATS_PASSWORD`;
  }
}

/** What a server does not allow; undefined: it says nothing of that. */
function forbiddenIn(message: string): { act: string; subject: string } | undefined {
  const found = /permissions? violation for (publish|subscription) to "(\S+)"/i.exec(message);
  if (!found) return undefined;
  const [, kind, subject] = found;
  return { act: /publish/i.test(kind) ? "publish" : "subscribe", subject };
}

function forbiddenParts({ act, subject }: { act: string; subject: string }): Partial<ErrorParts> {
  return {
    why: `this user may not ${act} to ${subject}`,
    hint:
      "allow it imp.QUEUE.>, $JS.API.>, $JS.ACK.> and _INBOX.>, both to publish and to subscribe",
  };
}

/** A server does not allow what a queue needs; undefined: it was an answer to somebody who asked for it elsewhere. */
export function permissionFailure(error: unknown, { address }: QueueAccess): ImpError | undefined {
  const forbidden = forbiddenIn(wordsOf(causes(error)));
  if (!forbidden) return undefined;
  const { act, subject } = forbidden;
  if (act === "publish" && !/^(?:imp|\$JS)\./.test(subject)) return undefined;
  return new ImpError({
    action: "use",
    object: address.text,
    ...forbiddenParts(forbidden),
    exit: EXIT.failed,
  });
}

/**
 * A server's error about a queue, as one sentence.
 * @param action what was tried, `create`, `read` @param object on what
 */
export function queueFailure(error: unknown, action: string, object: string): ImpError {
  if (error instanceof ImpError) return error;
  const [first] = causes(error);
  const code = apiCode(error);
  const known = code === undefined ? undefined : API_FAILURES[code];
  const parts = known ?? byText(wordsOf(causes(error)));
  return new ImpError({
    action,
    object,
    why: first.message,
    ...parts,
    exit: EXIT.failed,
  }, { cause: error });
}

/** JetStream's error code; undefined if the error has none. */
export function apiCode(error: unknown): number | undefined {
  for (const { code } of causes(error)) {
    if (typeof code === "string" && /^1\d{4}$/.test(code)) return Number(code);
  }
  return undefined;
}

const NO_JETSTREAM: Partial<ErrorParts> = {
  why: "JetStream is not enabled there, for this account at least",
  hint: "start the server with --jetstream; with accounts, enable it in the account",
};

/** Whether it may pass in a moment: a cluster is electing a leader. */
export function isOfTheMoment(failure: ImpError): boolean {
  return failure.errno === "ETIMEDOUT" || failure.parts.why === NO_LEADER.why;
}

/** Whether an unreachable server may be there later: at boot it may come up, and so may the network, after imp. */
export function mayComeLater(failure: ImpError): boolean {
  return UNREACHABLE.includes(failure.errno ?? "") || failure.parts.why === UNKNOWN_HOST ||
    isOfTheMoment(failure);
}

const UNREACHABLE = ["ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENETDOWN"];

const NO_LEADER: Partial<ErrorParts> = {
  why: "the cluster has no JetStream leader: most of its servers are down",
};

const NO_ROOM_LEFT: Partial<ErrorParts> = {
  why: "the servers have no room for it",
  hint:
    "remove runs (imp runs remove), or raise max_file_store in their settings, or the account's limit",
};

const CODE = ERROR_CODE;

/** By the numbers of JetStream's API. */
const API_FAILURES: Readonly<Record<number, Partial<ErrorParts>>> = {
  [CODE.accountFull]: {
    why: "the account has no JetStream storage left",
    hint: "remove runs (imp runs remove), or have the account's limit raised",
  },
  [CODE.resourcesFull]: NO_ROOM_LEFT,
  [CODE.storageFull]: NO_ROOM_LEFT,
  [CODE.memoryFull]: { why: "the servers, or this account, may use no more memory" },
  [CODE.tooManyStreams]: {
    why: "the account may have no more streams",
    hint: "have its limit raised",
  },
  [CODE.tooManyConsumers]: {
    why: "the account may have no more consumers",
    hint: "have its limit raised",
  },
  [CODE.tooFewServers]: {
    why: "there are fewer servers with JetStream, and room for it, than replicas wanted",
  },
  [CODE.clusterUnavailable]: NO_LEADER,
  [CODE.noLeader]: NO_LEADER,
  [CODE.noJetStreamInAccount]: NO_JETSTREAM,
  [CODE.noJetStream]: NO_JETSTREAM,
  [CODE.messageTooLarge]: { why: "the message is larger than the stream takes" },
  [CODE.replicasWithoutCluster]: { why: "a single server can keep only one replica" },
  [CODE.storeFailed]: { why: "the queue is full" },
};

/** Whether the servers, or this account, may store nothing more, or not as much. */
export function isNoRoom(error: unknown): boolean {
  return NO_ROOM.includes(apiCode(error) ?? 0);
}

const NO_ROOM: readonly number[] = [
  CODE.accountFull,
  CODE.resourcesFull,
  CODE.memoryFull,
  CODE.storageFull,
  CODE.storeFailed,
];

function byText(message: string): Partial<ErrorParts> | undefined {
  if (/no responders|jetstream not enabled|503/i.test(message)) return NO_JETSTREAM;
  const forbidden = forbiddenIn(message);
  if (forbidden) return forbiddenParts(forbidden);
  if (/timeout/i.test(message)) {
    return {
      errno: "ETIMEDOUT",
      why: "no answer; is most of the cluster down, or a server's disk full?",
      hint: "if a disk is full, make room and restart that server (kill -9 if it does not end)",
    };
  }
  return undefined;
}

interface Told {
  name: string;
  message: string;
  code?: string;
}

/** Some causes repeat what they are the cause of. */
function wordsOf(told: readonly Told[]): string {
  return [...new Set(told.map(({ message }) => message))].join(": ");
}

/** An error and its causes, from the outside in. */
export function causes(error: unknown): Told[] {
  const told: Told[] = [];
  for (let one = error; one !== undefined && one !== null && told.length < 8;) {
    const { name, message, code, cause } = one as Partial<Told> & { cause?: unknown };
    told.push({
      name: name ?? "",
      message: String(message ?? one),
      code: code === undefined ? undefined : String(code),
    });
    one = cause;
  }
  return told;
}
