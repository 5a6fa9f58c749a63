import { type CodeItem, codeText } from "../../../base/machine_code/assemble.ts";
import { nameText, PING } from "../parts.ts";
import { x86Start } from "./start.ts";
import { x86Ends } from "./ends.ts";
import { x86Ping } from "./ping.ts";
import { x86Waiting } from "./waiting.ts";
import { x86Turn } from "./turn.ts";
import { x86Functions } from "./functions.ts";

/**
 * A waiter (behaviour.ts) in x86-64 instructions, each with its meaning. The addresses of texts are below 2 GiB: the
 * image is not relocated.
 *
 * %rbx: the page, 128 bytes from its beginning, so that most of it is within a one-byte displacement. %rbp: the frame,
 * 128 bytes from its beginning. %r12d: how many descriptors are polled. %r13d: how often no slot for a turn was free.
 * %r14d: PID of the keeper that it guards; 0 if it acts itself. %r15d: HOLD and ALARM.
 */
export function waiterX86(): CodeItem[] {
  return [
    ...x86Start(),
    ...x86Ends(),
    ...x86Waiting(),
    ...x86Ping(),
    ...x86Turn(),
    ...x86Functions(),
    { label: "keeper name" },
    nameText("keeper"),
    { label: "guard name" },
    nameText("guard"),
    { label: "ping text" },
    codeText(PING).slice(0, -1),
  ];
}
