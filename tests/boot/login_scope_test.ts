import { assertEquals } from "@std/assert";
import { judgeLogin, scopeCall } from "../../src/boot/login_scope.ts";
import { unitOf } from "../../src/inspect/logind.ts";

const LOGIN = unitOf("/user.slice/user-1000.slice/session-3.scope");
const USER = unitOf("/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope");
const SYSTEM = unitOf("/system.slice/web.service");

Deno.test("a login: what would be killed at logout is reported or moved, what is not is left alone", () => {
  const fate = (unit: typeof LOGIN, kills: boolean | undefined, lingers: boolean, uid = 1000) =>
    judgeLogin(unit, { systemd: true, kills, lingers }, uid).is;
  assertEquals(fate(LOGIN, false, false), "safe");
  assertEquals(fate(LOGIN, undefined, false), "safe");
  assertEquals(fate(LOGIN, true, false), "killed");
  // A login ends for users who linger too.
  assertEquals(fate(LOGIN, true, true), "to be moved");
  assertEquals(fate(LOGIN, true, false, 0), "to be moved");
  assertEquals(fate(USER, true, true), "safe");
  assertEquals(fate(USER, false, false), "killed");
  assertEquals(fate(USER, true, false, 0), "safe");
  assertEquals(fate(SYSTEM, true, false), "safe");
  assertEquals(fate(undefined, true, false), "safe");
  assertEquals(judgeLogin(LOGIN, { systemd: false, kills: true, lingers: false }, 1000).is, "safe");
});

Deno.test("a scope is asked for of the manager that is meant", () => {
  assertEquals(scopeCall("busctl", 0, 7, "x").slice(0, 4), [
    "busctl",
    "--quiet",
    "call",
    "org.freedesktop.systemd1",
  ]);
  assertEquals(scopeCall("busctl", 5, 7, "x")[1], "--user");
  assertEquals(scopeCall("busctl", 0, 7, "x").join(" ").includes("imp-x.scope fail 4 "), true);
});
