import { runtime } from "../../runtime/mod.ts";

/** imp's own part of a stack: inside its executable, or the folder above this file's. */
const OWN = runtime.compiled ? "/$bunfs/" : decodeURI(new URL("../", import.meta.url).pathname);

/** A stack without the frames of imp itself, which mean nothing to the user. */
export function withoutOwnFrames(stack: string): string {
  return stack.split("\n").filter((line) => !isFrame(line) || !line.includes(OWN)).join("\n");
}

/** Whether a line of a stack is a place and not part of the message. */
export function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}
