import { assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../src/base/errors.ts";
import { findOwner } from "../../src/daemon/owner.ts";
import { skip } from "../skip.ts";

const own = { uid: Deno.uid()!, gid: Deno.gid()! };
const isRoot = own.uid === 0;

/** What id(1) says. */
function id(...args: string[]): string {
  const { stdout } = new Deno.Command("id", { args }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}

/** What getent(1) says. */
function homeOf(name: string): string {
  const { stdout } = new Deno.Command("getent", { args: ["passwd", name] }).outputSync();
  return new TextDecoder().decode(stdout).split(":")[5];
}

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
const failure = (text: string) => assertThrows(() => findOwner(text), ImpError) as ImpError;

Deno.test("oneself: by name and by number, with all groups, as id(1) tells them", () => {
  const name = id("-un");
  const groups = id("-G", name).split(" ").map(Number);
  // As in chown(1), a colon alone stands for the login group.
  for (const text of [name, String(own.uid), `${name}:`]) {
    const { uid, gid, groups: found } = findOwner(text);
    assertEquals({ uid, gid }, own);
    assertEquals(sorted(found), sorted(groups));
  }
});

Deno.test("a user or a group that does not exist is named", () => {
  for (
    const [text, message] of [
      ["no-such-user", "cannot find user 'no-such-user': no such user"],
      ["", "cannot become user '': it names no user"],
      [":0", "cannot become user ':0': it names no user"],
      [`${own.uid}:no-such-group`, "cannot find group 'no-such-group': no such group"],
      ["4294967295:0", "cannot find user '4294967295': no such user"],
      [`${own.uid}:4294967295`, "cannot find group '4294967295': no such group"],
      ["-1:0", "cannot find user '-1': no such user"],
    ]
  ) {
    const error = failure(text);
    assertEquals([error.message, error.exit], [message, 125]);
  }
});

Deno.test("a number without an entry needs a group beside it", () => {
  const error = failure("3999999999");
  assertEquals(error.hint, "give a group too: -u 3999999999:GROUP");
});

Deno.test("root may become anybody: names, numbers, numbers without an entry", ({ name }) => {
  if (!isRoot) return skip(name, "it needs root");
  const nobody = { uid: Number(id("-u", "nobody")), gid: Number(id("-g", "nobody")) };
  const { entry, ...credentials } = findOwner("nobody");
  assertEquals(credentials, { ...nobody, groups: [nobody.gid] });
  assertEquals([entry?.name, entry?.home], ["nobody", homeOf("nobody")]);
  assertEquals(findOwner("3999999999:3999999998"), {
    uid: 3_999_999_999,
    gid: 3_999_999_998,
    groups: [3_999_999_998],
    entry: undefined,
  });
  // The requested group is added to the user's own.
  const { gid, groups } = findOwner("nobody:0");
  assertEquals([gid, groups.includes(0)], [0, true]);
});

Deno.test("anybody else may only stay who they are", ({ name }) => {
  if (isRoot) return skip(name, "it needs an ordinary user");
  const error = failure("root");
  assertEquals(
    [error.message, error.exit],
    [`cannot become user root: EPERM (imp runs as uid ${own.uid})`, 125],
  );
  assertEquals(failure(`${own.uid}:0`).errno, "EPERM");
});
