// Interprets the options about a queue.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { QueueAccess } from "../../queue/connection/access.ts";
import { parseQueueAddress, type QueueAddress } from "../../queue/connection/address.ts";
import { credentialSource } from "../../queue/connection/credentials.ts";
import { checkQueueWord } from "../../queue/names.ts";
import { runtime } from "../../runtime/mod.ts";
import type { PlaceWords } from "./access_options.ts";

/** A queue and how to reach it, as given by the options. */
export interface QueuePlace {
  readonly address: QueueAddress;
  /** The name of the queue. */
  readonly queue: string;
  readonly creds?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** @throws UsageError */
export function queuePlace({ url, queue, ...files }: PlaceWords): QueuePlace {
  return {
    address: parseQueueAddress(url),
    queue: checkQueueWord("queue", queue ?? "default"),
    ...files,
  };
}

/** Adds the environment: NATS_CREDS and others, NATS_CA, NATS_CERT, NATS_KEY. @throws ImpError */
export function queueAccess({ address, creds, ca, cert, key }: QueuePlace): QueueAccess {
  const env = (name: string) => runtime.env(name) || undefined;
  const own = cert === undefined ? { cert: env("NATS_CERT"), key: env("NATS_KEY") } : { cert, key };
  if ((own.cert === undefined) !== (own.key === undefined)) {
    throw new ImpError({
      action: "use NATS_CERT and NATS_KEY",
      why: `${own.cert === undefined ? "NATS_CERT" : "NATS_KEY"} is not set`,
      exit: EXIT.failed,
    });
  }
  return { address, credentials: credentialSource(creds, env), ca: ca ?? env("NATS_CA"), ...own };
}

/** The same place as options for another imp, without secrets. */
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
