/** Reports where package.json, deno.json, tsconfig.json and the two lock files name different packages. */
import { type PackageFiles, packageProblems } from "./lib/packages.ts";

const root = new URL("../", import.meta.url);
const read = (name: string) => Deno.readTextFileSync(new URL(name, root));

const files: PackageFiles = {
  "package.json": read("package.json"),
  "deno.json": read("deno.json"),
  "tsconfig.json": read("tsconfig.json"),
  "deno.lock": read("deno.lock"),
  "bun.lock": read("bun.lock"),
};
const problems = packageProblems(files);
for (const problem of problems) console.error(problem);
if (problems.length > 0) Deno.exit(1);
