import { bytesFromText, textFromBytes } from "../../base/byte_text.ts";
import { ProtocolError } from "../frames.ts";

/** Writes little-endian numbers, and length-prefixed texts of any bytes. */
export class PayloadWriter {
  private bytes = new Uint8Array(128);
  private view = new DataView(this.bytes.buffer);
  private at = 0;

  u8(value: number): void {
    this.room(1);
    this.view.setUint8(this.at++, value);
  }

  u32(value: number): void {
    this.room(4);
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  number(value: number): void {
    this.room(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  text(text: string): void {
    const bytes = bytesFromText(text);
    this.u32(bytes.length);
    this.rest(bytes);
  }

  rest(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  whole(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  private room(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.at + count));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

/** Reads them again. @throws ProtocolError if truncated */
export class PayloadReader {
  private readonly view: DataView;
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.view.getUint8(this.forward(1));
  }

  u32(): number {
    return this.view.getUint32(this.forward(4), true);
  }

  number(): number {
    return this.view.getFloat64(this.forward(8), true);
  }

  text(): string {
    const length = this.u32();
    const start = this.forward(length);
    return textFromBytes(this.bytes.subarray(start, start + length));
  }

  list<T>(take: () => T): T[] {
    const list: T[] = [];
    for (let count = this.u32(); count > 0; count--) list.push(take());
    return list;
  }

  rest(): Uint8Array {
    const start = this.at;
    this.at = this.bytes.length;
    return this.bytes.subarray(start);
  }

  private forward(count: number): number {
    const start = this.at;
    if (start + count > this.bytes.length) {
      throw new ProtocolError("a message about files is cut off");
    }
    this.at += count;
    return start;
  }
}
