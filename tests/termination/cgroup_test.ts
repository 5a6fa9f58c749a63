import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  cgroupForKept,
  cgroupMembers,
  joinCgroup,
  keptCgroupName,
} from "../../src/termination/cgroup.ts";

const TOP = "/sys/fs/cgroup";

function placeFor(
  own: string,
  { systemd = true, delegated = [] as string[], given = [] as string[], writable = true } = {},
) {
  const among = (list: string[]) => (directory: string) =>
    list.includes(directory.slice(TOP.length));
  const place = cgroupForKept({
    ...{ own: `${TOP}${own}`, top: TOP, systemd, isDelegated: among(delegated) },
    ...{ isGiven: among(given), isWritable: () => writable },
  });
  return place?.slice(TOP.length);
}

Deno.test("groups for kept daemons: where systemd manages the hierarchy, in delegated units alone", () => {
  const unit = "/system.slice/app.service";
  assertEquals(placeFor(""), undefined);
  assertEquals(placeFor(unit), undefined);
  assertEquals(placeFor("/user.slice/user-0.slice/session-3.scope"), undefined);
  assertEquals(placeFor(unit, { delegated: [unit] }), unit);
  // DelegateSubgroup=
  assertEquals(placeFor(`${unit}/main`, { delegated: [unit] }), unit);
  assertEquals(placeFor(`${unit}/a/b`, { delegated: [unit] }), undefined);
});

Deno.test("groups for kept daemons: never in what a manager has for itself", () => {
  const manager = "/user.slice/user-7.slice/user@7.service";
  assertEquals(placeFor(`${manager}/init.scope`, { delegated: [manager] }), undefined);
  assertEquals(placeFor(manager, { delegated: [manager] }), undefined);
  const app = `${manager}/app.slice/web.service`;
  assertEquals(placeFor(app, { delegated: [manager, app] }), app);
  // The root of a container whose PID 1 is systemd.
  assertEquals(placeFor("/init.scope", { delegated: [""] }), undefined);
});

Deno.test("groups for kept daemons: without systemd at the top, for who is there", () => {
  assertEquals(placeFor("", { systemd: false }), "");
  // The process that made that group may remove it.
  assertEquals(placeFor("/openrc.web", { systemd: false }), undefined);
  assertEquals(placeFor("/docker/1", { systemd: false, delegated: ["/docker/1"] }), "/docker/1");
  assertEquals(placeFor("/../x", { systemd: false }), undefined);
});

Deno.test("groups for kept daemons: without systemd in what root has given to a user", () => {
  const rest = { systemd: false, writable: false };
  assertEquals(placeFor("", rest), undefined);
  assertEquals(placeFor("/me/main", { ...rest, given: ["/me", "/me/main"] }), "/me");
  assertEquals(placeFor("/me", { ...rest, given: ["/me"] }), "/me");
  assertEquals(placeFor("/a/me", { ...rest, given: ["/a/me"] }), "/a/me");
  assertEquals(placeFor("/me/a/b", { ...rest, given: ["/me"] }), undefined);
  // There everything below a user's manager belongs to the user, and is that manager's.
  const scope = "/user.slice/user-7.slice/user@7.service/app.slice/x.scope";
  assertEquals(placeFor(scope, { given: [scope] }), undefined);
});

Deno.test("groups for kept daemons: from within one, beside it", () => {
  const inside = `/${keptCgroupName("sshd", "/d")}`;
  assertEquals(placeFor(inside, { systemd: false }), "");
  const unit = "/system.slice/app.service";
  assertEquals(placeFor(`${unit}${inside}`, { delegated: [unit] }), unit);
});

Deno.test("groups for kept daemons: one name for each directory", () => {
  const name = keptCgroupName("web@2", "/var/lib/imp/daemons/web@2");
  assertMatch(name, /^imp-kept-web@2-[0-9a-f]{8}$/);
  assertEquals(keptCgroupName("web@2", "/var/lib/imp/daemons/web@2"), name);
  assertNotEquals(keptCgroupName("web@2", "/home/x/.local/state/imp/daemons/web@2"), name);
});

Deno.test("groups: members, those of groups below included, and strangers to this PID namespace left out", () => {
  const root = Deno.makeTempDirSync({ prefix: "imp-cgroup-" });
  try {
    Deno.mkdirSync(`${root}/a/b`, { recursive: true });
    Deno.writeTextFileSync(`${root}/cgroup.procs`, "12\n0\n0\n7\n");
    Deno.writeTextFileSync(`${root}/a/cgroup.procs`, "");
    Deno.writeTextFileSync(`${root}/a/b/cgroup.procs`, "3\n");
    assertEquals(cgroupMembers(root), [12, 7, 3]);
    assertEquals(cgroupMembers(`${root}/none`), []);
    assert(!joinCgroup(`${root}/none/x`, 1));
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});
