import type { CodeItem } from "../../base/machine_code/assemble.ts";
export function waiterArm64(): CodeItem[] {
  return [];
}
