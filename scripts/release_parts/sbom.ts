import type { PackageFacts, Release } from "./facts.ts";

/** The subject of a bill of materials: an executable, and the runtime inside. */
export interface Materials {
  readonly target: string;
  /** SHA-256 of the executable. */
  readonly digest: string;
  readonly bun: string;
  readonly packages: readonly PackageFacts[];
}

/**
 * A software bill of materials, CycloneDX 1.5 in JSON (https://cyclonedx.org/docs/1.5/json/). Its serial number is
 * derived from the executable, so that two builds of a commit are identical.
 */
export function billOfMaterials(
  { version, commit, time }: Pick<Release, "version" | "commit" | "time">,
  { target, digest, bun, packages }: Materials,
): string {
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: `urn:uuid:${uuidOf(digest)}`,
    version: 1,
    metadata: {
      timestamp: new Date(time * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": "imp",
        name: "imp",
        version,
        licenses: [{ license: { id: "MIT" } }],
        hashes: [{ alg: "SHA-256", content: digest }],
        properties: [{ name: "imp:target", value: target }, { name: "imp:commit", value: commit }],
      },
    },
    components: [
      {
        type: "platform",
        "bom-ref": "bun",
        name: "bun",
        version: bun,
        purl: `pkg:npm/%40oven/bun-${target.replace("arm64", "aarch64")}@${bun}`,
        licenses: [{ license: { id: "MIT" } }],
      },
      ...packages.map(({ name, version, integrity, licence }) => ({
        type: "library",
        "bom-ref": `${name}@${version}`,
        name,
        version,
        purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
        licenses: [{ license: { id: licence } }],
        hashes: integrity ? [{ alg: "SHA-512", content: hexOf(integrity) }] : [],
      })),
    ],
    dependencies: [{
      ref: "imp",
      dependsOn: ["bun", ...packages.map(({ name, version }) => `${name}@${version}`)],
    }],
  };
  return JSON.stringify(bill, undefined, 2) + "\n";
}

/** Version 8 of RFC 9562: its bits are implementation-defined. */
export function uuidOf(digest: string): string {
  const variant = "89ab"[parseInt(digest[16], 16) & 3];
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join("-");
}

function hexOf(integrity: string): string {
  const bytes = atob(integrity.replace(/^sha512-/, ""));
  return [...bytes].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}
