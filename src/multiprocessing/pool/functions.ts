import type { KnownFunction } from "./worker.ts";
import { referenceTo, type Target, type TargetReference } from "../process/target.ts";

/** The functions that a pool has been given, numbered: looked up once, however many tasks call them. */
export class PoolFunctions {
  #byTarget = new Map<Target, KnownFunction>();
  #byPlace = new Map<string, KnownFunction>();

  /** @throws TypeError, ImpError: as {@link referenceTo} */
  find(target: Target): KnownFunction {
    const found = this.#byTarget.get(target);
    if (found) return found;
    const fn = this.#known(referenceTo(target));
    // A relative path means another file to another module, and an object can change.
    if (typeof target === "function") this.#byTarget.set(target, fn);
    return fn;
  }

  #known(reference: TargetReference): KnownFunction {
    const { module, name = "", text = "" } = reference;
    const place = `${module}#${name}#${text}`;
    let fn = this.#byPlace.get(place);
    if (!fn) this.#byPlace.set(place, fn = { id: this.#byPlace.size, reference });
    return fn;
  }
}
