import { type CodeItem, codeText } from "../../../base/machine_code/assemble.ts";
import { nameText, PING } from "../parts.ts";
import { armEnds } from "./ends.ts";
import { armFunctions } from "./functions.ts";
import { armPing } from "./ping.ts";
import { armStart } from "./start.ts";
import { armTurn } from "./turn.ts";
import { armWaiting } from "./waiting.ts";

/**
 * A waiter (behaviour.ts) in arm64 instructions, each with its meaning, in the same order as for x86-64.
 *
 * x19: the page. x20: argc and what follows it. sp: the frame. w22: PID of the keeper that it guards; 0 if it acts
 * itself. w23: HOLD and ALARM. w24: how many descriptors are polled. w25: how often no slot for a turn was free.
 */
export function waiterArm64(): CodeItem[] {
  return [
    ...armStart(),
    ...armEnds(),
    ...armWaiting(),
    ...armPing(),
    ...armTurn(),
    ...armFunctions(),
    { label: "keeper name" },
    nameText("keeper"),
    { label: "guard name" },
    nameText("guard"),
    { label: "ping text" },
    codeText(PING).slice(0, -1),
    { label: "root" },
    [0x2f, 0],
  ];
}
