import { callersOpenFiles } from "../../daemon/prepare.ts";
import { runtime } from "../../runtime/mod.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { keeperHome, type KeptPlace, keptPlace, logDirectory } from "../../keeper/home.ts";
import { instancesOf, keptNames } from "../../keeper/kept_names.ts";
import type { KeptSettings } from "../../keeper/records/kept_settings.ts";
import { settleSettings } from "../../keeper/start/wanted_settings.ts";
import { lastingWorkingDirectory } from "../../libc/processes/process.ts";
import type { KeptStartRequest } from "./request.ts";

/** One daemon to start. */
export interface StartTarget {
  readonly place: KeptPlace;
  /** Undefined: those on record. */
  readonly settings?: KeptSettings;
}

/** The daemons that a request for one name means: one, or its instances. @throws ImpError */
export async function startTargets(
  name: string,
  { wanted, instances }: Pick<KeptStartRequest, "wanted" | "instances">,
): Promise<StartTarget[]> {
  const home = keeperHome();
  const known = instancesOf(name, keptNames(home));
  if (!wanted) {
    const names = known.length > 0 ? known : [name];
    return names.map((one) => ({ place: keptPlace(home, one) }));
  }
  const several = known.filter((one) => one !== name);
  if (instances === undefined && several.length > 0) {
    throw mixed(`'${name}' without --instances`, `${several.join(", ")} are known`, name);
  }
  if (instances !== undefined && known.includes(name)) {
    throw mixed(`instances of '${name}'`, "a single daemon of that name is known", name);
  }
  const names = instances === undefined
    ? [name]
    : Array.from({ length: instances }, (_, i) => `${name}@${i + 1}`);
  const here = lastingWorkingDirectory();
  const openFiles = runtime.raisesOpenFiles ? (await callersOpenFiles())?.soft : undefined;
  return names.map((one) => ({
    place: keptPlace(home, one),
    settings: settleSettings(wanted, one, here, logDirectory(home), openFiles),
  }));
}

function mixed(object: string, why: string, name: string): ImpError {
  const hint = `use another name, or remove what is there: imp remove ${name}`;
  return new ImpError({ action: "start", object, why, hint, exit: EXIT.no });
}
