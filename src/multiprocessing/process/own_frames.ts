import { runtime } from "../../runtime/mod.ts";

/** imp's own part of a stack: inside its executable, or its source and main.ts beside that. */
const OWN = runtime.compiled
  ? ["/$bunfs/"]
  : ["../../", "../../../main.ts"].map((to) => decodeURI(new URL(to, import.meta.url).pathname));

/** A stack without the frames of imp itself, which mean nothing to the user. */
export function withoutOwnFrames(stack: string): string {
  return stack.split("\n").filter((line) => !isOwnFrame(line)).join("\n");
}

/** Whether a line of a stack is a place in imp itself. */
export function isOwnFrame(line: string): boolean {
  return isFrame(line) && OWN.some((own) => line.includes(own));
}

/** Whether a line of a stack is a place and not part of the message. */
export function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}
