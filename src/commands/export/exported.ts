// Pure: what is exported as one.
import { instancesOf } from "../../keeper/kept_names.ts";
import { baseOf } from "../../keeper/selection.ts";

export interface Exported {
  /** Whose records are read. */
  readonly name: string;
  /** Other instances of the same name, for which it stands too. */
  readonly others: readonly string[];
  /** How many instances there are then. */
  readonly instances?: number;
}

export function exported(name: string): Exported {
  return { name, others: [] };
}

/** imp.toml and a command of imp start have one place for all instances of a name. @param all names that are known */
export function byBaseName(names: readonly string[], all: readonly string[]): Exported[] {
  const bases = new Set<string>();
  return names.flatMap((name): Exported[] => {
    const base = baseOf(name);
    if (base === name) return [exported(name)];
    if (bases.has(base)) return [];
    bases.add(base);
    const instances = instancesOf(base, all).filter((one) => one !== base);
    const numbers = instances.map((one) => Number(one.slice(base.length + 1)));
    const others = instances.filter((one) => one !== name);
    return [{ name, others, instances: Math.max(...numbers) }];
  });
}
