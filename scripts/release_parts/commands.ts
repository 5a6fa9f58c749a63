/** Programs that a release is made with. */

export class ReleaseFailed extends Error {
  override name = "ReleaseFailed";
}

/** Runs a program to its end. @returns its stdout @throws ReleaseFailed with its output */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  try {
    const { success, code, stdout, stderr } = await new Deno.Command(program, {
      ...options,
      args: [...args],
      stdin: "null",
    }).output();
    if (success) return text(stdout);
    throw new ReleaseFailed(
      `${program} failed with code ${code}\n${text(stdout)}${text(stderr)}`.trimEnd(),
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new ReleaseFailed(`${program} is not installed`);
    }
    throw error;
  }
}

/** Whether a program is on PATH. */
export async function isInstalled(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", 'command -v "$0"', program],
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

export async function sha256(path: string): Promise<string> {
  return (await run("sha256sum", ["--", path])).slice(0, 64);
}
