import { libc } from "../../src/libc/calling/load.ts";
import { groupByName, groupsOf, userById, userByName } from "../../src/libc/users/users.ts";
import { assertEquals, test } from "./harness.ts";
import { output } from "./support.ts";

/** Entries of a database, as getent(1) shows them. */
async function entries(database: string, key?: string): Promise<string[][]> {
  const text = await output("getent", database, ...key === undefined ? [] : [key]);
  return text.trim().split("\n").map((line) => line.split(":"));
}

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

test("users: every entry of the database is found by name and by number", async () => {
  const all = await entries("passwd");
  for (const [name, , uid, gid, , home, shell] of all) {
    const user = { name, uid: Number(uid), gid: Number(gid), home, shell };
    assertEquals(userByName(name), user);
    // Several names may share a number: then the first one is its name.
    const [first] = all.filter((entry) => entry[2] === uid);
    assertEquals(userById(Number(uid))?.name, first[0]);
  }
});

test("users: root is there, and who is not there is undefined", () => {
  assertEquals([userByName("root")?.uid, userById(0)?.gid], [0, 0]);
  for (const name of ["", "no-such-user", "root:", "größe", "x".repeat(1000)]) {
    assertEquals(userByName(name), undefined, name);
  }
  assertEquals(userById(3_999_999_999), undefined);
});

test("users: every group is found by name", async () => {
  for (const [name, , gid] of await entries("group")) assertEquals(groupByName(name), Number(gid));
  assertEquals(groupByName("root"), 0);
  for (const name of ["", "no-such-group"]) assertEquals(groupByName(name), undefined);
});

test("users: the groups of a user are those of id -G", async () => {
  const own = userById(libc("getuid").getuid())!;
  for (const { name, gid } of [own, userByName("root")!, userByName("nobody")!]) {
    const numbers = (await output("id", "-G", name)).trim().split(" ").map(Number);
    assertEquals(sorted(groupsOf(name, gid)), sorted(numbers), name);
  }
});

test("users: a group that is given is among those of a user who is not in it", () => {
  const given = 4_000_000_000;
  assertEquals(groupsOf("nobody", given).includes(given), true);
  assertEquals(groupsOf("no-such-user", given), [given]);
});
