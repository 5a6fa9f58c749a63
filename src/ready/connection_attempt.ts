import { EAGAIN, POLLIN, POLLOUT } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { closeFile, readSome, writeAll } from "../libc/descriptors/files.ts";
import { beginConnect, connectError, type SocketAddress } from "../libc/descriptors/inet.ts";
import { PollSet } from "../libc/descriptors/poll.ts";

/** How often an ongoing attempt is looked at. */
export const GLANCE_MS = 5;

/** The memory of a set is never freed, and a long-lived process makes many attempts. */
let poll: PollSet | undefined;

function lookAt(fd: number, events: number, ms: number): boolean {
  poll ??= new PollSet(1);
  poll.watch(0, fd, events);
  return poll.wait(ms) > 0;
}

/** One connection. */
export class ConnectionAttempt {
  /** Negative: there is none. */
  readonly fd: number;
  private outcome: "connected" | "refused" | undefined;
  private failure: number;

  constructor(address: SocketAddress) {
    this.fd = beginConnect(address);
    this.failure = Math.max(0, -this.fd);
  }

  /** Why it was refused: an errno. */
  get errno(): number {
    return this.failure;
  }

  state(): "connected" | "connecting" | "refused" {
    if (this.fd < 0) return "refused";
    if (this.outcome) return this.outcome;
    if (!lookAt(this.fd, POLLOUT, 0)) return "connecting";
    // Asking clears it, so it is asked only once.
    this.failure = connectError(this.fd);
    return this.outcome = this.failure === 0 ? "connected" : "refused";
  }

  /** Waits a moment until there may be news. */
  waitWritable(): void {
    lookAt(this.fd, POLLOUT, GLANCE_MS);
  }

  write(text: string): void {
    try {
      writeAll(this.fd, text);
    } catch (error) {
      // The other end has hung up: the next look sees that.
      if (!(error instanceof ImpError)) throw error;
    }
  }

  /** Requests a page from a server. @param host as it stands in a URL */
  get(host: string, path: string): void {
    this.write(
      `GET ${
        encodeURI(path)
      } HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: imp\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
    );
  }

  /** @returns no bytes if the other end has hung up */
  read(): Uint8Array | "nothing" {
    if (!lookAt(this.fd, POLLIN, 0)) return "nothing";
    const bytes = readSome(this.fd);
    if (typeof bytes !== "number") return bytes;
    return bytes === -EAGAIN ? "nothing" : new Uint8Array();
  }

  close(): void {
    if (this.fd >= 0) closeFile(this.fd);
  }
}

/** Answers that precede the real one, as 100 Continue and 103 Early Hints. */
const INTERIM = /^(?:HTTP\/1\.\d 1\d\d[ \r\n][^]*?\r?\n\r?\n)+/;

/** The status of an HTTP answer, that of its first line; `incomplete`: more may come; `none`: not an HTTP answer. */
export function answerStatus(answer: string): number | "incomplete" | "none" {
  const last = answer.replace(INTERIM, "");
  const match = /^HTTP\/\d(?:\.\d)? (\d{3})(?=[ \r\n])/.exec(last);
  if (match) return match[1].startsWith("1") ? "incomplete" : Number(match[1]);
  const begun = /^H?T?T?P?\/?\d?\.?\d? ?\d{0,3}$/.test(last);
  return begun ? "incomplete" : "none";
}

/** A host and its port as in the Host field of a request. */
export function hostField(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
