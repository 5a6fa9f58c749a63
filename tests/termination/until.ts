import { assert } from "@std/assert";

/** For processes to be as a test needs them. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!condition()) {
    assert(performance.now() < deadline, "not within 2 minutes");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
