import { assertEquals, assertThrows } from "@std/assert";
import {
  errnoName,
  errnoNumber,
  errnoText,
  PROCESS_LIMIT_HINT,
  systemError,
} from "../../../src/libc/calling/errno.ts";

/** What the C library of this machine calls its errors, as python3 shows it. */
function libraryErrors(): { name: string; number: number; text: string }[] {
  const program = "import errno, json, os; print(json.dumps([" +
    "dict(name=n, number=getattr(errno, n), text=os.strerror(getattr(errno, n))) " +
    "for n in dir(errno) if n[0] == 'E']))";
  const { stdout } = new Deno.Command("python3", { args: ["-c", program], env: { LC_ALL: "C" } })
    .outputSync();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("errno: every name of the C library has its number here, and every number a name", () => {
  const errors = libraryErrors();
  assertEquals(errors.length > 100, true);
  for (const { name, number } of errors) {
    assertEquals(errnoNumber(name), number, name);
    const names = errors.filter((error) => error.number === number).map((error) => error.name);
    assertEquals(names.includes(errnoName(number)), true, `${number} is ${names}`);
  }
});

Deno.test("errno: texts are those of strerror(3), without its capitals", () => {
  for (const { number, text } of libraryErrors()) {
    assertEquals(errnoText(number).toLowerCase(), text.toLowerCase(), String(number));
    assertEquals(/^[A-Z][a-z]/.test(errnoText(number)), false, errnoText(number));
  }
});

Deno.test("errno: where several names share a number, the kernel's own is reported", () => {
  assertEquals([11, 35, 95].map(errnoName), ["EAGAIN", "EDEADLK", "EOPNOTSUPP"]);
  const aliases = ["EWOULDBLOCK", "EDEADLOCK", "ENOTSUP"];
  assertEquals(aliases.map(errnoNumber), [11, 35, 95]);
});

Deno.test("errno: a name leads to its number and back", () => {
  for (let number = 1; number <= 133; number++) {
    const name = errnoName(number);
    // 41 and 58 were never given out.
    if (number === 41 || number === 58) assertEquals(name, `E${number}`);
    else assertEquals(errnoNumber(name), number);
  }
});

Deno.test("errno: unknown numbers and names", () => {
  assertEquals([errnoName(4242), errnoText(4242)], ["E4242", "unknown error 4242"]);
  for (const name of ["", "enoent", "ENOENTS", "constructor"]) {
    assertThrows(() => errnoNumber(name), RangeError, `no errno is called ${name}`);
  }
});

Deno.test("errno: the error of a libc call tells everything; what the caller knows better counts", () => {
  const plain = systemError(2, "open", "/nowhere");
  assertEquals(plain.message, "cannot open /nowhere: ENOENT (no such file or directory)");
  assertEquals([plain.errno, plain.exit, plain.hint], ["ENOENT", 1, undefined]);
  const told = systemError(11, "fork", undefined, { exit: 125, hint: PROCESS_LIMIT_HINT });
  assertEquals(told.message, "cannot fork: EAGAIN (resource temporarily unavailable)");
  assertEquals([told.exit, told.hint], [125, PROCESS_LIMIT_HINT]);
});
