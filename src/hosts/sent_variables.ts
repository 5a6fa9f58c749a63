import type { Bytes } from "../libc/processes/spawn.ts";
import { textFromBytes } from "../base/byte_text.ts";

/** `--env _`: all variables except those that describe the user or place. */
const ALL = "_";
const OF_A_PLACE: ReadonlySet<string> = new Set([
  ...["HOME", "LOGNAME", "MAIL", "SHELL", "USER", "HOST", "HOSTNAME", "PATH", "PWD", "OLDPWD"],
  ...["DISPLAY", "SHLVL", "TERM", "TMPDIR", "TMP", "TEMP", "WINDOWID", "_"],
]);
const FAMILIES_OF_A_PLACE = ["SSH_", "XDG_", "DBUS_", "SYSTEMD_", "IMP_", "PARALLEL_", "LD_"];
/** imp recognises its own processes by these: each machine has its own. */
const OWN = /^IMP_[A-Z]+_ID$/;

/** Words `K=V` to send to hosts, and names without a variable. */
export interface SentVariables {
  readonly words: readonly string[];
  readonly missing: readonly string[];
}

/**
 * The variables named by `--env`: by name, including functions exported by bash, or `_` for all.
 * @param environment words `K=V`
 */
export function sentVariables(
  names: readonly string[],
  environment: readonly Bytes[],
): SentVariables {
  const all = new Map<string, string>();
  for (const word of environment) {
    const text = typeof word === "string" ? word : textFromBytes(word);
    const end = text.indexOf("=");
    if (end > 0 && !OWN.test(text.slice(0, end))) all.set(text.slice(0, end), text);
  }
  const words = new Map<string, string>();
  const missing: string[] = [];
  for (const name of names) {
    const found = name === ALL
      ? [...all.keys()].filter((one) => !isOfAPlace(one))
      : [name, `BASH_FUNC_${name}%%`].filter((one) => all.has(one));
    for (const one of found) words.set(one, all.get(one)!);
    if (found.length === 0 && name !== ALL) missing.push(name);
  }
  return { words: [...words.values()], missing };
}

function isOfAPlace(name: string): boolean {
  return OF_A_PLACE.has(name) || FAMILIES_OF_A_PLACE.some((family) => name.startsWith(family));
}
