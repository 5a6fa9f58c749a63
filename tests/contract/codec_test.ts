import { assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { decode, encode, UnsendableError } from "../../src/multiprocessing/wire/codec.ts";
import { listDirectory } from "../../src/libc/descriptors/stat.ts";
import { pack, registerPortable } from "../../src/multiprocessing/wire/portable.ts";
import { assert, assertEquals, assertThrows, test } from "./harness.ts";
import { runs } from "../property_runs.ts";

function openFiles(): number {
  return listDirectory("/proc/self/fd").length;
}

function roundTrip<T>(value: T): T {
  return decode(encode(value).bytes) as T;
}

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: false,
  maxDepth: 4,
  size: "medium",
});

test("codec: equals structured cloning", () => {
  fc.assert(
    fc.property(anything, (value) => {
      assertEquals(roundTrip(value), structuredClone(value));
    }),
    runs(1000),
  );
});

test("codec: any text, lone surrogates and all lengths", () => {
  const text = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300, size: "max" })
    .map((units) => String.fromCharCode(...units));
  fc.assert(fc.property(text, (text) => assertStrictEquals(roundTrip(text), text)));
  for (
    const text of ["", "a".repeat(63), "a".repeat(64), "é".repeat(1e5), "x".repeat(1e6), "\ufeff"]
  ) {
    assertStrictEquals(roundTrip(text), text);
  }
  assertStrictEquals(roundTrip("\ud800"), "\ud800");
  assertEquals(roundTrip({ ["\udfff" + "k".repeat(80)]: 1 }), { ["\udfff" + "k".repeat(80)]: 1 });
});

test("codec: numbers keep their sign and kind", () => {
  for (
    const n of [0, -0, 127, 128, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), NaN, Infinity, 1e308, 5e-324]
  ) {
    assert(Object.is(roundTrip(n), n), String(n));
  }
  const bigints = fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n });
  fc.assert(fc.property(bigints, (n) => assertStrictEquals(roundTrip(n), n)));
});

test("codec: arrays of numbers of every size", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer(), fc.double()), { maxLength: 300, size: "max" }),
      (array) => {
        assertEquals(roundTrip(array), array);
      },
    ),
  );
  const zeros = [0, 1, 2, 3, 4, 5, 6, 7, -0];
  assert(Object.is(roundTrip(zeros)[8], -0));
  const named = Object.assign([1, 2, 3, 4, 5, 6, 7, 8, 9], { sum: 45 });
  assertEquals(roundTrip(named), named);
});

test("codec: holes stay holes, in a huge array too", () => {
  // deno-lint-ignore no-sparse-arrays
  const array = roundTrip([1, , undefined, 3]);
  assertEquals([array.length, 1 in array, 2 in array], [4, false, true]);
  const huge: number[] = [];
  huge[4_000_000_000] = 1;
  const copy = roundTrip(huge);
  assertEquals([copy.length, copy[4_000_000_000], 0 in copy], [4_000_000_001, 1, false]);
});

test("codec: what a match carries besides its elements", () => {
  const match = roundTrip(/(?<word>b+)/.exec("abbc")!);
  assertEquals([match[0], match.index, match.input, match.groups?.word], ["bb", 1, "abbc", "bb"]);
});

test("codec: cycles and shared references", () => {
  const shared = { n: 1 };
  const map = new Map<unknown, unknown>();
  const value: Record<string, unknown> = { a: shared, b: [shared, shared], map };
  value.self = value;
  map.set(map, value);
  // deno-lint-ignore no-explicit-any
  const copy = roundTrip(value) as any;
  assertStrictEquals(copy.self, copy);
  assertStrictEquals(copy.b[1], copy.a);
  assertStrictEquals(copy.map.get(copy.map), copy);
  const many = Array.from({ length: 100 }, (_, i) => ({ i }));
  const both = roundTrip([many, [...many].reverse()]);
  both[0].forEach((object, i) => assertStrictEquals(both[1][99 - i], object));
});

test("codec: views share their buffer", () => {
  const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
  const [bytes, ints, view] = roundTrip(
    [
      new Uint8Array(buffer, 2, 3),
      new Int16Array(buffer, 4, 1),
      new DataView(buffer, 1, 2),
    ] as const,
  );
  assertEquals([...bytes], [3, 4, 5]);
  assertStrictEquals(bytes.buffer, ints.buffer);
  assertEquals([ints[0], view.byteOffset, view.getUint8(0)], [0x0605, 1, 2]);
  const resizable = roundTrip(new ArrayBuffer(3, { maxByteLength: 10 }));
  assertEquals([resizable.byteLength, resizable.resizable, resizable.maxByteLength], [3, true, 10]);
});

test("codec: errors with stack, cause, name and properties", () => {
  class OddError extends RangeError {
    override name = "OddError";
    code = "E_ODD";
    callback = () => 1;
  }
  const inner = new TypeError("inner");
  const error = new OddError("outer", { cause: inner });
  inner.cause = error;
  const copy = roundTrip(error);
  assert(copy instanceof RangeError);
  assertEquals([copy.name, copy.message, copy.stack, copy.code], [
    "OddError",
    "outer",
    error.stack,
    "E_ODD",
  ]);
  const cause = copy.cause as Error;
  assert(cause instanceof TypeError);
  assertStrictEquals(cause.cause, copy);
  assertEquals(
    copy.callback as unknown,
    "(not sent: callback is a function: functions cannot be sent to another process)",
  );
  assertEquals(Object.keys(roundTrip(new Error("plain"))), []);
  assertEquals("cause" in roundTrip(new Error("plain")), false);
});

test("codec: AggregateError and DOMException", () => {
  const all = roundTrip(new AggregateError([new URIError("a"), 5], "both"));
  assert(all instanceof AggregateError);
  assert(all.errors[0] instanceof URIError);
  assertEquals([all.message, all.errors[1]], ["both", 5]);
  const aborted = roundTrip(new DOMException("stop", "AbortError"));
  assert(aborted instanceof DOMException);
  assertEquals([aborted.name, aborted.message, aborted.code], ["AbortError", "stop", 20]);
});

test("codec: regular expressions, invalid dates, boxed values, instances of classes", () => {
  const regexp = /a\/b+/giu;
  regexp.lastIndex = 3;
  const copy = roundTrip(regexp);
  assertEquals([copy.source, copy.flags, copy.lastIndex], [regexp.source, "giu", 0]);
  assertEquals(roundTrip(new Date(NaN)).getTime(), NaN);
  assertEquals(roundTrip(Object(5n)) + 1n, 6n);
  class Point {
    #secret = 1;
    constructor(public x: number) {}
    get doubled() {
      return this.x * 2 + this.#secret;
    }
  }
  const point = roundTrip(new Point(2));
  assertEquals([Object.getPrototypeOf(point) === Object.prototype, { ...point }], [true, { x: 2 }]);
  const odd = JSON.parse('{"__proto__": {"x": 1}}');
  assertEquals(Object.keys(roundTrip(odd)), ["__proto__"]);
});

test("codec: what cannot be sent is named with its path", () => {
  const refused = (value: unknown, name?: string) =>
    assertThrows(() => encode(value, name), UnsendableError).message;
  const why = "functions cannot be sent to another process";
  assertEquals(refused([{ callback() {} }], "args"), `args[0].callback is a function: ${why}`);
  assertEquals(refused(() => 1), `the value is a function: ${why}`);
  assertEquals(
    refused({ "a b": [1, Symbol("x")] }, "it"),
    'it["a b"][1] is a symbol: symbols cannot be sent to another process',
  );
  assertEquals(
    refused(new Map([["k", Promise.resolve()]]), "m"),
    'm.get("k") is a Promise: it cannot be sent to another process',
  );
  assertEquals(
    refused(new Set([new WeakMap()]), "s"),
    "a member of s is a WeakMap: it cannot be sent to another process",
  );
  assertEquals(refused(Object(Symbol.iterator)), "the value cannot be sent to another process");
  assert(
    refused(new Uint8Array(new SharedArrayBuffer(8)), "v").startsWith(
      "v.buffer is a SharedArrayBuffer",
    ),
  );
  const gone = new ArrayBuffer(8);
  structuredClone(gone, { transfer: [gone] });
  assert(refused({ gone }).startsWith("gone is an ArrayBuffer that was transferred away"));
  const cycle: Record<string, unknown> = {};
  cycle.cycle = cycle;
  cycle.end = { f() {} };
  assertEquals(refused(cycle), `end.f is a function: ${why}`);
});

test("codec: nested too deeply is an error, and the next message is whole", () => {
  let deep: unknown = [];
  for (let i = 0; i < 1e6; i++) deep = [deep];
  const error = assertThrows(() => encode(deep, "args"), UnsendableError);
  assertEquals(error.message, "args is nested too deeply to be sent to another process");
  assertEquals(roundTrip({ a: [1, "x"] }), { a: [1, "x"] });
});

test("codec: a getter that throws or encodes itself", () => {
  const thrower = {
    get bad() {
      throw new EvalError("mine");
    },
  };
  assertThrows(() => encode(thrower), EvalError, "mine");
  const nested = {
    get inner() {
      return encode({ deep: "x" }).bytes.length;
    },
    after: "y",
  };
  assertEquals(roundTrip(nested), { inner: encode({ deep: "x" }).bytes.length, after: "y" });
});

test("codec: large buffers go as descriptors, and are not left open", () => {
  const before = openFiles();
  const value = { small: new Uint8Array(99).fill(1), large: new Float64Array(1 << 16).fill(0.5) };
  const { bytes, fds } = encode([value, value.large.buffer]);
  assertEquals([fds.length, bytes.length < 300], [1, true]);
  // deno-lint-ignore no-explicit-any
  const copy = decode(bytes, () => fds.shift()!) as any;
  assertEquals(copy[0], value);
  assertStrictEquals(copy[0].large.buffer, copy[1]);
  assertThrows(() => encode([value, () => 1]), UnsendableError);
  const many = encode(Array.from({ length: 70 }, () => new ArrayBuffer(1 << 18)));
  assertEquals(many.fds.length, 64);
  assertEquals((decode(many.bytes, () => many.fds.shift()!) as unknown[]).length, 70);
  assertEquals(openFiles(), before);
});

test("codec: portable objects make themselves anew", () => {
  class Counter {
    constructor(readonly parts: unknown) {}
    [pack]() {
      return { kind: "test-counter", data: { parts: this.parts }, fds: [7] };
    }
  }
  registerPortable("test-counter", (data, fds) => new Counter([data, fds]));
  const counter = new Counter(1);
  const { bytes, fds } = encode([counter, counter]);
  assertEquals(fds, [7]);
  const [a, b] = decode(bytes, () => 70) as Counter[];
  assertStrictEquals(a, b);
  assertEquals(a.parts, [{ parts: 1 }, [70]]);
});

test("codec: a damaged message is an error", () => {
  assertThrows(() => decode(new Uint8Array([0xbf])), RangeError, "damaged");
});
