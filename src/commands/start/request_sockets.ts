// The requested sockets.
import { UsageError } from "../../base/errors.ts";
import type { Given } from "../../cli/options.ts";
import type { KeptSettings } from "../../keeper/records/kept_settings.ts";
import { type KeptSocket, MOST_SOCKETS, socketText } from "../../keeper/sockets/kept_socket.ts";
import type { StartOption } from "./options.ts";
import { parseSpan } from "./values.ts";

const FORMS =
  "write tcp:8080, tcp:HOST:PORT, tcp:[::1]:80, tcp:*:8080, udp:…, or unix:PATH[,mode=0660]";
/** The default: reachable from this machine alone. */
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_MODE = 0o600;

type GivenStart = Given<StartOption>;

/** @throws UsageError */
export function socketsFrom(values: GivenStart): Pick<KeptSettings, "sockets" | "onDemand"> {
  const sockets = values.texts("socket").map(parseSocket);
  refuseOfSockets(values, sockets);
  const idle = values.text("idle-stop");
  return {
    sockets: sockets.length === 0 ? undefined : sockets,
    onDemand: values.has("on-demand")
      ? { ...idle === undefined ? {} : { idleMs: parseSpan("idle-stop", idle) } }
      : undefined,
  };
}

/** `web=tcp:8080`, `tcp:[::1]:80`, `unix:run/web.sock,mode=0660`. @throws UsageError */
export function parseSocket(text: string): KeptSocket {
  const [, name, address] = /^(?:([^=:/]*)=)?([^]*)$/.exec(text)!;
  if (name !== undefined && !/^[\w.@-]{1,255}$/.test(name)) {
    throw new UsageError(
      `--socket ${text}: '${name}' is not a name for a socket`,
      "use letters, digits, '.', '_', '@' and '-': LISTEN_FDNAMES is separated by colons",
    );
  }
  const [, kind, rest] = /^(tcp|udp|unix):([^]*)$/.exec(address) ?? [];
  if (kind === undefined) throw new UsageError(`--socket '${text}' is not an address`, FORMS);
  if (kind === "unix") return unixSocket(text, name, rest);
  return { kind: kind as "tcp" | "udp", ...inet(text, kind, name, rest) };
}

function inet(text: string, kind: string, given: string | undefined, rest: string) {
  const [, host = DEFAULT_HOST, digits] = /^(?:(.*):)?([^:]*)$/.exec(rest) ?? [];
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > 65535) {
    throw new UsageError(`--socket ${text}: '${digits}' is not a port`, "a number from 1 to 65535");
  }
  return { name: given ?? `${kind}-${port}`, host: parseHost(text, host), port };
}

/** An address, not a name: it belongs to this machine, and must exist at each start. */
function parseHost(text: string, host: string): string {
  if (host === "*") return host;
  if (host === "localhost") return DEFAULT_HOST;
  if (/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(host)) return host;
  const inside = /^\[([\da-fA-F:.]+)\]$/.exec(host)?.[1];
  // The shortest form, so that equal addresses are recorded equally.
  if (inside !== undefined && URL.canParse(`http://[${inside}]/`)) {
    return new URL(`http://[${inside}]/`).hostname.slice(1, -1);
  }
  throw new UsageError(
    `--socket ${text}: '${host}' is not an address of this machine`,
    host.includes(":") && inside === undefined
      ? "IPv6 stands in brackets, without a zone: tcp:[::1]:80"
      : "a number as 192.0.2.7 or [::1], localhost, or * for all addresses",
  );
}

function unixSocket(text: string, given: string | undefined, rest: string): KeptSocket {
  const [path, ...more] = rest.split(",");
  let mode = DEFAULT_MODE;
  for (const word of more) {
    const octal = /^mode=(0?[0-7]{3})$/.exec(word)?.[1];
    if (octal === undefined) {
      throw new UsageError(
        `--socket ${text}: '${word}' is not known`,
        "write for example mode=0660",
      );
    }
    mode = parseInt(octal, 8);
  }
  if (path === "" || path.endsWith("/") || path.includes("\0")) {
    throw new UsageError(`--socket ${text} names no file`, "write for example unix:/run/web.sock");
  }
  if (path.startsWith("@")) {
    throw new UsageError(
      `--socket ${text}: an abstract socket, which anybody could connect to`,
      `imp opens sockets with a file: unix:/run/${path.slice(1) || "web"}.sock, or unix:./${path}`,
    );
  }
  const base = path.slice(path.lastIndexOf("/") + 1).replaceAll(/[^\w.@-]/g, "_");
  return { kind: "unix", name: given ?? base, path, mode };
}

function refuseOfSockets(values: GivenStart, sockets: readonly KeptSocket[]): void {
  if (sockets.length === 0 && values.given("on-demand")) {
    throw new UsageError(
      "--on-demand needs a --socket",
      "for example --socket tcp:8080 --on-demand",
    );
  }
  if (values.given("idle-stop") && !values.given("on-demand")) {
    throw new UsageError(
      "--idle-stop goes with --on-demand",
      "only a daemon that starts on demand can be stopped when idle",
    );
  }
  if (sockets.length === 0) return;
  if (sockets.length > MOST_SOCKETS) {
    throw new UsageError(`${sockets.length} sockets are too many`, `${MOST_SOCKETS} at most`);
  }
  const twice = sockets.map(socketText).find((one, i, all) => all.indexOf(one) < i);
  if (twice !== undefined) throw new UsageError(`--socket ${twice} is given twice`);
  for (const option of ["every", "cron", "instances"] as const) {
    if (!values.given(option)) continue;
    throw new UsageError(`--socket and --${option} cannot be used together`);
  }
  if (values.given("on-demand") && values.text("restart") === "always") {
    throw new UsageError(
      "--restart always makes --on-demand pointless",
      "on-failure (default) waits for the next connection after a successful end",
    );
  }
  for (const option of ["on-change", "on-file", "on-port", "forking"] as const) {
    if (!values.given("on-demand") || !values.given(option)) continue;
    throw new UsageError(`--on-demand and --${option} cannot be used together`);
  }
  refuseRules(values.texts("ready"), sockets);
}

/** Connections are accepted from the beginning, and a descriptor has one meaning. */
function refuseRules(rules: readonly string[], sockets: readonly KeptSocket[]): void {
  for (const rule of rules) {
    const fd = /^fd:(\d+)$/.exec(rule)?.[1];
    if (fd !== undefined && Number(fd) < 3 + sockets.length) {
      throw new UsageError(
        `--ready ${rule} is the descriptor of a --socket`,
        `sockets are 3 and on: use fd:${3 + sockets.length}`,
      );
    }
    const port = /^tcp:(?:.*:)?(\d+)$/.exec(rule)?.[1] ?? /^http:\/\/[^/]*:(\d+)/.exec(rule)?.[1];
    if (!sockets.some((one) => one.kind === "tcp" && `${one.port}` === port)) continue;
    throw new UsageError(
      `--ready ${rule} has no meaning: a --socket accepts connections from the beginning`,
      "use notify, log:REGEX, file:PATH or cmd:",
    );
  }
}
