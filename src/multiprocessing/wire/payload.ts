import { closeFile, duplicate } from "../../libc/descriptors/files.ts";
import { decode, encode, type Encoded, encodeKept } from "./codec.ts";
import { Raw } from "./codec_tags.ts";
import { pack, type Packed, type Portable, registerPortable } from "./portable.ts";

/** A value in its encoded form, which those who only pass it on do not look into. */
export type Payload = Raw | Parcel;

/** An encoded value with descriptors: large buffers, objects that live in several processes. */
class Parcel implements Portable {
  constructor(readonly bytes: Uint8Array<ArrayBuffer>, readonly fds: number[]) {}

  /** What is sent are copies: should the receiver die, it is sent to another one. */
  [pack](): Packed {
    return { kind: PARCEL, data: new Raw(this.bytes), fds: this.fds.map(duplicate) };
  }
}

const PARCEL = "parcel";
registerPortable(PARCEL, (raw, fds) => new Parcel((raw as Raw).bytes, fds));

/** For one who will unwrap it. @throws UnsendableError that calls the value `name` */
export function wrap(value: unknown, name: string): Payload {
  return payloadOf(encode(value, name));
}

/** For any number of those who unwrap copies of it. @throws UnsendableError that calls the value `name` */
export function wrapKept(value: unknown, name: string): Payload {
  return payloadOf(encodeKept(value, name));
}

function payloadOf({ bytes, fds }: Encoded): Payload {
  return fds.length === 0 ? new Raw(bytes) : new Parcel(bytes, fds);
}

/** The value; the payload is used up. */
export function unwrap(payload: Payload): unknown {
  if (!(payload instanceof Parcel)) return decode(payload.bytes);
  const { bytes, fds } = payload;
  try {
    return decode(bytes, () => fds.shift() ?? -1);
  } finally {
    dispose(payload);
  }
}

/** The value of a payload that is kept: it can be unwrapped again. */
export function unwrapCopy(payload: Payload): unknown {
  if (!(payload instanceof Parcel)) return decode(payload.bytes);
  return unwrap(new Parcel(payload.bytes, payload.fds.map(duplicate)));
}

export function hasDescriptors(payload: Payload): boolean {
  return payload instanceof Parcel;
}

/** Closes the descriptors of what nobody will unwrap. */
export function dispose(payload: Payload | undefined): void {
  if (payload instanceof Parcel) payload.fds.splice(0).forEach(closeFile);
}
