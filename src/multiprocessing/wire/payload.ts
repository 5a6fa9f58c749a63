import { closeFile, duplicate } from "../../libc/descriptors/files.ts";
import { decode, encode, type Encoded, encodeKept } from "./codec.ts";
import { Raw } from "./codec_tags.ts";
import { pack, type Packed, type Portable, registerPortable } from "./portable.ts";

/** An encoded value, into which those who only pass it on do not look. */
export type Payload = Raw | Parcel;

/** An encoded value with descriptors: large buffers, objects shared by several processes. */
class Parcel implements Portable {
  constructor(readonly bytes: Uint8Array<ArrayBuffer>, readonly fds: number[]) {
    dropped.register(this, fds);
  }

  /** Copies are sent: should the receiver die, it is sent to another one. */
  [pack](): Packed {
    return { kind: PARCEL, data: new Raw(this.bytes), fds: this.fds.map(duplicate) };
  }
}

/** What a queue or a dict still kept when nothing referred to it any more. */
const dropped = new FinalizationRegistry<number[]>(closeAll);

function closeAll(fds: number[]): void {
  fds.splice(0).forEach(closeFile);
}

const PARCEL = "parcel";
registerPortable(PARCEL, (raw, fds) => new Parcel((raw as Raw).bytes, fds));

/** For one unwrapping. @throws UnsendableError that calls the value `name` */
export function wrap(value: unknown, name: string): Payload {
  return payloadOf(encode(value, name));
}

/** For any number of unwrappings of copies. @throws UnsendableError that calls the value `name` */
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

/** The value of a kept payload: it can be unwrapped again. */
export function unwrapCopy(payload: Payload): unknown {
  if (!(payload instanceof Parcel)) return decode(payload.bytes);
  return unwrap(new Parcel(payload.bytes, payload.fds.map(duplicate)));
}

export function hasDescriptors(payload: Payload): boolean {
  return payload instanceof Parcel;
}

/** Closes the descriptors of a payload that nobody will unwrap. */
export function dispose(payload: Payload | undefined): void {
  if (payload instanceof Parcel) closeAll(payload.fds);
}
