import { assertEquals } from "@std/assert";
import { type PackageFiles, packageProblems } from "../../scripts/lib/packages.ts";

const LIST = { dependencies: { a: "1.0.0" }, devDependencies: { "@s/b": "2.0.0" } };

const RIGHT: PackageFiles = {
  "package.json": JSON.stringify(LIST),
  "deno.json": JSON.stringify({ imports: { "a/x": "npm:a@1.0.0/lib/x.js", own: "./src/own.ts" } }),
  "tsconfig.json": JSON.stringify({
    compilerOptions: { paths: { "a/x": ["./node_modules/a/lib/x.js"], own: ["./src/own.ts"] } },
  }),
  "deno.lock": JSON.stringify({
    npm: { "a@1.0.0": { integrity: "A" }, "@s/b@2.0.0": { integrity: "B" } },
    workspace: { packageJson: { dependencies: ["npm:@s/b@2.0.0", "npm:a@1.0.0"] } },
  }),
  "bun.lock": `{
    "workspaces": { "": { "dependencies": { "a": "1.0.0", }, "devDependencies": { "@s/b": "2.0.0", }, }, },
    "packages": { "a": ["a@1.0.0", "", {}, "A"], "@s/b": ["@s/b@2.0.0", "", {}, "B"], },
  }`,
};

/** What is said once a text in a file is another one. */
function after(file: keyof PackageFiles, text: string, other: string): string[] {
  return packageProblems({ ...RIGHT, [file]: RIGHT[file].replace(text, other) });
}

Deno.test("packages: files that say the same", () => {
  assertEquals(packageProblems(RIGHT), []);
});

Deno.test("packages: a version that deno.json repeats is another one", () => {
  assertEquals(after("deno.json", "a@1.0.0", "a@1.0.1"), [
    "deno.json: a/x is in a 1.0.1, of which package.json has 1.0.0",
  ]);
  assertEquals(after("deno.json", "npm:a@1.0.0/lib/x.js", "npm:c@3.0.0/x.js").slice(0, 1), [
    "deno.json: a/x is in c 3.0.0, of which package.json has nothing",
  ]);
});

Deno.test("packages: a range is not a version", () => {
  assertEquals(
    after("package.json", '"2.0.0"', '"^2.0.0"')[0],
    "package.json: @s/b is at '^2.0.0', which is no exact version",
  );
});

Deno.test("packages: the two import maps name different files", () => {
  assertEquals(after("tsconfig.json", "lib/x.js", "lib/y.js"), [
    "tsconfig.json: lacks a/x as ./node_modules/a/lib/x.js",
    "deno.json: lacks a/x as ./node_modules/a/lib/y.js",
  ]);
  assertEquals(after("deno.json", '"own"', '"mine"').length, 2);
});

Deno.test("packages: a lock file of another list, other contents, a registry's name", () => {
  assertEquals(after("deno.lock", "npm:a@1.0.0", "npm:a@1.0.1"), [
    "deno.lock: is not of this package.json: run deno install",
  ]);
  assertEquals(after("bun.lock", '"2.0.0"', '"2.1.0"'), [
    "bun.lock: is not of this package.json: run bun install",
  ]);
  assertEquals(after("bun.lock", '"A"', '"other"'), [
    "deno.lock and bun.lock: hold different packages",
  ]);
  assertEquals(
    after("bun.lock", '["a@1.0.0", ""', '["a@1.0.0", "https://registry.example/a.tgz"'),
    [
      "bun.lock: a@1.0.0 is bound to https://registry.example/a.tgz: empty that field",
    ],
  );
});
