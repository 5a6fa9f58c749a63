/** What the Linux ABI numbers differently on x86-64 and arm64. */
import { runtime } from "../runtime/mod.ts";

/** Whether this is arm64; else x86-64. */
export const ARM = runtime.arch === "arm64";

// fcntl.h
export const O_DIRECTORY = ARM ? 0o40000 : 0o200000;
export const O_NOFOLLOW = ARM ? 0o100000 : 0o400000;
export const O_TMPFILE = 0o20000000 | O_DIRECTORY;

// unistd.h of x86-64, and the generic one that arm64 uses: what imp calls by number, since musl has no function for it.
export const SYSCALLS = {
  rt_sigaction: [13, 134],
  getdents64: [217, 61],
  sched_setaffinity: [203, 122],
  sched_getaffinity: [204, 123],
  statx: [332, 291],
  memfd_create: [319, 279],
  pidfd_getfd: [438, 438],
  pidfd_open: [434, 434],
  ioprio_set: [251, 30],
  pidfd_send_signal: [424, 424],
  close_range: [436, 436],
  seccomp: [317, 277],
  // For the calling thread alone; libc's functions change every thread.
  setgroups: [116, 159],
  setresuid: [117, 147],
  setresgid: [119, 149],
  capget: [125, 90],
  mount_setattr: [442, 442],
  // Probed before machine code relies on them.
  rt_sigtimedwait: [128, 137],
  execveat: [322, 281],
} as const;

/**
 * The same for the code that imp assembles, for either machine. Where two calls do the same, arm64 has only the newer
 * one.
 */
export const ASSEMBLED_SYSCALLS = {
  chdir: [80, 49],
  clock_gettime: [228, 113],
  clone: [56, 220],
  execve: [59, 221],
  execveat: [322, 281],
  exit_group: [231, 94],
  flock: [73, 32],
  getpid: [39, 172],
  getppid: [110, 173],
  kill: [62, 129],
  mmap: [9, 222],
  nanosleep: [35, 101],
  ppoll: [271, 73],
  prctl: [157, 167],
  read: [0, 63],
  recvmsg: [47, 212],
  rt_sigprocmask: [14, 135],
  rt_sigtimedwait: [128, 137],
  setsid: [112, 157],
  timerfd_settime: [286, 86],
  wait4: [61, 260],
} as const;

/** Those that make a process. -1: arm64 lacks it. */
export const FORKING_SYSCALLS = {
  fork: [57, -1],
  vfork: [58, -1],
  clone: [56, 220],
  clone3: [435, 435],
} as const;

/** System calls in which processes wait, and others worth naming when they do not return. -1: arm64 lacks it. */
export const WAITING_SYSCALLS = {
  read: [0, 63],
  write: [1, 64],
  open: [2, -1],
  close: [3, 57],
  stat: [4, -1],
  poll: [7, -1],
  ioctl: [16, 29],
  pread64: [17, 67],
  pwrite64: [18, 68],
  readv: [19, 65],
  writev: [20, 66],
  select: [23, -1],
  pause: [34, -1],
  nanosleep: [35, 101],
  sendfile: [40, 71],
  connect: [42, 203],
  accept: [43, 202],
  sendto: [44, 206],
  recvfrom: [45, 207],
  sendmsg: [46, 211],
  recvmsg: [47, 212],
  clone: [56, 220],
  vfork: [58, -1],
  wait4: [61, 260],
  semop: [65, 193],
  msgsnd: [69, 189],
  msgrcv: [70, 188],
  fcntl: [72, 25],
  flock: [73, 32],
  fsync: [74, 82],
  fdatasync: [75, 83],
  unlink: [87, -1],
  rt_sigtimedwait: [128, 137],
  rt_sigsuspend: [130, 133],
  sync: [162, 81],
  futex: [202, 98],
  io_getevents: [208, 4],
  restart_syscall: [219, 128],
  semtimedop: [220, 192],
  clock_nanosleep: [230, 115],
  epoll_wait: [232, -1],
  mq_timedreceive: [243, 183],
  waitid: [247, 95],
  openat: [257, 56],
  newfstatat: [262, 79],
  unlinkat: [263, 35],
  pselect6: [270, 72],
  ppoll: [271, 73],
  splice: [275, 76],
  epoll_pwait: [281, 22],
  accept4: [288, 242],
  recvmmsg: [299, 243],
  sendmmsg: [307, 269],
  statx: [332, 291],
  io_uring_enter: [426, 426],
  epoll_pwait2: [441, 441],
  futex_waitv: [449, 449],
} as const;
