import type { NativeSignature } from "../runtime/types.ts";

/**
 * Every libc function that imp calls, in one table. Functions that musl lacks are not here: they go through
 * `syscall` with the numbers of syscalls.ts.
 *
 * Variadic functions (open, openat, fcntl, ioctl, prctl, syscall) are declared with the fixed arguments that imp
 * passes: on x86-64 and arm64 Linux these travel in the same registers either way.
 */
export const SYMBOLS = {
  // processes
  fork: { parameters: [], result: "i32" },
  setsid: { parameters: [], result: "i32" },
  setpgid: { parameters: ["i32", "i32"], result: "i32" },
  getpgid: { parameters: ["i32"], result: "i32" },
  getsid: { parameters: ["i32"], result: "i32" },
  getpid: { parameters: [], result: "i32" },
  getppid: { parameters: [], result: "i32" },
  execve: { parameters: ["pointer", "pointer", "pointer"], result: "i32" },
  _exit: { parameters: ["i32"], result: "void" },
  waitpid: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  waitid: { parameters: ["i32", "u32", "pointer", "i32"], result: "i32" },
  wait4: { parameters: ["i32", "pointer", "i32", "pointer"], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  alarm: { parameters: ["u32"], result: "u32" },
  madvise: { parameters: ["u64", "u64", "i32"], result: "i32" },
  getauxval: { parameters: ["u64"], result: "u64" },
  sysconf: { parameters: ["i32"], result: "i64" },
  syscall: { parameters: ["i64", "i64", "i64", "i64", "i64", "i64", "i64"], result: "i64" },
  getpriority: { parameters: ["i32", "u32"], result: "i32" },
  setpriority: { parameters: ["i32", "u32", "i32"], result: "i32" },
  getrlimit: { parameters: ["i32", "pointer"], result: "i32" },
  setrlimit: { parameters: ["i32", "pointer"], result: "i32" },
  // posix_spawn
  posix_spawn: {
    parameters: ["pointer", "pointer", "pointer", "pointer", "pointer", "pointer"],
    result: "i32",
  },
  posix_spawnattr_init: { parameters: ["pointer"], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["pointer", "i16"], result: "i32" },
  posix_spawnattr_setpgroup: { parameters: ["pointer", "i32"], result: "i32" },
  posix_spawnattr_setsigdefault: { parameters: ["pointer", "pointer"], result: "i32" },
  posix_spawnattr_setsigmask: { parameters: ["pointer", "pointer"], result: "i32" },
  posix_spawn_file_actions_init: { parameters: ["pointer"], result: "i32" },
  posix_spawn_file_actions_destroy: { parameters: ["pointer"], result: "i32" },
  posix_spawn_file_actions_adddup2: { parameters: ["pointer", "i32", "i32"], result: "i32" },
  posix_spawn_file_actions_addclose: { parameters: ["pointer", "i32"], result: "i32" },
  posix_spawn_file_actions_addopen: {
    parameters: ["pointer", "i32", "pointer", "i32", "u32"],
    result: "i32",
  },
  /** glibc 2.35 and later; bind it alone. */
  posix_spawn_file_actions_addtcsetpgrp_np: { parameters: ["pointer", "i32"], result: "i32" },
  // signals
  sigaction: { parameters: ["i32", "pointer", "pointer"], result: "i32" },
  sigprocmask: { parameters: ["i32", "pointer", "pointer"], result: "i32" },
  signalfd: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  // identity
  getuid: { parameters: [], result: "u32" },
  geteuid: { parameters: [], result: "u32" },
  getgid: { parameters: [], result: "u32" },
  setuid: { parameters: ["u32"], result: "i32" },
  setgid: { parameters: ["u32"], result: "i32" },
  setgroups: { parameters: ["size", "pointer"], result: "i32" },
  getgroups: { parameters: ["i32", "pointer"], result: "i32" },
  getpwnam_r: { parameters: ["pointer", "pointer", "pointer", "size", "pointer"], result: "i32" },
  getpwuid_r: { parameters: ["u32", "pointer", "pointer", "size", "pointer"], result: "i32" },
  getgrnam_r: { parameters: ["pointer", "pointer", "pointer", "size", "pointer"], result: "i32" },
  getgrgid_r: { parameters: ["u32", "pointer", "pointer", "size", "pointer"], result: "i32" },
  getgrouplist: { parameters: ["pointer", "u32", "pointer", "pointer"], result: "i32" },
  // files and directories
  open: { parameters: ["pointer", "i32", "u32"], result: "i32" },
  openat: { parameters: ["i32", "pointer", "i32", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "pointer", "size"], result: "ssize" },
  write: { parameters: ["i32", "pointer", "size"], result: "ssize" },
  pread: { parameters: ["i32", "pointer", "size", "i64"], result: "ssize" },
  pwrite: { parameters: ["i32", "pointer", "size", "i64"], result: "ssize" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  fallocate: { parameters: ["i32", "i32", "i64", "i64"], result: "i32" },
  fsync: { parameters: ["i32"], result: "i32" },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i64"], result: "i32" },
  dup2: { parameters: ["i32", "i32"], result: "i32" },
  pipe2: { parameters: ["pointer", "i32"], result: "i32" },
  poll: { parameters: ["pointer", "u64", "i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "pointer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "pointer", "i32", "i32"], result: "i32" },
  sendfile: { parameters: ["i32", "i32", "pointer", "size"], result: "ssize" },
  // sockets and memory that processes share
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "pointer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "pointer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "pointer", "pointer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "pointer", "u32"], result: "i32" },
  getaddrinfo: { parameters: ["pointer", "pointer", "pointer", "pointer"], result: "i32" },
  freeaddrinfo: { parameters: ["pointer"], result: "void" },
  socketpair: { parameters: ["i32", "i32", "i32", "pointer"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  sendmsg: { parameters: ["i32", "pointer", "i32"], result: "ssize" },
  recvmsg: { parameters: ["i32", "pointer", "i32"], result: "ssize" },
  mmap: { parameters: ["pointer", "size", "i32", "i32", "i32", "i64"], result: "pointer" },
  munmap: { parameters: ["pointer", "size"], result: "i32" },
  // the place of a process among directories
  chdir: { parameters: ["pointer"], result: "i32" },
  fchdir: { parameters: ["i32"], result: "i32" },
  chroot: { parameters: ["pointer"], result: "i32" },
  umask: { parameters: ["u32"], result: "u32" },
  mkdir: { parameters: ["pointer", "u32"], result: "i32" },
  mkdirat: { parameters: ["i32", "pointer", "u32"], result: "i32" },
  rmdir: { parameters: ["pointer"], result: "i32" },
  unlinkat: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  renameat: { parameters: ["i32", "pointer", "i32", "pointer"], result: "i32" },
  readlink: { parameters: ["pointer", "pointer", "size"], result: "ssize" },
  faccessat: { parameters: ["i32", "pointer", "i32", "i32"], result: "i32" },
  fchown: { parameters: ["i32", "u32", "u32"], result: "i32" },
  fchmod: { parameters: ["i32", "u32"], result: "i32" },
  // terminals
  isatty: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "pointer"], result: "i32" },
  posix_openpt: { parameters: ["i32"], result: "i32" },
  grantpt: { parameters: ["i32"], result: "i32" },
  unlockpt: { parameters: ["i32"], result: "i32" },
  ptsname_r: { parameters: ["i32", "pointer", "size"], result: "i32" },
  tcgetpgrp: { parameters: ["i32"], result: "i32" },
  tcsetpgrp: { parameters: ["i32", "i32"], result: "i32" },
  // the C library itself
  dlsym: { parameters: ["pointer", "pointer"], result: "pointer" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  // time
  localtime_r: { parameters: ["pointer", "pointer"], result: "pointer" },
  // errno
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Record<string, NativeSignature>;

export type SymbolName = keyof typeof SYMBOLS;
