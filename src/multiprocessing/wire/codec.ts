import { ImpError } from "../../base/errors.ts";
import { closeSent } from "./codec_tags.ts";
import { Reader } from "./codec_read.ts";
import { Refused, Writer } from "./codec_write.ts";
import { registerError } from "./portable.ts";
import { UnsendableError, whyUnsendable } from "./unsendable.ts";

export { closeSent } from "./codec_tags.ts";
export { UnsendableError } from "./unsendable.ts";

/** A value as sent: its bytes, and descriptors in the order in which the reader takes them. */
export interface Encoded {
  bytes: Uint8Array<ArrayBuffer>;
  /** The sender closes them once the message is sent. */
  fds: number[];
}

registerError("ImpError", ImpError);

/** Getters and portable objects may encode during encoding: as many writers as are in use at once. */
const idle: Writer[] = [];

/**
 * Turns a value into bytes, as structured cloning would copy it: cycles and shared references stay, instances of
 * classes become plain objects. Errors also keep their stack, cause and properties.
 * Named properties of arrays of more than 64 elements are left out.
 * @param name what messages call the value: `args` makes `args[0].callback is a function: …`
 * @throws UnsendableError that names the first part which has no meaning in another process
 */
export function encode(value: unknown, name = ""): Encoded {
  return writing((writer) => writeValue(writer, value, name));
}

/** For values that are kept and decoded any number of times, with copies of the descriptors. */
export function encodeKept(value: unknown, name: string): Encoded {
  return writing((writer) => {
    writer.kept = true;
    writeValue(writer, value, name);
  });
}

/** Like {@link encode}, for an array made by imp, of which only the elements count: messages between its own parts. */
export function encodeTuple(parts: readonly unknown[]): Encoded {
  return writing((writer) => refusing(parts, "", () => writer.tuple(parts)));
}

/** Encodes with `write`, which may write several values. */
export function writing(write: (writer: Writer) => void): Encoded {
  const writer = idle.pop() ?? new Writer();
  try {
    write(writer);
    return { bytes: writer.bytes.slice(0, writer.at), fds: writer.fds };
  } catch (error) {
    closeSent(writer.fds);
    throw error;
  } finally {
    writer.reset();
    idle.push(writer);
  }
}

/** Writes one value. @throws UnsendableError; then the content of the writer is invalid */
export function writeValue(writer: Writer, value: unknown, name = ""): void {
  refusing(value, name, () => writer.value(value));
}

function refusing(value: unknown, name: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw clearer(error, value, name);
  }
}

/**
 * The encoded value.
 * @param takeFd returns the next of the descriptors that came with the bytes
 */
export function decode(bytes: Uint8Array<ArrayBuffer>, takeFd: () => number = noFd): unknown {
  return new Reader(bytes, takeFd).value();
}

function clearer(error: unknown, value: unknown, name: string): unknown {
  const what = name || "the value";
  if (error instanceof Refused) {
    return new UnsendableError(
      whyUnsendable(value, name) ?? `${what} cannot be sent to another process`,
    );
  }
  if (!(error instanceof RangeError)) return error;
  const problem = /stack/i.test(error.message) ? "is nested too deeply" : "is too large";
  return new UnsendableError(`${what} ${problem} to be sent to another process`, { cause: error });
}

function noFd(): number {
  throw new RangeError("a descriptor is missing: the message is damaged");
}
