import { assertEquals } from "@std/assert";
import { type BootFacts, ciVariable, judgeBoot } from "../../src/boot/boot_notes.ts";
import { chooseBootKind, parseBootKind } from "../../src/boot/boot_place.ts";
import { assertThrows } from "@std/assert";
import { ImpError, UsageError } from "../../src/base/errors.ts";

const GOOD: BootFacts = {
  kind: "systemd",
  uid: 1000,
  systemd: true,
  home: "/home/u/.local/state/imp",
  imp: "/usr/bin/imp",
  logout: { systemd: true, kills: false, lingers: true },
  cronRuns: false,
  limited: [],
  mounts: [
    { device: "8:1", root: "/", point: "/", type: "ext4" },
    { device: "0:30", root: "/", point: "/tmp", type: "tmpfs" },
  ],
};

const notesOf = (given: Partial<BootFacts>) =>
  judgeBoot({ ...GOOD, ...given }).map(({ note }) => note);

Deno.test("what stands in the way of a start at boot", () => {
  assertEquals(notesOf({}), []);
  const leaves = { systemd: true, kills: true, lingers: false };
  assertEquals(notesOf({ logout: leaves }), ["linger"]);
  assertEquals(notesOf({ logout: leaves, uid: 0 }), []);
  assertEquals(notesOf({ systemd: false }), ["no-systemd"]);
  assertEquals(notesOf({ kind: "crontab" }), ["no-cron"]);
  assertEquals(notesOf({ kind: "crontab", cronRuns: true, logout: leaves }), ["logout"]);
  assertEquals(notesOf({ ci: "CI" }), ["ci"]);
  assertEquals(notesOf({ limited: ["web"], version: 252 }), ["limits"]);
  assertEquals(notesOf({ limited: ["web"], version: 254 }), []);
  assertEquals(notesOf({ limited: ["web"], kind: "crontab", cronRuns: true }), ["limits"]);
  assertEquals(notesOf({ home: "/tmp/x" }), ["volatile"]);
  assertEquals(notesOf({ home: "/tmpx", imp: "/tmp/imp" }), ["volatile"]);
});

Deno.test("continuous integration is known by its variables", () => {
  const env = (given: Record<string, string>) => (name: string) => given[name];
  assertEquals(ciVariable(env({})), undefined);
  assertEquals(ciVariable(env({ CI: "false" })), undefined);
  assertEquals(ciVariable(env({ CI: "true", GITLAB_CI: "true" })), "GITLAB_CI");
});

Deno.test("the kind of a boot: as asked for, else what the machine has", () => {
  assertEquals(
    chooseBootKind({ systemd: true, crontab: "/usr/bin/crontab" }, undefined),
    "systemd",
  );
  assertEquals(
    chooseBootKind({ systemd: false, crontab: "/usr/bin/crontab" }, undefined),
    "crontab",
  );
  assertEquals(chooseBootKind({ systemd: false }, "systemd"), "systemd");
  assertThrows(() => chooseBootKind({ systemd: false }, undefined), ImpError, "crontab(1)");
  assertThrows(() => parseBootKind("upstart"), UsageError);
});
