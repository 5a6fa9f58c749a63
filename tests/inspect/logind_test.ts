import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { killsOf, unitOf } from "../../src/inspect/logind.ts";
import { anyText } from "../base/any_text.ts";

Deno.test("KillUserProcesses, and whom it spares", () => {
  assertEquals(killsOf(["[Login]\nKillUserProcesses=yes\n"], "me"), { kills: true });
  assertEquals(killsOf(["KillUserProcesses = no"], "me"), { kills: false });
  assertEquals(killsOf(["KillUserProcesses=yes"], "root"), { kills: false });
  assertEquals(killsOf(["KillUserProcesses=yes\nKillExcludeUsers=me you"], "you"), {
    kills: false,
  });
  assertEquals(killsOf(["KillUserProcesses=yes\nKillExcludeUsers="], "root"), { kills: true });
  assertEquals(killsOf(["KillUserProcesses=yes\nKillOnlyUsers=you"], "me"), { kills: false });
  assertEquals(killsOf(["KillUserProcesses=yes\nKillOnlyUsers=me"], "me"), { kills: true });
});

Deno.test("the lists of users decide before KillUserProcesses does", () => {
  assertEquals(killsOf(["KillUserProcesses=no\nKillOnlyUsers=you me"], "me"), { kills: true });
  assertEquals(killsOf(["KillOnlyUsers=you"], "me"), { kills: false });
  assertEquals(killsOf(["KillOnlyUsers=root"], "root"), { kills: false });
  assertEquals(killsOf(["KillOnlyUsers=me\nKillExcludeUsers=me"], "me"), { kills: false });
  // Whoever names others takes root out.
  assertEquals(killsOf(["KillUserProcesses=yes\nKillExcludeUsers=me"], "root"), { kills: true });
});

Deno.test("lists grow line by line; what is not a truth value is ignored", () => {
  assertEquals(killsOf(["KillOnlyUsers=a", "KillOnlyUsers=b"], "a"), { kills: true });
  assertEquals(killsOf(["KillOnlyUsers=a", "KillOnlyUsers=\nKillOnlyUsers=b"], "a"), {
    kills: false,
  });
  assertEquals(killsOf(["KillUserProcesses=On", "KillUserProcesses=perhaps"], "me"), {
    kills: true,
  });
  assertEquals(killsOf(["KillUserProcesses="], "me"), {});
});

Deno.test("the shipped file's comments are the defaults; drop-ins win over all", () => {
  const shipped = "[Login]\n#KillUserProcesses=no\n#KillOnlyUsers=\n#KillExcludeUsers=root\n";
  assertEquals(killsOf([shipped], "me"), { kills: false });
  assertEquals(killsOf([shipped, "[Login]\nKillUserProcesses=yes"], "me"), { kills: true });
  assertEquals(killsOf(["KillUserProcesses=yes", "KillUserProcesses=no"], "me"), { kills: false });
  assertEquals(killsOf([], "me"), {});
  assertEquals(killsOf(["[Login]\n"], "me"), {});
});

Deno.test("no text is a failure", () => {
  fc.assert(fc.property(anyText(), (text) => {
    killsOf([text], "me");
    unitOf(text);
  }));
});

Deno.test("the unit that a cgroup belongs to", () => {
  assertEquals(unitOf("/user.slice/user-1000.slice/session-3.scope"), {
    of: "login",
    name: "session-3.scope",
  });
  assertEquals(unitOf("/user.slice/user-1000.slice/user@1000.service/app.slice/run-7.scope"), {
    of: "user",
    name: "run-7.scope",
  });
  assertEquals(unitOf("/system.slice/ssh.service"), { of: "system", name: "ssh.service" });
  assertEquals(unitOf("/system.slice/containerd.service/box"), {
    of: "system",
    name: "containerd.service",
  });
  assertEquals(unitOf("/docker/4242"), undefined);
  assertEquals(unitOf(null), undefined);
});
