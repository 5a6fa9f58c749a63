// How a queue is reached: shared by imp pool, imp worker and imp runs. Interpreted in place.ts, where it is used.
import { UsageError } from "../../base/errors.ts";
import type { Given, Option } from "../../cli/options.ts";

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
    summary:
      "read credentials from FILE: a .creds file, an nkey seed, or lines NATS_USER=..., NATS_TOKEN=...",
  },
  {
    group: "Queue",
    name: "tls-ca",
    aliases: ["--tlsca"],
    value: "FILE",
    summary: "CA certificates for the servers (default: the machine's)",
  },
  {
    group: "Queue",
    name: "tls-cert",
    aliases: ["--tlscert"],
    value: "FILE",
    summary: "client certificate, if the servers ask for one",
  },
  {
    group: "Queue",
    name: "tls-key",
    aliases: ["--tlskey"],
    value: "FILE",
    summary: "key of that certificate",
  },
] as const satisfies readonly Option[];

/** The options about a queue, as given. */
export interface PlaceWords {
  readonly url: string;
  readonly queue?: string;
  readonly creds?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

type PlaceOption = typeof ACCESS_OPTIONS[number] | typeof QUEUE_OPTION;

/** @param url of the servers @throws UsageError */
export function placeWords(url: string, values: Given<PlaceOption>): PlaceWords {
  const file = (name: "creds" | "tls-ca" | "tls-cert" | "tls-key") => {
    const value = values.text(name);
    if (value === "") throw new UsageError(`--${name} needs a file, and it is empty`);
    return value;
  };
  const [cert, key] = [file("tls-cert"), file("tls-key")];
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--tls-cert and --tls-key must be given together");
  }
  return { url, queue: values.text("queue"), creds: file("creds"), ca: file("tls-ca"), cert, key };
}
