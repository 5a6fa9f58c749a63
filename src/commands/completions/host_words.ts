// Names of hosts, for completions: those that ssh knows.
import { readPlainFile } from "../../libc/descriptors/whole_file.ts";
import { runtime } from "../../runtime/mod.ts";
import { wordBegun } from "./typed_line.ts";

/** Each host after what stands before it in the word: `web1,` or `8/` or `root@`. */
export function hostWords(line: string): string[] {
  const lead = wordBegun(line).replace(/[^,/@]*$/, "");
  const home = runtime.env("HOME");
  if (!home) return [];
  const names = [
    ...configuredHosts(textOf(`${home}/.ssh/config`)),
    ...knownHosts(textOf(`${home}/.ssh/known_hosts`)),
  ];
  return [...new Set(names)].map((name) => lead + name);
}

/** The names after `Host` in ssh_config(5), without patterns. */
function configuredHosts(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const [, names = ""] = /^\s*host[\s=]+(.*)/i.exec(line) ?? [];
    return names.split(/\s+/).filter((name) => /^[\w.-]+$/.test(name));
  });
}

/** The names that begin the lines of a known_hosts file, sshd(8); hashed ones cannot be read. */
function knownHosts(text: string): string[] {
  return text.split("\n").flatMap((line) =>
    line.split(/\s/, 1)[0].split(",")
      .map((name) => name.replace(/^\[(.*)\](:\d+)$/, "$1$2"))
      .filter((name) => /^[\w.-]+(?::\d+)?$/.test(name))
  );
}

/** Empty if it cannot be read. */
function textOf(path: string): string {
  const bytes = readPlainFile(path);
  return bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : "";
}
