import type { NativeSignature, NativeType } from "../runtime/types.ts";

/**
 * Every libc function that imp calls, in one table. Functions that musl lacks are not here: they go through
 * `syscall` with the numbers of syscalls.ts.
 *
 * Variadic functions (open, openat, fcntl, ioctl, prctl, syscall) are declared with the fixed arguments that imp
 * passes: on x86-64 and arm64 Linux these travel in the same registers either way.
 */
export const SYMBOLS = {
  // processes
  fork: fn([], "i32"),
  setsid: fn([], "i32"),
  setpgid: fn(["i32", "i32"], "i32"),
  getpgid: fn(["i32"], "i32"),
  getsid: fn(["i32"], "i32"),
  getpid: fn([], "i32"),
  getppid: fn([], "i32"),
  execve: fn(["pointer", "pointer", "pointer"], "i32"),
  _exit: fn(["i32"], "void"),
  waitpid: fn(["i32", "pointer", "i32"], "i32"),
  wait4: fn(["i32", "pointer", "i32", "pointer"], "i32"),
  kill: fn(["i32", "i32"], "i32"),
  prctl: fn(["i32", "u64", "u64", "u64", "u64"], "i32"),
  alarm: fn(["u32"], "u32"),
  madvise: fn(["u64", "u64", "i32"], "i32"),
  getauxval: fn(["u64"], "u64"),
  sysconf: fn(["i32"], "i64"),
  syscall: fn(["i64", "i64", "i64", "i64", "i64", "i64", "i64"], "i64"),
  getpriority: fn(["i32", "u32"], "i32"),
  setpriority: fn(["i32", "u32", "i32"], "i32"),
  getrlimit: fn(["i32", "pointer"], "i32"),
  setrlimit: fn(["i32", "pointer"], "i32"),
  // posix_spawn
  posix_spawn: fn(["pointer", "pointer", "pointer", "pointer", "pointer", "pointer"], "i32"),
  posix_spawnattr_init: fn(["pointer"], "i32"),
  posix_spawnattr_setflags: fn(["pointer", "i16"], "i32"),
  posix_spawnattr_setpgroup: fn(["pointer", "i32"], "i32"),
  posix_spawnattr_setsigdefault: fn(["pointer", "pointer"], "i32"),
  posix_spawnattr_setsigmask: fn(["pointer", "pointer"], "i32"),
  posix_spawn_file_actions_init: fn(["pointer"], "i32"),
  posix_spawn_file_actions_destroy: fn(["pointer"], "i32"),
  posix_spawn_file_actions_adddup2: fn(["pointer", "i32", "i32"], "i32"),
  posix_spawn_file_actions_addclose: fn(["pointer", "i32"], "i32"),
  posix_spawn_file_actions_addopen: fn(["pointer", "i32", "pointer", "i32", "u32"], "i32"),
  // signals
  sigaction: fn(["i32", "pointer", "pointer"], "i32"),
  sigprocmask: fn(["i32", "pointer", "pointer"], "i32"),
  // identity
  getuid: fn([], "u32"),
  geteuid: fn([], "u32"),
  getgid: fn([], "u32"),
  setuid: fn(["u32"], "i32"),
  setgid: fn(["u32"], "i32"),
  setgroups: fn(["size", "pointer"], "i32"),
  getgroups: fn(["i32", "pointer"], "i32"),
  getpwnam_r: fn(["pointer", "pointer", "pointer", "size", "pointer"], "i32"),
  getpwuid_r: fn(["u32", "pointer", "pointer", "size", "pointer"], "i32"),
  getgrnam_r: fn(["pointer", "pointer", "pointer", "size", "pointer"], "i32"),
  getgrgid_r: fn(["u32", "pointer", "pointer", "size", "pointer"], "i32"),
  getgrouplist: fn(["pointer", "u32", "pointer", "pointer"], "i32"),
  // files and directories
  open: fn(["pointer", "i32", "u32"], "i32"),
  openat: fn(["i32", "pointer", "i32", "u32"], "i32"),
  close: fn(["i32"], "i32"),
  read: fn(["i32", "pointer", "size"], "ssize"),
  write: fn(["i32", "pointer", "size"], "ssize"),
  pread: fn(["i32", "pointer", "size", "i64"], "ssize"),
  pwrite: fn(["i32", "pointer", "size", "i64"], "ssize"),
  lseek: fn(["i32", "i64", "i32"], "i64"),
  ftruncate: fn(["i32", "i64"], "i32"),
  fallocate: fn(["i32", "i32", "i64", "i64"], "i32"),
  fsync: fn(["i32"], "i32"),
  flock: fn(["i32", "i32"], "i32"),
  fcntl: fn(["i32", "i32", "i64"], "i32"),
  dup2: fn(["i32", "i32"], "i32"),
  pipe2: fn(["pointer", "i32"], "i32"),
  poll: fn(["pointer", "u64", "i32"], "i32"),
  chdir: fn(["pointer"], "i32"),
  fchdir: fn(["i32"], "i32"),
  chroot: fn(["pointer"], "i32"),
  umask: fn(["u32"], "u32"),
  mkdir: fn(["pointer", "u32"], "i32"),
  mkdirat: fn(["i32", "pointer", "u32"], "i32"),
  rmdir: fn(["pointer"], "i32"),
  unlinkat: fn(["i32", "pointer", "i32"], "i32"),
  renameat: fn(["i32", "pointer", "i32", "pointer"], "i32"),
  readlink: fn(["pointer", "pointer", "size"], "ssize"),
  faccessat: fn(["i32", "pointer", "i32", "i32"], "i32"),
  fchown: fn(["i32", "u32", "u32"], "i32"),
  fchmod: fn(["i32", "u32"], "i32"),
  // terminals
  isatty: fn(["i32"], "i32"),
  ioctl: fn(["i32", "u64", "pointer"], "i32"),
  posix_openpt: fn(["i32"], "i32"),
  grantpt: fn(["i32"], "i32"),
  unlockpt: fn(["i32"], "i32"),
  ptsname_r: fn(["i32", "pointer", "size"], "i32"),
  tcgetpgrp: fn(["i32"], "i32"),
  // errno
  __errno_location: fn([], "pointer"),
} as const satisfies Record<string, NativeSignature>;

export type SymbolName = keyof typeof SYMBOLS;

function fn<const P extends readonly NativeType[], R extends NativeType>(parameters: P, result: R) {
  return { parameters, result } as const;
}
