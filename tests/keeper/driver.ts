// Starts a kept daemon with given settings, for trying the core alone: deno run -A tests/keeper/driver.ts HOME NAME SETTINGS [IMP]
import { keptPlace, makeKeptPlace } from "../../src/keeper/home.ts";
import { raiseKeeper } from "../../src/keeper/raise.ts";
import { nextIntent } from "../../src/keeper/records/intent.ts";
import { writeIntent, writeKeptEnvironment, writeKeptSettings } from "../../src/keeper/records/kept_records.ts";
import { rawEnvironment } from "../../src/libc/processes/process_image.ts";
import { settingsOf } from "./samples.ts";
const [home, name, changes, imp] = Deno.args;
const place = keptPlace(home, name);
makeKeptPlace(place);
writeKeptSettings(place, settingsOf({ name, ...JSON.parse(changes) }));
writeKeptEnvironment(place, rawEnvironment());
writeIntent(place, nextIntent(undefined, { wanted: "run", by: `imp start ${name}`, at: Date.now() }));
console.log(JSON.stringify(raiseKeeper(place, { words: [imp, "keeper-turn", place.directory] })));
