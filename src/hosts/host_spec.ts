// Pure: the syntax of hosts (`-S`, lines of a hosts file), that of GNU parallel's sshlogins.
import { UsageError } from "../base/errors.ts";
import { splitWords } from "../base/split_words.ts";

/** A host on which jobs may run. */
export interface HostSpec {
  /** As written, without groups and cores: `{sshlogin}`, the job log's Host; `:` is this machine. */
  readonly name: string;
  /** The host's name alone: `{host}`. */
  readonly host: string;
  readonly way: HostWay;
  /** `N/`: how many cores to assume; by default it counts them itself. */
  readonly cores?: number;
  /** Its groups, besides the one with its name. */
  readonly groups: readonly string[];
}

export type HostWay =
  /** This machine. */
  | { readonly kind: "local" }
  /** A local imp process that connects further: its words. */
  | { readonly kind: "bridge"; readonly words: readonly string[] }
  /** The words of a program like ssh(1), none for the default, and the host as that program takes it. */
  | { readonly kind: "ssh"; readonly words: readonly string[]; readonly destination: string };

/** An element of `-S`, or a line of a hosts file. */
export type HostEntry =
  | { readonly kind: "host"; readonly spec: HostSpec }
  /** `@GROUP`: use only hosts of such groups. */
  | { readonly kind: "group"; readonly group: string }
  /** `..` and `-`: a hosts file. */
  | { readonly kind: "file"; readonly file: string };

const LOCAL = ":";
const HINT =
  "write HOST, USER@HOST, N/HOST for N cores, 'ssh -p 22 HOST', @GROUP/HOST, or : for this machine";
/** Never in a host's or user's name: white space, controls, shell syntax. */
const REFUSED = /[\s\p{Cc}'"`\\$;&|<>(){}[\]*?!,/]/u;
/** An IPv6 address, perhaps ending in an IPv4 one, with a port after `p`, `#` or a single dot. */
const ADDRESS =
  /^((?:.*@)?[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:]*(?:(?:\.\d+){3})?(?:%[\w.-]+)?)(?:[p#.](\d+))?$/;
const BRACKETED = /^(.*@)?\[([^\]]*)\](?::(.*))?$/;
const WITH_PORT = /^((?:.*@)?[^:#@]*)[:#]([^@]*)$/;
/** Mistaken forms of a number of cores. */
const ODD_CORES = /^(?!\d+\/)([-+]?\d*\.?\d+(?:e\d+|%)?)\//;
const MOST_PORT = 65_535;

/** A host's name in messages. */
export function hostLabel(name: string): string {
  return name === LOCAL ? "this machine" : name;
}

/** Parses `-S`: hosts separated by commas or line breaks. @throws UsageError */
export function parseHosts(text: string): HostEntry[] {
  const parts = splitHosts(text);
  if (parts.length === 0) throw refused(text, "it is empty");
  return parts.map((part) => parseHost(part));
}

/** `\,` and `,,` stand for a comma. */
function splitHosts(text: string): string[] {
  const parts = text.match(/(?:\\,|,,|[^,\n])+/g) ?? [];
  return parts.map((part) => part.replace(/\\,|,,/g, ",").trim()).filter((part) => part !== "");
}

/** Parses one host, without commas between several. @throws UsageError */
export function parseHost(text: string): HostEntry {
  if (text === ".." || text === "-") return { kind: "file", file: text };
  const [, groups, afterGroups] = /^(?:@([^/]*)(?:\/|$))?(.*)$/s.exec(text)!;
  const names = groups?.split("+") ?? [];
  if (names.includes("")) throw refused(text, "a group without a name");
  if (groups !== undefined && afterGroups === "") {
    if (names.length === 1) return { kind: "group", group: names[0] };
    throw refused(text, "groups, and no host");
  }
  // An absolute path of an ssh does not follow a number; GNU parallel writes //PATH for it.
  const [, count, login] = /^\/[^/\s]+\/\S*\s/.test(afterGroups)
    ? [, "", afterGroups]
    : /^(?:(\d*)\/)?(.*)$/s.exec(afterGroups)!;
  const odd = ODD_CORES.exec(login);
  if (odd) throw refused(text, `${odd[1]} is not a whole number of cores`);
  const cores = count ? Number(count) : undefined;
  if (cores === 0 || cores! > Number.MAX_SAFE_INTEGER) {
    throw refused(text, `${count} is not a possible number of cores`);
  }
  return { kind: "host", spec: { ...parseLogin(login.trim(), text), cores, groups: names } };
}

function parseLogin(login: string, text: string): Pick<HostSpec, "name" | "host" | "way"> {
  if (login === LOCAL) return { name: LOCAL, host: LOCAL, way: { kind: "local" } };
  const words = /\s/.test(login) ? splitWords(login) : [login];
  const [last = ""] = words.splice(-1);
  const uri = /^ssh:\/\/(.*?)\/?$/.exec(last);
  const { destination, port } = target(uri ? uri[1] : last);
  const host = destination.slice(destination.lastIndexOf("@") + 1);
  checkTarget(destination, host, text);
  if (port !== undefined && !isPort(port)) throw refused(text, `'${port}' is not a port`);
  const way = port === undefined ? words : [...(words.length > 0 ? words : ["ssh"]), "-p", port];
  return { name: login, host, way: { kind: "ssh", words: way, destination } };
}

/** Splits off the port. */
function target(word: string): { destination: string; port?: string } {
  const address = ADDRESS.exec(word);
  if (address) return { destination: address[1], port: address[2] };
  const bracketed = BRACKETED.exec(word);
  if (bracketed) return { destination: `${bracketed[1] ?? ""}${bracketed[2]}`, port: bracketed[3] };
  const named = WITH_PORT.exec(word);
  return named ? { destination: named[1], port: named[2] } : { destination: word };
}

function isPort(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) > 0 && Number(text) <= MOST_PORT;
}

function checkTarget(destination: string, host: string, text: string): void {
  if (destination === "") throw refused(text, "no host");
  const user = destination.slice(0, -host.length);
  if (/:.*@$/.test(user)) {
    throw new UsageError(
      `a password in '${text.replace(/:[^:@]*@/, ":...@")}'`,
      "imp does not use passwords: install a public key on the host (ssh-copy-id), or use ssh-agent(1)",
    );
  }
  // ssh(1) would take it for an option.
  if (destination[0] === "-" || host[0] === "-") throw refused(text, "its name begins with '-'");
  if (host === "" || user === "@") throw refused(text, host ? "no user before '@'" : "no host");
  const bad = REFUSED.exec(destination);
  if (bad) throw refused(text, `its name contains ${JSON.stringify(bad[0])}`);
}

function refused(text: string, what: string): UsageError {
  return new UsageError(`'${text}' is not a host: ${what}`, HINT);
}

/** The groups by which hosts are selected. */
export function chosenGroups(entries: readonly HostEntry[]): string[] {
  return entries.flatMap((entry) => entry.kind === "group" ? [entry.group] : []);
}

/** Whether it belongs to one of these groups, or has the name of one. */
export function isInGroup({ name, groups }: HostSpec, chosen: readonly string[]): boolean {
  return [name, ...groups].some((group) => chosen.includes(group));
}

/** The hosts of a list that are used, each once: its last entry counts. */
export function chosenHosts(entries: readonly HostEntry[]): HostSpec[] {
  const groups = chosenGroups(entries);
  const hosts = new Map<string, HostSpec>();
  for (const entry of entries) {
    if (entry.kind !== "host") continue;
    const { spec } = entry;
    const before = hosts.get(spec.name);
    const all = [...new Set([...(before?.groups ?? []), ...spec.groups])];
    hosts.set(spec.name, { ...spec, cores: spec.cores ?? before?.cores, groups: all });
  }
  if (groups.length === 0) return [...hosts.values()];
  return [...hosts.values()].filter((spec) => isInGroup(spec, groups));
}
