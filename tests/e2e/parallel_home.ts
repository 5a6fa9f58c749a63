// The contents of GNU parallel's own directory. At its first run it examines the machine, which takes as long as
// running a few jobs: so this happens only once.
import type { Sandbox } from "./harness.ts";

let found: Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> | undefined;

/** @returns the value of PARALLEL_HOME */
export async function parallelHome(box: Sandbox): Promise<string> {
  const home = box.path("parallel-home");
  // Without this file it prints a request to be cited.
  await write(home, new Map([["will-cite", new Uint8Array()]]));
  found ??= findOut(box, home);
  await write(home, await found);
  return home;
}

async function findOut(box: Sandbox, home: string) {
  const env = { PARALLEL_HOME: home };
  await box.run(["sh", "-c", "exec ${0} true ::: 1", "parallel"], { env });
  return new Map(
    [...filesBelow(home)].map((path) => [path.slice(home.length + 1), Deno.readFileSync(path)]),
  );
}

function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* filesBelow(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}

async function write(home: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [name, bytes] of files) {
    const path = `${home}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(path, bytes);
  }
}
