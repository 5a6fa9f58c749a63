import {
  CLOCK_REALTIME,
  EAGAIN,
  ECANCELED,
  EINTR,
  TFD_CLOEXEC,
  TFD_NONBLOCK,
  TFD_TIMER_ABSTIME,
  TFD_TIMER_CANCEL_ON_SET,
} from "../abi.ts";
import { ITIMERSPEC } from "../structs.ts";
import { errno, systemError } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";

const c = libc("timerfd_create", "timerfd_settime", "read");

/** When a timer expires: after a time, unaffected by clock changes, or at a time of the clock; milliseconds. */
export type TimerSetting = { readonly after: number } | { readonly at: number } | "never";

/** A non-blocking, close-on-exec timer descriptor on the system clock; timerfd_create(2). @throws ImpError */
export function openTimer(): number {
  const fd = c.timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (fd < 0) throw systemError(errno(), "make", "a timer");
  return fd;
}

/**
 * Sets a timer, replacing its setting. One set to a time of the clock also becomes readable when somebody changes the
 * clock.
 * @throws ImpError
 */
export function setTimer(fd: number, setting: TimerSetting): void {
  const absolute = typeof setting === "object" && "at" in setting;
  const ms = setting === "never" ? 0 : "at" in setting ? setting.at : setting.after;
  scratch(() => {
    const { view, address } = allocate(ITIMERSPEC.bytes);
    // 0 would mean never.
    const microseconds = setting === "never" ? 0 : Math.max(1, Math.ceil(ms * 1000));
    const seconds = Math.floor(microseconds / 1e6);
    view.setBigInt64(ITIMERSPEC.it_value, BigInt(seconds), true);
    const rest = BigInt(microseconds - seconds * 1e6) * 1000n;
    view.setBigInt64(ITIMERSPEC.it_value + 8, rest, true);
    const flags = absolute ? TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET : 0;
    if (c.timerfd_settime(fd, flags, address, 0) < 0) throw systemError(errno(), "set", "a timer");
  });
}

/** Sets a timer by a struct itimerspec, if it has the right size. */
export function setTimerBy(fd: number, setting: Uint8Array): void {
  scratch(() => {
    const { bytes, address } = allocate(ITIMERSPEC.bytes);
    bytes.set(setting);
    c.timerfd_settime(fd, 0, address, 0);
  });
}

/**
 * What happened to a timer since it was set or read: it `expired`, the `clock` was changed, or nothing.
 * @throws ImpError (EBADF, EINVAL)
 */
export function readTimer(fd: number): "expired" | "clock" | undefined {
  return scratch(() => {
    const { address } = allocate(8);
    for (;;) {
      if (c.read(fd, address, 8) > 0) return "expired";
      const code = errno();
      if (code === EAGAIN) return undefined;
      if (code === ECANCELED) return "clock";
      if (code !== EINTR) throw systemError(code, "read", "a timer");
    }
  });
}
