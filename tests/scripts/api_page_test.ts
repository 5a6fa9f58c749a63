import { assertEquals, assertStringIncludes } from "@std/assert";
import { apiPage, type ApiSymbol, signature, undocumented } from "../../scripts/lib/api_page.ts";

const SOURCE = `/** Holds things. */
export class Box<T> {
  /** @param size in metres */
  constructor(size: number) {}

  /** Puts a thing in. @throws Error when it is full */
  async put(
    thing: T,
    { hard }: { hard?: boolean } = {},
  ): Promise<{ at: number }> {
    await thing;
  }

  open() {}
}
/** What fits. */
export type Thing =
  | string
  | number;
`.split("\n");

const location = (line: number) => ({ filename: "x.ts", line });
const symbols: ApiSymbol[] = [
  {
    name: "Box",
    declarations: [{
      kind: "class",
      location: location(1),
      jsDoc: { doc: "Holds things." },
      def: {
        constructors: [{
          name: "constructor",
          jsDoc: { tags: [{ kind: "param", name: "size", doc: "in metres" }] },
        }],
        methods: [
          {
            name: "put",
            location: location(6),
            jsDoc: { doc: "Puts a thing in. @throws Error when it is full" },
          },
          { name: "open", location: location(13) },
        ],
      },
    }],
  },
  {
    name: "Thing",
    declarations: [{
      kind: "typeAlias",
      location: location(16),
      jsDoc: { doc: "What fits a {@link Box}, by {@link put}." },
    }],
  },
];

Deno.test("api page: signatures as they are written, without bodies", () => {
  assertEquals(signature(SOURCE, 1), "class Box<T>");
  assertEquals(signature(SOURCE, 3), "constructor(size: number)");
  assertEquals(
    signature(SOURCE, 6),
    "put(thing: T, { hard }: { hard?: boolean } = {}): Promise<{ at: number }>",
  );
});

Deno.test("api page: members, parameters, errors, types", () => {
  const page = apiPage("All.", symbols, () => SOURCE);
  assertStringIncludes(
    page,
    "# The library\n\nAll.\n\n- Classes: [`Box`](#box)\n- Types: [`Thing`](#thing)\n",
  );
  assertStringIncludes(page, "#### `new Box(size: number)`\n\n- `size`: in metres\n");
  assertStringIncludes(page, "Puts a thing in.\n\n- Throws Error when it is full\n");
  assertStringIncludes(page, "What fits a [`Box`](#box), by `put`.");
  assertStringIncludes(page, "```ts\ntype Thing =\n  | string\n  | number;\n```");
});

Deno.test("api page: what is not documented is named", () => {
  assertEquals(undocumented(symbols), ["Box.open"]);
});
