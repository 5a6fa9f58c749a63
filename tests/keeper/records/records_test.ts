import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import {
  keptPlace,
  makeKeptPlace,
  makeOwnDirectory,
  placeOfDirectory,
} from "../../../src/keeper/home.ts";
import { instancesOf, isKeptName, keptNames } from "../../../src/keeper/kept_names.ts";
import { nextIntent } from "../../../src/keeper/records/intent.ts";
import {
  readKeptEnvironment,
  recordOf,
  writeIntent,
  writeKeptEnvironment,
  writeKeptSettings,
} from "../../../src/keeper/records/kept_records.ts";
import { takeNameLock, underNameLock } from "../../../src/keeper/records/name_lock.ts";
import {
  parseRecordText,
  readIntentRecord,
  readSettingsRecord,
  readStateRecord,
} from "../../../src/keeper/records/reading.ts";
import {
  removeLeftWorkingFiles,
  writeRecordFile,
} from "../../../src/keeper/records/record_file.ts";
import { closeFile } from "../../../src/libc/descriptors/files.ts";
import { settingsOf } from "../samples.ts";

function inPlace(body: (home: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const home = Deno.makeTempDirSync({ prefix: "imp-kept-" });
    try {
      await body(home);
    } finally {
      Deno.removeSync(home, { recursive: true });
    }
  };
}

Deno.test("a kept name is one of imp daemon -n, and may have a number behind it", () => {
  for (const name of ["web", "web@2", "_a.b-c", "9", "a".repeat(64), "web@9999"]) {
    assertEquals(isKeptName(name), true, name);
  }
  for (const name of ["", ".", "..", ".x", "-x", "a/b", "web@", "web@0", "web@2@3", "a b", "a\n"]) {
    assertEquals(isKeptName(name), false, name);
  }
  assertEquals(isKeptName("a".repeat(65)), false);
});

Deno.test(
  "the directories of a daemon are made for its user alone, and found again in order",
  inPlace((home) => {
    assertEquals(keptNames(home), []);
    for (const name of ["web@10", "web@2", "db", "web", "webs"]) {
      makeKeptPlace(keptPlace(home, name));
    }
    Deno.mkdirSync(`${home}/daemons/.tmp`);
    const names = keptNames(home);
    assertEquals(names, ["db", "web", "web@2", "web@10", "webs"]);
    assertEquals(instancesOf("web", names), ["web", "web@2", "web@10"]);
    for (const path of [`${home}/daemons`, `${home}/daemons/web`]) {
      assertEquals(Deno.statSync(path).mode! & 0o777, 0o700);
    }
    assertEquals(placeOfDirectory(`${home}/daemons/web`), keptPlace(home, "web"));
  }),
);

Deno.test(
  "a directory that is a link, that others may write to, or that others can exchange is refused",
  inPlace((home) => {
    const refused = (path: string) => (assertThrows(() => makeOwnDirectory(path)) as Error).message;
    Deno.mkdirSync(`${home}/real`);
    Deno.symlinkSync("real", `${home}/link`);
    assertStringIncludes(refused(`${home}/link`), "it is a symbolic link");
    Deno.mkdirSync(`${home}/open`);
    Deno.chmodSync(`${home}/open`, 0o777);
    assertStringIncludes(refused(`${home}/open`), "others may write to it");
    assertStringIncludes(refused(`${home}/open/inner`), "everybody may rename what is in");
    Deno.chmodSync(`${home}/open`, 0o1777);
    makeOwnDirectory(`${home}/open/inner`);
    Deno.writeTextFileSync(`${home}/file`, "");
    assertStringIncludes(refused(`${home}/file`), "it is not a directory");
    assertMatch(refused(`${home}/file/inner`), /ENOTDIR/);
  }),
);

Deno.test(
  "records come back as they were written, infinite limits and names that are not UTF-8 too",
  inPlace((home) => {
    const place = keptPlace(home, "web");
    makeKeptPlace(place);
    assertEquals(readSettingsRecord(place.directory), { is: "missing" });
    const settings = settingsOf({
      words: ["/bin/caf\udce9", "a b"],
      limits: [{ name: "core", resource: 4, limit: { soft: Infinity, hard: Infinity } }, {
        name: "nofile",
        resource: 7,
        limit: { soft: 64 },
      }],
    });
    writeKeptSettings(place, settings);
    assertEquals(recordOf(readSettingsRecord(place.directory), "it"), settings);
    assertEquals(Deno.statSync(`${place.directory}/settings.json`).mode! & 0o777, 0o600);
    const words = ["A=1", new Uint8Array([66, 61, 0xff]), "EMPTY="];
    writeKeptEnvironment(place, words);
    const encoder = new TextEncoder();
    assertEquals(readKeptEnvironment(place), [
      encoder.encode("A=1"),
      new Uint8Array([66, 61, 0xff]),
      encoder.encode("EMPTY="),
    ]);
    assertEquals([...Deno.readDirSync(place.directory)].length, 2);
  }),
);

Deno.test("every command is a new serial; only those that start are a new start", () => {
  const first = nextIntent(undefined, { wanted: "run", by: "imp start web", at: 1 });
  assertEquals([first.serial, first.startSerial], [1, 1]);
  const actor = { pid: 7, startTicks: 8 };
  const second = nextIntent(first, { wanted: "stop", by: "imp stop web", at: 2, actor });
  assertEquals([second.serial, second.startSerial, second.actor], [2, 1, actor]);
  const third = nextIntent(second, { wanted: "run", by: "imp restart web", at: 3 });
  assertEquals([third.serial, third.startSerial, third.actor], [3, 3, undefined]);
});

Deno.test("a record that is cut off anywhere is reported, and never believed", () => {
  const text = JSON.stringify(settingsOf({}));
  for (let length = 0; length < text.length; length++) {
    assertEquals(parseRecordText(text.slice(0, length), "settings").is, "damaged");
  }
  assertEquals(parseRecordText(text, "settings").is, "read");
});

Deno.test("a record of a newer imp is reported in one sentence; one with wrong fields too", () => {
  const told = (text: string) =>
    (assertThrows(
      () => recordOf(parseRecordText(text, "settings"), "the settings of 'web'"),
      ImpError,
    ) as ImpError).message;
  assertEquals(
    told('{"schema":2}'),
    "cannot read the settings of 'web': a newer imp wrote them (schema 2)",
  );
  assertStringIncludes(told('{"name":"web"}'), "it names no schema");
  assertStringIncludes(told('{"schema":1}'), "a field is missing");
  assertStringIncludes(told("[]"), "it names no schema");
  assertStringIncludes(told(""), "it is empty");
});

Deno.test(
  "a link or a FIFO in the place of a record is refused and holds nobody up",
  inPlace((home) => {
    Deno.writeTextFileSync(`${home}/other`, '{"schema":1}');
    Deno.symlinkSync("other", `${home}/link`);
    new Deno.Command("mkfifo", { args: [`${home}/fifo`] }).outputSync();
    for (const name of ["link", "fifo"]) {
      Deno.renameSync(`${home}/${name}`, `${home}/state.json`);
      assertEquals(["unreadable", "damaged"].includes(readStateRecord(home).is), true, name);
      Deno.renameSync(`${home}/state.json`, `${home}/${name}`);
    }
    // Written in its place, the link is gone and what it led to is as it was.
    writeRecordFile(`${home}/link`, { schema: 1, a: 1 });
    assertEquals(Deno.lstatSync(`${home}/link`).isFile, true);
    assertEquals(Deno.readTextFileSync(`${home}/other`), '{"schema":1}');
  }),
);

Deno.test(
  "what writers have left that were killed is removed, and what lives is not",
  inPlace((home) => {
    Deno.writeTextFileSync(`${home}/.state.json.4194999.a`, "");
    Deno.writeTextFileSync(`${home}/.state.json.1.a`, "");
    Deno.writeTextFileSync(`${home}/state.json`, "");
    removeLeftWorkingFiles(home);
    const names = [...Deno.readDirSync(home)].map(({ name }) => name).sort();
    assertEquals(names, [".state.json.1.a", "state.json"]);
  }),
);

Deno.test(
  "a record that cannot be written leaves the old one, and says what is wrong",
  inPlace((home) => {
    const place = keptPlace(home, "web");
    const intent = nextIntent(undefined, { wanted: "run", by: "imp start web", at: 1 });
    const error = assertThrows(() => writeIntent(place, intent), ImpError) as ImpError;
    assertEquals([error.errno, error.hint], ["ENOENT", "its directory does not exist"]);
    assertEquals(readIntentRecord(place.directory), { is: "missing" });
    assertEquals(readStateRecord(place.directory), { is: "missing" });
  }),
);

Deno.test(
  "one name is locked by one process at a time; who waits in vain is told who holds it",
  inPlace(async (home) => {
    const place = keptPlace(home, "web");
    makeKeptPlace(place);
    const holder = new Deno.Command("flock", {
      args: [`${place.directory}/lock`, "cat"],
      stdin: "piped",
      stdout: "null",
    }).spawn();
    try {
      const deadline = Date.now() + 60_000;
      for (let held = false; !held;) {
        try {
          closeFile(takeNameLock(place, 0));
          if (Date.now() > deadline) throw new Error("flock(1) does not lock");
          await new Promise((resolve) => setTimeout(resolve, 5));
        } catch (error) {
          if (!(error instanceof ImpError)) throw error;
          assertMatch(error.message, /held for more than 5 s by pid \d+ \((flock|cat)\)/);
          held = true;
        }
      }
      await holder.stdin.close();
      await underNameLock(place, () => {
        assertThrows(() => takeNameLock(place, 0), ImpError, "held");
      });
      closeFile(takeNameLock(place, 0));
    } finally {
      await holder.status;
    }
  }),
);
