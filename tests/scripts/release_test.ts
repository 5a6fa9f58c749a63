import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { billOfMaterials, uuidOf } from "../../scripts/release_parts/sbom.ts";
import { thirdParty } from "../../scripts/release_parts/licences.ts";

const PACKAGE = {
  name: "@a/b",
  version: "1.2.3",
  integrity: "sha512-" + btoa("\x01\xff"),
  licence: "ISC",
};
const DIGEST = "0123456789abcdef".repeat(4);

Deno.test("release: a bill of materials names what is inside, and is the same for the same executable", () => {
  const make = () =>
    billOfMaterials({ version: "1.0.0", commit: "c", time: 86400 }, {
      target: "linux-arm64",
      digest: DIGEST,
      bun: "1.4.5",
      packages: [PACKAGE],
    });
  const bill = JSON.parse(make());
  assertEquals(make(), make());
  assertEquals([bill.bomFormat, bill.specVersion], ["CycloneDX", "1.5"]);
  assertMatch(
    bill.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assertEquals(bill.metadata.timestamp, "1970-01-02T00:00:00.000Z");
  assertEquals(bill.metadata.component.hashes, [{ alg: "SHA-256", content: DIGEST }]);
  const [bun, library] = bill.components;
  assertEquals(bun.purl, "pkg:npm/%40oven/bun-linux-aarch64@1.4.5");
  assertEquals(library.purl, "pkg:npm/%40a/b@1.2.3");
  assertEquals(library.hashes, [{ alg: "SHA-512", content: "01ff" }]);
  assertEquals(bill.dependencies, [{ ref: "imp", dependsOn: ["bun", "@a/b@1.2.3"] }]);
});

Deno.test("release: another executable has another serial number", () => {
  const other = DIGEST.replace("0", "1");
  assertEquals(uuidOf(DIGEST) === uuidOf(other), false);
});

Deno.test("release: licences of what is inside, also of who ships no text", () => {
  const text = thirdParty("1.4.5", [PACKAGE, { ...PACKAGE, name: "c", licenceText: "Be kind.\n" }]);
  assertStringIncludes(text, "bun-v1.4.5");
  assertStringIncludes(text, "@a/b 1.2.3: ISC\n\nThe package has no text of it");
  assertStringIncludes(text, "c 1.2.3: ISC\n\nBe kind.\n");
});
