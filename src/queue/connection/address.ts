// The servers of a queue, as written after --on.
import { UsageError } from "../../base/errors.ts";

/** Servers of one cluster, or a single one. */
export interface QueueAddress {
  /** `host:port` of each, as given. */
  readonly servers: readonly string[];
  /** Require TLS: `tls://`. Otherwise it is used if the server wants it. */
  readonly tls: boolean;
  /** All of it as one URL, for messages. */
  readonly text: string;
}

const WRITE = "write for example nats://10.0.0.5:4222 or nats://a,b,c:4222";
const NO_PATH = "write the URL without a path; the name of the queue is an option: --queue NAME";
const DEFAULT_PORT = 4222;
const MOST_SERVERS = 64;

/**
 * Parses `nats://host:port,host:port` or `tls://…`. A missing port is that of the next server with one, else 4222.
 * @throws UsageError if it names no server, or contains a password: everybody would see it in ps
 */
export function parseQueueAddress(text: string): QueueAddress {
  const found = /^(nats|tls):\/\/(.*)$/is.exec(text);
  if (!found) throw new UsageError(`'${withoutSecrets(text)}' is not the URL of a queue`, WRITE);
  const [, scheme, rest] = found;
  const words = rest.replace(/\/$/, "").split(",").map((word) =>
    // The scheme may be repeated for each server, as other clients allow.
    word.replace(new RegExp(`^${scheme}://`, "i"), "")
  );
  if (words.some((word) => word.includes("@"))) {
    throw new UsageError(
      `the URL '${withoutSecrets(text)}' contains credentials, which ps shows to every user`,
      "put them in a file (--creds FILE), or in NATS_USER and NATS_PASSWORD, or in NATS_TOKEN",
    );
  }
  if (words.every((word) => word === "")) {
    throw new UsageError(`'${text}' names no server`, WRITE);
  }
  if (words.length > MOST_SERVERS) {
    throw new UsageError(`'${scheme}://...' names more than ${MOST_SERVERS} servers`);
  }
  const servers = withPorts(words.map((word) => hostAndPort(word, text)));
  const tls = scheme.toLowerCase() === "tls";
  return { servers, tls, text: `${tls ? "tls" : "nats"}://${servers.join(",")}` };
}

interface HostAndPort {
  readonly host: string;
  readonly port?: number;
}

function hostAndPort(word: string, url: string): HostAndPort {
  const found = /^(\[[0-9a-f:.]+\]|[^\s:/?#\[\]\\]+)(?::(\d{1,5}))?$/i.exec(word);
  const port = found?.[2] === undefined ? undefined : Number(found[2]);
  if (found && (port === undefined || port > 0 && port < 65_536)) return { host: found[1], port };
  const what = word === "" ? "an empty name" : `'${word}'`;
  throw new UsageError(`${what} in '${url}' is not a server`, word.includes("/") ? NO_PATH : WRITE);
}

function withPorts(parts: readonly HostAndPort[]): string[] {
  let port = DEFAULT_PORT;
  const backwards = parts.toReversed().map((part) => {
    port = part.port ?? port;
    return `${part.host}:${port}`;
  });
  return backwards.reverse();
}

function withoutSecrets(text: string): string {
  return text.replace(/[^/,]*@/g, "...@");
}
