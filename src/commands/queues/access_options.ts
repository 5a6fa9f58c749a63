// How a queue is reached: what imp pool, imp worker and imp runs take alike.
import { UsageError } from "../../base/errors.ts";
import type { Given, Option } from "../../cli/options.ts";
import type { QueueAccess } from "../../queue/connection/access.ts";
import { parseQueueAddress, type QueueAddress } from "../../queue/connection/address.ts";
import { credentialSource } from "../../queue/connection/credentials.ts";
import { checkQueueWord } from "../../queue/names.ts";
import { runtime } from "../../runtime/mod.ts";

export const QUEUE_OPTION = {
  group: "Queue",
  name: "queue",
  value: "NAME",
  summary: "the queue on these servers (default: default)",
} as const satisfies Option;

export const ACCESS_OPTIONS = [
  {
    group: "Queue",
    name: "creds",
    value: "FILE",
    summary: "a .creds file, an nkey's seed, or lines NATS_USER=..., NATS_TOKEN=...",
  },
  {
    group: "Queue",
    name: "tls-ca",
    aliases: ["--tlsca"],
    value: "FILE",
    summary: "certificates of the CA of the servers (default: the machine's)",
  },
  {
    group: "Queue",
    name: "tls-cert",
    aliases: ["--tlscert"],
    value: "FILE",
    summary: "this client's certificate, where servers ask for one",
  },
  {
    group: "Queue",
    name: "tls-key",
    aliases: ["--tlskey"],
    value: "FILE",
    summary: "its key",
  },
] as const satisfies readonly Option[];

/** A queue and the way to it, as the words have it. */
export interface QueuePlace {
  readonly address: QueueAddress;
  /** The name of the queue. */
  readonly queue: string;
  readonly creds?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

type PlaceOption = typeof ACCESS_OPTIONS[number] | typeof QUEUE_OPTION;

/** @param url of the servers @throws UsageError */
export function queuePlace(url: string, values: Given<PlaceOption>): QueuePlace {
  const file = (name: "creds" | "tls-ca" | "tls-cert" | "tls-key") => {
    const value = values.text(name);
    if (value === "") throw new UsageError(`--${name} needs a file, and it is empty`);
    return value;
  };
  const [cert, key] = [file("tls-cert"), file("tls-key")];
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--tls-cert and --tls-key belong together");
  }
  return {
    address: parseQueueAddress(url),
    queue: checkQueueWord("queue", values.text("queue") ?? "default"),
    ...{ creds: file("creds"), ca: file("tls-ca"), cert, key },
  };
}

/** With what the environment says: NATS_CREDS and others, NATS_CA, NATS_CERT, NATS_KEY. @throws ImpError */
export function queueAccess({ address, creds, ca, cert, key }: QueuePlace): QueueAccess {
  const env = (name: string) => runtime.env(name) || undefined;
  const own = cert === undefined ? { cert: env("NATS_CERT"), key: env("NATS_KEY") } : { cert, key };
  return { address, credentials: credentialSource(creds, env), ca: ca ?? env("NATS_CA"), ...own };
}

/** The words that say the same to another imp, and nothing secret. */
export function wordsOfPlace({ address, queue, creds, ca, cert, key }: QueuePlace): string[] {
  const option = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`--${name}=${value}`];
  return [
    `--on=${address.text}`,
    `--queue=${queue}`,
    ...option("creds", creds),
    ...option("tls-ca", ca),
    ...option("tls-cert", cert),
    ...option("tls-key", key),
  ];
}
