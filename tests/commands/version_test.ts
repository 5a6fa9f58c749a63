import { assertEquals } from "@std/assert";
import { CHECKSUM_LENGTH, checksumLine, parseChecksumLine } from "../../src/base/checksum_line.ts";
import { checksumOf } from "../../src/commands/version/checksum.ts";

const DIGEST = "0123456789abcdef".repeat(4);

Deno.test("version: the line of a checksum, there and back, and nothing else", () => {
  const line = checksumLine(DIGEST);
  assertEquals([line.length, parseChecksumLine(line)], [CHECKSUM_LENGTH, DIGEST]);
  for (let at = 0; at < line.length; at++) {
    const other = line.slice();
    other[at] = 0x7f;
    assertEquals(parseChecksumLine(other), undefined);
  }
  assertEquals(parseChecksumLine(line.subarray(1)), undefined);
  assertEquals(parseChecksumLine(new Uint8Array(0)), undefined);
});

Deno.test("version: the checksum of a file of any size", async () => {
  const path = await Deno.makeTempFile({ prefix: "imp-checksum-" });
  const digest = async (bytes: Uint8Array<ArrayBuffer>) =>
    [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))]
      .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    for (const size of [0, 1, 65535 - CHECKSUM_LENGTH, 65536 - CHECKSUM_LENGTH, 65537, 200_000]) {
      const body = new Uint8Array(size).map((_, i) => i * 31);
      const written = await digest(body);
      const whole = new Uint8Array([...body, ...checksumLine(written)]);
      await Deno.writeFile(path, whole);
      assertEquals(checksumOf(path), { file: await digest(whole), written, found: written });
      whole[0] ^= 1;
      await Deno.writeFile(path, whole);
      const { found } = checksumOf(path);
      if (size > 0) assertEquals(found === written, false);
      await Deno.writeFile(path, body);
      assertEquals(checksumOf(path), { file: written });
    }
  } finally {
    await Deno.remove(path);
  }
});
