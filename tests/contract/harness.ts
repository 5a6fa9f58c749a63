/**
 * Lets one test file run under `deno test` and, bundled by scripts/test, as a plain program under Bun. Not bun:test: it
 * exists only inside `bun test`, whose signal handlers and children would come between the test and libc.
 */
export {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

/** Receives the name of the test, for skipping it. */
type Body = (name: string) => void | Promise<void>;

interface Outcome {
  name: string;
  error?: unknown;
}

/** Only what hangs takes this long, even on a slow machine. */
const LIMIT_MS = 10 * 60_000;

/** Registers a test. The sanitizers are off: a library opened by FFI stays open by design. */
export function test(name: string, body: Body): void {
  if ("Deno" in globalThis) {
    Deno.test({ name, fn: () => body(name), sanitizeOps: false, sanitizeResources: false });
  } else {
    if (registered.length === 0) setTimeout(runRegistered, 0);
    registered.push({ name, body });
  }
}

const registered: { name: string; body: Body }[] = [];

/** Runs everything in order; scripts/test counts the last line. */
async function runRegistered(): Promise<void> {
  const { env, exit } = (globalThis as unknown as { process: Process }).process;
  const filter = env.IMP_TEST_FILTER ?? "";
  const failures: Outcome[] = [];
  const chosen = registered.filter(({ name }) => name.includes(filter));
  for (const { name, body } of chosen) {
    const error = await outcome(() => body(name));
    console.log(error === undefined ? `${name} ... ok` : `${name} ... FAILED`);
    if (error !== undefined) failures.push({ name, error });
  }
  for (const { name, error } of failures) {
    console.log(`\n${name}\n${error instanceof Error ? error.stack : error}`);
  }
  console.log(`\nran ${chosen.length} tests, ${failures.length} failed`);
  exit(failures.length > 0 ? 1 : 0);
}

interface Process {
  env: Record<string, string | undefined>;
  exit(code: number): never;
}

async function outcome(body: () => void | Promise<void>): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took more than ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    await Promise.race([body(), limit]);
    return undefined;
  } catch (error) {
    return error ?? new Error("rejected with nothing");
  } finally {
    clearTimeout(timer);
  }
}
