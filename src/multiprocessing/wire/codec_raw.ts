/** A value that is encoded already and is only passed on: inside of another one it travels as it is. */
export class Raw {
  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {}
}
