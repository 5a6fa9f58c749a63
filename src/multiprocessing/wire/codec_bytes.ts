import { SHORT_TEXT, SIZE_F64, SIZE_U32, TAG } from "./codec_tags.ts";

const FIRST_BYTES = 1 << 12;
/** How much memory is kept from one message to the next. */
const MOST_KEPT = 1 << 20;

const encoder = new TextEncoder();

/** A growing sequence of bytes, and how numbers and texts are written into it. */
export class ByteWriter {
  bytes = new Uint8Array(new ArrayBuffer(FIRST_BYTES));
  at = 0;
  protected view = new DataView(this.bytes.buffer);

  /** Forgets what was written. */
  reset(): void {
    if (this.bytes.length > MOST_KEPT) this.#grow(FIRST_BYTES, 0);
    this.at = 0;
  }

  byte(byte: number): void {
    if (this.at === this.bytes.length) this.reserve(1);
    this.bytes[this.at++] = byte;
  }

  /** A count: 1 byte up to 253. */
  size(size: number): void {
    if (size < SIZE_U32) return this.byte(size);
    if (size > 0xffff_ffff) {
      this.byte(SIZE_F64);
      return this.float(size);
    }
    this.byte(SIZE_U32);
    this.reserve(4);
    this.view.setUint32(this.at, size, true);
    this.at += 4;
  }

  text(text: string): void {
    const length = text.length;
    if (length <= SHORT_TEXT && this.#shortText(text, length)) return;
    if (!text.isWellFormed()) return this.#codeUnits(text);
    // Most text is ASCII; only other text is written a second time, with all the room that it may need.
    if (!this.#utf8(text, length)) this.#utf8(text, 3 * length);
  }

  #utf8(text: string, room: number): boolean {
    // The size is known only afterwards, so it always takes five bytes.
    const HEAD = 6;
    this.reserve(room + HEAD);
    const start = this.at + HEAD;
    const { read, written } = encoder.encodeInto(text, this.bytes.subarray(start, start + room));
    if (read < text.length) return false;
    this.bytes[this.at] = TAG.utf8;
    this.bytes[this.at + 1] = SIZE_U32;
    this.view.setUint32(this.at + 2, written, true);
    this.at = start + written;
    return true;
  }

  /** Makes room for this many more bytes. */
  reserve(bytes: number): void {
    const needed = this.at + bytes;
    if (needed > this.bytes.length) this.#grow(Math.max(needed, 2 * this.bytes.length), this.at);
  }

  number(value: number): void {
    if ((value | 0) !== value || Object.is(value, -0)) {
      this.byte(TAG.float64);
      return this.float(value);
    }
    if (value >= 0 && value < TAG.firstTag) return this.byte(value);
    this.reserve(5);
    this.bytes[this.at] = TAG.int32;
    this.view.setInt32(this.at + 1, value, true);
    this.at += 5;
  }

  float(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) {
      this.byte(TAG.bigintText);
      return this.text(value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`);
    }
    this.reserve(9);
    this.bytes[this.at] = TAG.bigint64;
    this.view.setBigInt64(this.at + 1, value, true);
    this.at += 9;
  }

  #shortText(text: string, length: number): boolean {
    this.reserve(length + 1);
    const { bytes, at } = this;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[at + 1 + i] = code;
    }
    bytes[at] = TAG.shortText | length;
    this.at = at + 1 + length;
    return true;
  }

  #codeUnits(text: string): void {
    this.byte(TAG.utf16);
    this.size(text.length);
    this.reserve(2 * text.length);
    for (let i = 0; i < text.length; i++) {
      this.view.setUint16(this.at + 2 * i, text.charCodeAt(i), true);
    }
    this.at += 2 * text.length;
  }

  #grow(size: number, keep: number): void {
    const bytes = new Uint8Array(new ArrayBuffer(size));
    bytes.set(this.bytes.subarray(0, keep));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}
