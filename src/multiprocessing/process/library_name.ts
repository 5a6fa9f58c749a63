import { runtime } from "../../runtime/mod.ts";

type Load = () => Promise<Record<string, unknown>>;

/** What programs import. No registry can serve a name with this scheme; that of the old one is a stranger's package. */
const NAME = "imp:multiprocessing", OLD_NAME = "imp";

/** Modules that are loaded from here on may import the library. @param old what they get by the old name */
export function provideLibrary(api: Load, old: Load = api): void {
  runtime.provideModule(NAME, api);
  runtime.provideModule(OLD_NAME, old);
}
