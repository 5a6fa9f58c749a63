import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineRelay } from "../../../src/hosts/client/line_relay.ts";
import type { Outgoing } from "../../../src/pool/output/writer.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function relayed(chunks: readonly string[], tag: string | undefined, byLines: boolean): string[] {
  const written: string[] = [];
  const push = (sent: Outgoing) => {
    if ("bytes" in sent) written.push(new TextDecoder().decode(sent.bytes));
  };
  const relay = new LineRelay({ push }, tag === undefined ? undefined : bytes(tag), byLines);
  for (const chunk of chunks) relay.push(1, bytes(chunk));
  relay.finish();
  assertEquals(relay.received, chunks.join("").length);
  return written;
}

Deno.test("LineRelay: whole lines, each with its tag, in whatever pieces they come", () => {
  assertEquals(relayed(["a", "b\n", "c"], "t:", true).join(""), "t:ab\nt:c");
  assertEquals(relayed(["a", "b"], undefined, false), ["a", "b"]);
  const text = fc.array(fc.constantFrom("a", "bb", "\n", "c\nd", "\n\n"), { maxLength: 20 });
  fc.assert(fc.property(text, (chunks) => {
    const written = relayed(chunks, undefined, true);
    assertEquals(written.join(""), chunks.join(""));
    for (const part of written.slice(0, -1)) assertEquals(part.at(-1), "\n");
  }));
});
