import { assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../src/base/errors.ts";
import { makeRuntimeDirectory, runtimeDirectory } from "../../src/daemon/runtime_directory.ts";

const NAMES = ["IMP_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME"];

/** Calls with only these of the variables set. */
function under(set: Record<string, string>, body: () => void): void {
  const before = NAMES.map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const name of NAMES) Deno.env.delete(name);
    for (const [name, value] of Object.entries(set)) Deno.env.set(name, value);
    body();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

Deno.test("imp's directory: IMP_HOME before everything", () => {
  under({ IMP_HOME: "/srv/imp", XDG_RUNTIME_DIR: "/run/user/1", HOME: "/home/a" }, () => {
    assertEquals(runtimeDirectory(), "/srv/imp");
  });
});

if (Deno.uid() === 0) {
  Deno.test("imp's directory: root's is in /run, whatever a session says", () => {
    under({ XDG_RUNTIME_DIR: "/run/user/1", HOME: "/root", IMP_HOME: "" }, () => {
      assertEquals(runtimeDirectory(), "/run/imp");
    });
  });
} else {
  Deno.test("imp's directory: a user's is in the session's, else below the state, else home", () => {
    const home = { HOME: "/home/a" };
    // A relative path must be ignored.
    under({ ...home, XDG_RUNTIME_DIR: "run", XDG_STATE_HOME: "state" }, () => {
      assertEquals(runtimeDirectory(), "/home/a/.local/state/imp/run");
    });
    const state = { ...home, XDG_STATE_HOME: "/home/a/state" };
    under({ ...state, XDG_RUNTIME_DIR: "/run/user/1" }, () => {
      assertEquals(runtimeDirectory(), "/run/user/1/imp");
    });
    under(state, () => assertEquals(runtimeDirectory(), "/home/a/state/imp/run"));
    under(home, () => assertEquals(runtimeDirectory(), "/home/a/.local/state/imp/run"));
    under({}, () => {
      const error = assertThrows(runtimeDirectory, ImpError) as ImpError;
      assertEquals([error.exit, error.hint], [
        125,
        "set IMP_HOME; imp daemon also takes the file itself: -p PIDFILE",
      ]);
    });
  });
}

Deno.test("imp's directory is made with its parents, for its user only, and once", () => {
  const at = Deno.makeTempDirSync({ prefix: "imp-runtime-" });
  try {
    makeRuntimeDirectory(`${at}/a/b`);
    makeRuntimeDirectory(`${at}/a/b`);
    for (const path of ["a", "a/b"]) {
      assertEquals(Deno.statSync(`${at}/${path}`).mode! & 0o7777, 0o700, path);
    }
    Deno.writeTextFileSync(`${at}/file`, "");
    const error = assertThrows(() => makeRuntimeDirectory(`${at}/file/b`), ImpError) as ImpError;
    assertEquals([error.errno, error.exit], ["ENOTDIR", 125]);
  } finally {
    Deno.removeSync(at, { recursive: true });
  }
});

Deno.test("imp's directory must not be another user's", () => {
  const at = Deno.makeTempDirSync({ prefix: "imp-runtime-" });
  try {
    Deno.mkdirSync(`${at}/own`);
    makeRuntimeDirectory(`${at}/own`);
    if (Deno.uid() !== 0) return;
    Deno.chownSync(`${at}/own`, 65_534, 65_534);
    const { message, exit } = assertThrows(() => makeRuntimeDirectory(`${at}/own`)) as ImpError;
    const why = "it belongs to user 65534, who could exchange the files in it";
    assertEquals([message, exit], [`cannot use directory ${at}/own: ${why}`, 125]);
  } finally {
    Deno.removeSync(at, { recursive: true });
  }
});
