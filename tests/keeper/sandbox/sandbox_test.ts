import { assertEquals } from "@std/assert";
import { type Sandbox, sandboxSteps, sandboxText } from "../../../src/keeper/sandbox/sandbox.ts";

const steps = (sandbox: Sandbox, root = false) =>
  sandboxSteps(sandbox, { root, uid: 1000, gid: 100, has: (path) => path === "/tmp" });
const names = (sandbox: Sandbox, root?: boolean) => steps(sandbox, root).map((step) => step.do);

Deno.test("sandboxSteps: a user namespace for who is not root, with itself in it", () => {
  const [unshare, ...more] = steps({ noNetwork: true });
  assertEquals(unshare, { do: "unshare", flags: 0x5000_0000 });
  assertEquals(more, [
    { do: "write-file", path: "/proc/self/setgroups", text: "deny" },
    { do: "write-file", path: "/proc/self/uid_map", text: "1000 1000 1" },
    { do: "write-file", path: "/proc/self/gid_map", text: "100 100 1" },
    { do: "loopback-up" },
  ]);
  assertEquals(names({ noNetwork: true }, true), ["unshare", "loopback-up"]);
});

Deno.test("sandboxSteps: mounts are hidden first; what is writable is a mount of its own before all else is read-only", () => {
  const sandbox = { readOnly: ["/", "/etc"], writable: ["/srv"], privateTmp: true } as const;
  assertEquals(steps(sandbox, true), [
    { do: "unshare", flags: 0x2_0000 },
    { do: "hide-mounts" },
    { do: "bind", path: "/srv" },
    { do: "bind", path: "/etc" },
    { do: "read-only", path: "/" },
    { do: "read-only", path: "/etc" },
    { do: "writable", path: "/srv" },
    { do: "memory-files", path: "/tmp", options: "mode=1777,size=10%" },
  ]);
});

Deno.test("sandboxText: in words", () => {
  assertEquals(
    sandboxText({ readOnly: ["/"], writable: ["/srv"], privateTmp: true, noNetwork: true }),
    "/ read-only but for /srv; /tmp of its own; no network",
  );
});
