import { assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import {
  pathIn,
  pathOfPlace,
  placeFromPath,
  returnedFile,
  sentFile,
  staysBelow,
} from "../../../src/hosts/files/places.ts";

const HOME = "/home/user";

Deno.test("a file that is sent stands where GNU parallel and rsync put it", () => {
  const table: [path: string, place: string][] = [
    ["/tmp/foo/bar", "/tmp/foo/bar"],
    ["tmp/foo/bar", "/home/user/tmp/foo/bar"],
    ["/tmp/./foo/bar", "/home/user/foo/bar"],
    ["tmp/./foo/bar", "/home/user/foo/bar"],
    ["./foo", "/home/user/foo"],
    ["../out/./foo", "/home/user/foo"],
    ["a//b///c", "/home/user/a/b/c"],
    ["dir/", "/home/user/dir"],
    ["a/./b/./c", "/home/user/b/c"],
    ["dir/./", "/home/user"],
    ["..a/b..", "/home/user/..a/b.."],
    ["-n", "/home/user/-n"],
    [" ", "/home/user/ "],
  ];
  for (const [path, place] of table) {
    const sent = sentFile(path);
    assertEquals(pathIn(HOME, sent.place), place, path);
    assertEquals(sent.path, path);
    assertEquals(placeFromPath(pathOfPlace(sent.place)), sent.place);
  }
});

Deno.test("a file that would leave the work directory is not sent", () => {
  for (const path of ["../x", "a/../b", "/tmp/../etc/x", "a/./../b", ".."]) {
    const error = assertThrows(() => sentFile(path), ImpError, "outside of the work directory");
    assertEquals(error.hint, "write DIR/./NAME for what is to be NAME there");
  }
  for (const path of ["", "/", "//", ".", "./"]) assertThrows(() => sentFile(path), ImpError);
});

Deno.test("a file that is returned goes to the same place here", () => {
  const table: [path: string, there: string, here: string][] = [
    ["foo/bar.out", "/home/user/foo/bar.out", "foo/bar.out"],
    ["./bar.out", "/home/user/bar.out", "./bar.out"],
    ["out/./in/file.out", "/home/user/in/file.out", "out/in/file.out"],
    ["/tmp/foo/bar.out", "/tmp/foo/bar.out", "/tmp/foo/bar.out"],
    ["/tmp/./foo/bar.out", "/home/user/foo/bar.out", "/tmp/foo/bar.out"],
    ["../out/x", "/home/user/../out/x", "../out/x"],
  ];
  for (const [path, there, here] of table) {
    const returned = returnedFile(path);
    assertEquals(pathIn(HOME, returned.place), there, path);
    assertEquals(returned.path, here);
  }
  for (const path of ["", ".", "/", "a/..", "out/./"]) {
    assertThrows(() => returnedFile(path), ImpError, "return");
  }
});

Deno.test("a name that a peer tells stays below its place", () => {
  for (const path of ["", "a", "a/b", "..a", "a/...", "\udcff"]) {
    assertEquals(staysBelow(path), true);
  }
  for (const path of ["..", "a/..", "/a", "a//b", "a/", ".", "a/./b", "a\0"]) {
    assertEquals(staysBelow(path), false, path);
  }
});
