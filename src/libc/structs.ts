/**
 * Offsets of the members of C's structures in bytes, by their names in the headers; defined nowhere else. They are the
 * same in glibc and musl, on x86-64 and arm64, unless noted.
 */
import { ARM } from "./machine.ts";

/** signal.h. More bytes than the struct has (152); zeroed, it means SIG_DFL without flags. */
export const SIGACTION = { bytes: 160, sa_handler: 0, sa_mask: 8, sa_flags: 136 } as const;
/**
 * Where the executable's gate marks that the caller ignored the engine's own signal, which needs a handler: the last
 * signal in the mask of its action.
 */
export const GATE_MARK = { byte: 15, bit: 0x80 } as const;
/** signal.h: sigset_t. */
export const SIGSET_BYTES = 128;
/** The kernel's own, as system calls take it. */
export const KERNEL_SIGSET_BYTES = 8;
/** signal.h: siginfo_t of SIGCHLD, as waitid(2) fills it. */
export const SIGINFO = { bytes: 128, si_code: 8, si_pid: 16 } as const;
/** sys/signalfd.h */
export const SIGNALFD_SIGINFO = { bytes: 128, ssi_signo: 0, ssi_code: 8 } as const;

/** linux/mount.h: struct mount_attr. */
export const MOUNT_ATTR = { bytes: 32, attr_set: 0, attr_clr: 8 } as const;
/** net/if.h: struct ifreq. */
export const IFREQ = { bytes: 40, ifr_name: 0, ifr_flags: 16 } as const;

/** sys/socket.h. musl's narrower lengths lie at the same places, and the padding behind them is zero. */
export const MSGHDR = {
  bytes: 56,
  msg_name: 0,
  msg_namelen: 8,
  msg_iov: 16,
  msg_iovlen: 24,
  msg_control: 32,
  msg_controllen: 40,
  msg_flags: 48,
} as const;
/** sys/uio.h */
export const IOVEC = { bytes: 16, iov_base: 0, iov_len: 8 } as const;
/** sys/socket.h: a control message; `data` is where what it carries begins, cmsg(3). */
export const CMSGHDR = { cmsg_len: 0, cmsg_level: 8, cmsg_type: 12, data: 16 } as const;
/** sys/socket.h: what SCM_CREDENTIALS carries. */
export const UCRED = { bytes: 12, pid: 0, uid: 4 } as const;
/** sys/un.h: a family of two bytes, then the name. */
export const SOCKADDR_UN_BYTES = 110;
/** netdb.h */
export const ADDRINFO = {
  bytes: 48,
  ai_socktype: 8,
  ai_addrlen: 16,
  ai_addr: 24,
  ai_next: 40,
} as const;

/** fcntl.h */
export const FLOCK = { bytes: 32, l_type: 0, l_pid: 24 } as const;

/** time.h */
export const TIMESPEC = { bytes: 16, tv_sec: 0, tv_nsec: 8 } as const;
/** time.h: more bytes than struct tm has; the members are ints, from 0 on: seconds, minutes, hours, day, month, year. */
export const TM = { bytes: 64, tm_sec: 0 } as const;
/** time.h: two struct timespec, of the last access and of the last modification, futimens(3). */
export const FILE_TIMES = { bytes: 32, access_nsec: 8, modify_sec: 16, modify_nsec: 24 } as const;
/** time.h: two struct timespec. */
export const ITIMERSPEC = { bytes: 32, it_value: 16 } as const;

/** asm-generic/termbits.h: struct termios of TCGETS, which is not that of libc. */
export const TERMIOS = { c_iflag: 0, c_oflag: 4, c_cflag: 8, c_lflag: 12, c_cc: 17 } as const;

/** poll.h */
export const POLLFD = { bytes: 8, fd: 0, events: 4, revents: 6 } as const;
/** sys/epoll.h: packed on x86-64. */
export const EPOLL_EVENT = { bytes: ARM ? 16 : 12, events: 0, data: ARM ? 8 : 4 } as const;

/** linux/stat.h, statx(2): made to be the same everywhere. */
export const STATX = {
  bytes: 256,
  stx_nlink: 16,
  stx_uid: 20,
  stx_gid: 24,
  stx_mode: 28,
  stx_ino: 32,
  stx_size: 40,
  stx_ctime: 96,
  stx_mtime: 112,
  stx_rdev: 128,
  stx_dev: 136,
} as const;
/** linux/dirent.h: struct linux_dirent64, getdents64(2). */
export const DIRENT64 = { d_reclen: 16, d_type: 18, d_name: 19 } as const;

/** sys/inotify.h; the name follows, padded with NULs to `len` bytes. */
export const INOTIFY_EVENT = { wd: 0, mask: 4, len: 12, name: 16 } as const;

/** pwd.h */
export const PASSWD = { bytes: 48, pw_uid: 16, pw_gid: 20, pw_dir: 32, pw_shell: 40 } as const;
/** grp.h */
export const GROUP = { bytes: 32, gr_gid: 16 } as const;

/** linux/pidfd.h, as PIDFD_GET_INFO has it in its first version. */
export const PIDFD_INFO = { bytes: 64, mask: 0, exit_code: 60 } as const;

/** linux/filter.h: an instruction of classic BPF, and a program of them. */
export const SOCK_FILTER = { bytes: 8, code: 0, jt: 2, jf: 3, k: 4 } as const;
export const SOCK_FPROG = { bytes: 16, len: 0, filter: 8 } as const;
/** linux/seccomp.h; of the arguments, the low half of the first. */
export const SECCOMP_DATA = { nr: 0, arch: 4, args: 16 } as const;
export const SECCOMP_NOTIF = { bytes: 80, id: 0, pid: 8 } as const;
export const SECCOMP_NOTIF_RESP = { bytes: 24, id: 0, error: 16 } as const;

/** spawn.h. More than posix_spawnattr_t (336) and posix_spawn_file_actions_t (80) have. */
export const POSIX_SPAWNATTR_BYTES = 512;
export const POSIX_SPAWN_ACTIONS_BYTES = 128;

/** sys/resource.h */
export const RLIMIT = { bytes: 16, rlim_cur: 0, rlim_max: 8 } as const;
/** linux/capability.h: the header, and of the two words that each set has, the second lies `next` bytes further. */
export const CAPABILITIES = {
  header: { bytes: 8, version: 0 },
  data: { bytes: 24, effective: 0, permitted: 4, next: 12 },
} as const;

/** elf.h: Elf64_Ehdr. In Elf32_Ehdr everything up to `e_machine` lies at the same places. */
export const ELF64_EHDR = {
  bytes: 64,
  ei_class: 4,
  ei_data: 5,
  ei_version: 6,
  e_type: 16,
  e_machine: 18,
  e_version: 20,
  e_entry: 24,
  e_phoff: 32,
  e_ehsize: 52,
  e_phentsize: 54,
  e_phnum: 56,
} as const;
export const ELF32_EHDR_BYTES = 52;
/** elf.h */
export const ELF64_PHDR = {
  bytes: 56,
  p_type: 0,
  p_flags: 4,
  p_offset: 8,
  p_vaddr: 16,
  p_paddr: 24,
  p_filesz: 32,
  p_memsz: 40,
  p_align: 48,
} as const;
