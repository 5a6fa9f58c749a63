import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ambientModule } from "../../scripts/lib/ambient_module.ts";

const FILES: Record<string, string> = {
  "src/mod.d.ts": `/// <amd-module name="file:///x/src/mod.ts" />
/**
 * A library.
 */
export { type Base, Box, type Size, } from "./box.ts";
export type { Other } from "./other.ts";
`,
  "src/box.d.ts": `/// <amd-module name="file:///x/src/box.ts" />
import { type Port, Made } from "./port.ts";
import type { Unused } from "./unused.ts";
/** How large. */
export interface Size {
    /** In metres. */
    readonly width: number;
    readonly unit: keyof typeof UNITS;
}
declare const UNITS: {
    readonly m: "m";
};
/**
 * Holds things; see {@link Unused}.
 */
export declare class Box<T> extends Base implements Portable {
    protected readonly kind: string;
    private readonly things;
    /** @param size how large */
    constructor(size?: Size | Port, port?: Port);
    /** Puts one in. */
    put(thing: T, options?: {
        hard?: boolean;
    }): Promise<void>;
    [pack](kept: boolean): Packed;
    [Symbol.dispose](): void;
}
declare abstract class Base {
    constructor(port: Port);
    /** Every one. */
    get made(): Made[];
}
export declare function helper(): Unused;
export {};
`,
  "src/port.d.ts": `export interface Port {
    x: number;
}
/** Made by a box. */
export declare class Made {
    #private;
    /** Made by a box. */
    constructor(port: Port);
}
`,
  "src/other.d.ts": `/** A type, or a class. */
export type Other = string | {
    readonly other: Other;
};
`,
};

const files = (changed: Record<string, string> = {}) =>
  new Map(Object.entries({ ...FILES, ...changed }));

Deno.test("ambient module: exports, what they refer to, nothing that only the library uses", () => {
  assertEquals(
    ambientModule("imp:x", "src/mod.d.ts", files()),
    `declare module "imp:x" {
    abstract class Base {
        protected constructor();
        /** Every one. */
        get made(): Made[];
    }
    /**
     * Holds things; see {@link Unused}.
     */
    export class Box<T> extends Base {
        #private;
        /** @param size how large */
        constructor(size?: Size);
        /** Puts one in. */
        put(thing: T, options?: {
            hard?: boolean;
        }): Promise<void>;
        [Symbol.dispose](): void;
    }
    /** How large. */
    export interface Size {
        /** In metres. */
        readonly width: number;
        readonly unit: keyof typeof UNITS;
    }
    /** A type, or a class. */
    export type Other = string | {
        readonly other: Other;
    };
    /** Made by a box. */
    class Made {
        #private;
        /** Made by a box. */
        private constructor();
    }
    const UNITS: {
        readonly m: "m";
    };
    export type { Base };
}
`,
  );
});

Deno.test("ambient module: two things of one name, and what cannot be followed, are errors", () => {
  const twice = files({ "src/other.d.ts": "export type Other = Size;\ntype Size = number;\n" });
  assertThrows(() => ambientModule("x", "src/mod.d.ts", twice), Error, "Size is declared by");
  const renamed = files({ "src/mod.d.ts": 'export { Box as B } from "./box.ts";\n' });
  assertThrows(
    () => ambientModule("x", "src/mod.d.ts", renamed),
    Error,
    'cannot follow "Box as B"',
  );
  const missing = files({ "src/mod.d.ts": 'export { Crate } from "./box.ts";\n' });
  assertThrows(() => ambientModule("x", "src/mod.d.ts", missing), Error, "declares no Crate");
});

Deno.test("ambient module: the page of the library is one", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/imp.d.ts", import.meta.url));
  assertStringIncludes(page, "    export class Pool<");
});
