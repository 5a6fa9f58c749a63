// The connection to a queue's servers. Loaded lazily, with the client library.
import { S_IROTH } from "../../libc/abi_files.ts";
import {
  jetstream,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
} from "@nats-io/jetstream";
import {
  connect,
  type ConnectionOptions as NatsOptions,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  type TlsOptions,
} from "@nats-io/transport-node";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { readFile } from "../../libc/descriptors/files.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import type { QueueAccess } from "./access.ts";
import { type QueueCredentials, readCredentials } from "./credentials.ts";
import { connectFailure, permissionFailure } from "./failures.ts";
import { patiently } from "./patience.ts";
import { isAtLeast, OLDEST_SERVER } from "./versions.ts";

export interface QueueConnection {
  readonly nats: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  /** Of the server connected to first. */
  readonly version: string;
  /** Bytes that a message may carry to the server connected to now. */
  readonly room: number;
  /** Sends what is pending and closes; does not wait for unresponsive servers. */
  close(): Promise<void>;
}

/** Events of a connection. */
export type ConnectionEvent =
  | { readonly is: "lost"; readonly server: string }
  | { readonly is: "back"; readonly server: string }
  /** Permanent: the servers refuse it now, or something that a queue needs. */
  | { readonly is: "over"; readonly error: ImpError };

export interface ConnectSettings {
  /** Its name on the servers: `imp worker on HOST, PID 412`. */
  readonly name: string;
  /** Reconnecting after a loss goes on forever. */
  happened?(event: ConnectionEvent): void;
  warn?(text: string): void;
}

const FIRST_ANSWER_MS = 5000;
const REQUEST_MS = 5000;
/** Two of them without an answer: the connection is dead. */
const PING_MS = 10_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;
const CLOSE_MS = 2000;
/** Bytes of a message besides what it carries: headers, and what surrounds a job and its output in its end. */
const AROUND_BYTES = 8 << 10;
/** Records of a run are not split. */
const LEAST_PAYLOAD = 64 << 10;

/**
 * Connects to one of the servers and checks for JetStream, {@link patiently}. Each server is tried once; a connection lost later is
 * reopened for as long as it takes, less and less often, at intervals that differ between clients.
 * @throws ImpError one sentence, exit status 125
 */
export async function connectQueue(
  access: QueueAccess,
  settings: ConnectSettings,
): Promise<QueueConnection> {
  const tls = tlsOptions(access);
  const wait = new ReconnectWait();
  const options: NatsOptions = {
    servers: [...access.address.servers],
    name: settings.name,
    timeout: FIRST_ANSWER_MS,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: () => wait.next(),
    pingInterval: PING_MS,
    maxPingOut: 2,
    // The system's own rules: /etc/hosts, search domains.
    resolve: false,
    noAsyncTraces: true,
    ...authentication(credentialsOf(access, settings)),
    ...(tls && { tls }),
  };
  let nats: NatsConnection;
  try {
    nats = await connect(options);
  } catch (error) {
    throw connectFailure(error, access);
  }
  void follow(nats, access, wait, settings);
  try {
    const use = () => withJetStream(nats, access);
    return await patiently(use, "use", access.address.text, settings.warn);
  } catch (error) {
    await closeWithin(nats);
    throw error;
  }
}

async function withJetStream(
  nats: NatsConnection,
  { address: { text } }: QueueAccess,
): Promise<QueueConnection> {
  const { version, max_payload } = nats.info!;
  let longest = max_payload;
  if (!isAtLeast(version, OLDEST_SERVER)) {
    throw new ImpError({
      action: "use",
      object: text,
      why: `nats-server ${version} is too old`,
      hint: `${OLDEST_SERVER} or later is needed`,
      exit: EXIT.failed,
    });
  }
  if (max_payload < LEAST_PAYLOAD) {
    throw new ImpError({
      action: "use",
      object: text,
      why: `its messages may have ${max_payload} bytes at most (max_payload)`,
      hint: `at least ${LEAST_PAYLOAD} are needed`,
      exit: EXIT.failed,
    });
  }
  const manager = await jetstreamManager(nats, { timeout: REQUEST_MS });
  const client = jetstream(nats, { timeout: REQUEST_MS });
  const close = () => closeWithin(nats);
  return {
    ...{ nats, jetstream: client, manager, version, close },
    get room() {
      // Without a connection, that of the last one.
      longest = nats.info?.max_payload ?? longest;
      return longest - AROUND_BYTES;
    },
  };
}

/** Reports events of the connection until it is closed. */
async function follow(
  nats: NatsConnection,
  access: QueueAccess,
  wait: ReconnectWait,
  { happened }: ConnectSettings,
): Promise<void> {
  void nats.closed().then((error) => {
    if (error) happened?.({ is: "over", error: connectFailure(error, access) });
  });
  let isUp = true;
  for await (const status of nats.status()) {
    const refused = status.type === "error" && permissionFailure(status.error, access);
    if (refused) happened?.({ is: "over", error: refused });
    // Connections that fail before they are usable end, too.
    if (status.type === "disconnect" && isUp) {
      isUp = false;
      happened?.({ is: "lost", server: status.server });
    }
    if (status.type === "reconnect") {
      isUp = true;
      wait.reset();
      happened?.({ is: "back", server: status.server });
    }
  }
}

async function closeWithin(nats: NatsConnection): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, CLOSE_MS));
  await Promise.race([nats.drain().catch(() => undefined), late]);
  clearTimeout(timer);
  await Promise.race([nats.close().catch(() => undefined), Promise.resolve()]);
}

/** The pause before the next attempt: growing, with a random part, so that workers do not all come back at once. */
export class ReconnectWait {
  private longest = FIRST_WAIT_MS;

  next(): number {
    const ms = this.longest * (0.5 + Math.random() / 2);
    this.longest = Math.min(LONGEST_WAIT_MS, this.longest * 2);
    return ms;
  }

  reset(): void {
    this.longest = FIRST_WAIT_MS;
  }
}

function credentialsOf(
  { credentials }: QueueAccess,
  { warn }: ConnectSettings,
): QueueCredentials {
  if (credentials.is !== "file") return credentials;
  const { path } = credentials;
  const text = new TextDecoder().decode(fileOf(path));
  const status = statPath(path);
  // Others are devices and pipes, which keep nothing for a later reader.
  const isKept = typeof status !== "string" && status.kind === "file";
  if (isKept && (status.mode & S_IROTH) !== 0) {
    warn?.(`every user can read the credentials in ${path}: chmod 600 ${path}`);
  }
  return readCredentials(text, path);
}

function authentication(credentials: QueueCredentials): Partial<NatsOptions> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  switch (credentials.is) {
    case "none":
      return {};
    case "creds":
      return { authenticator: credsAuthenticator(bytes(credentials.text)) };
    case "nkey":
      return { authenticator: nkeyAuthenticator(bytes(credentials.seed)) };
    case "token":
      return { token: credentials.token };
    case "user":
      return { user: credentials.user, pass: credentials.password };
  }
}

function tlsOptions({ address, ca, cert, key }: QueueAccess): TlsOptions | undefined {
  if (!address.tls && ca === undefined && cert === undefined) return undefined;
  const files = {
    ca: pemOf(ca, "CERTIFICATE"),
    cert: pemOf(cert, "CERTIFICATE"),
    key: pemOf(key, "PRIVATE KEY"),
  };
  return Object.fromEntries(Object.entries(files).filter(([, value]) => value !== undefined));
}

/** @throws ImpError if the file has no part of this kind, or it is encrypted */
function pemOf(path: string | undefined, kind: string): string | undefined {
  if (path === undefined) return undefined;
  const text = new TextDecoder().decode(fileOf(path));
  const isEncrypted = /^-----BEGIN ENCRYPTED |^Proc-Type: .*ENCRYPTED/m.test(text);
  if (!isEncrypted && new RegExp(`^-----BEGIN [A-Z ]*${kind}-----`, "m").test(text)) return text;
  const what = kind.toLowerCase();
  throw new ImpError({
    action: "use",
    object: path,
    why: isEncrypted ? `the ${what} in it is encrypted` : `it contains no ${what}`,
    hint: isEncrypted
      ? `imp asks for no passphrase; decrypt it: openssl pkey -in ${path}`
      : `it must have a line '-----BEGIN ${kind}-----'`,
    exit: EXIT.failed,
  });
}

function fileOf(path: string): Uint8Array {
  try {
    return readFile(path);
  } catch (error) {
    throw error instanceof ImpError ? error.with({ exit: EXIT.failed }) : error;
  }
}
