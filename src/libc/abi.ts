/**
 * The numbers of the Linux ABI by their names in the headers, defined nowhere else; what differs between x86-64 and
 * arm64 is in machine.ts. Without imports here, the bundler inlines them, and no start has to load them.
 */

// errno.h

/** Every name of errno.h, in order of its number; `-` for numbers that Linux does not have. */
export const ERRNO_NAMES =
  "- EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES " +
  "EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY " +
  "ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK " +
  "ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH " +
  "ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME " +
  "ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG " +
  "EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ " +
  "ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT " +
  "EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE " +
  "EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN " +
  "ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY " +
  "EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE " +
  "ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL " +
  "EHWPOISON";

export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const EINTR = 4;
export const EIO = 5;
export const ENXIO = 6;
export const E2BIG = 7;
export const ENOEXEC = 8;
export const EBADF = 9;
export const ECHILD = 10;
export const EAGAIN = 11;
export const EWOULDBLOCK = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EEXIST = 17;
export const ENOTDIR = 20;
export const EISDIR = 21;
export const EINVAL = 22;
export const EMFILE = 24;
export const ETXTBSY = 26;
export const ENOSPC = 28;
export const EROFS = 30;
export const EPIPE = 32;
export const ERANGE = 34;
export const ENAMETOOLONG = 36;
export const EDEADLK = 35;
export const ENOSYS = 38;
export const ELOOP = 40;
export const EMSGSIZE = 90;
export const EAFNOSUPPORT = 97;
export const EADDRINUSE = 98;
export const EADDRNOTAVAIL = 99;
export const EOPNOTSUPP = 95;
export const ECONNRESET = 104;
export const ETOOMANYREFS = 109;
export const ECONNREFUSED = 111;
export const EINPROGRESS = 115;
export const EDQUOT = 122;
export const ECANCELED = 125;

// signal.h

/** The standard signals of x86-64 and arm64, signal(7), in order of number. */
export const SIGNAL_NAMES =
  " HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN " +
  "TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS";

export const SIG_DFL = 0n;
export const SIGHUP = 1;
export const SIG_IGN = 1n;
export const SIGINT = 2;
export const SIG_BLOCK = 0;
export const SIG_SETMASK = 2;
export const SIGQUIT = 3;
export const SA_SIGINFO = 4;
export const SIGKILL = 9;
export const SIGUSR1 = 10;
export const SIGSEGV = 11;
export const SIGUSR2 = 12;
export const SIGPIPE = 13;
export const SIGALRM = 14;
export const SIGTERM = 15;
export const SIGSTKFLT = 16;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGSTOP = 19;
export const SIGTSTP = 20;
export const SIGTTIN = 21;
export const SIGTTOU = 22;
export const SIGURG = 23;
export const SIGXFSZ = 25;
export const SIGWINCH = 28;
export const SIGPWR = 30;
export const SIGRTMIN = 34;
export const SIGRTMAX = 64;
export const SI_KERNEL = 0x80;
export const SA_RESTART = 0x10000000;

// fcntl.h
export const AT_FDCWD = -100;
export const O_RDONLY = 0;
export const FALLOC_FL_KEEP_SIZE = 1;
export const FD_CLOEXEC = 1;
export const F_GETFD = 1;
export const F_WRLCK = 1;
export const LOCK_SH = 1;
export const O_WRONLY = 1;
export const F_SETFD = 2;
export const F_UNLCK = 2;
export const LOCK_EX = 2;
export const O_RDWR = 2;
export const SEEK_END = 2;
export const FALLOC_FL_PUNCH_HOLE = 3;
export const FALLOC_FL_COLLAPSE_RANGE = 8;
export const SPLICE_F_NONBLOCK = 2;
export const F_GETFL = 3;
export const O_ACCMODE = 3;
export const F_SETFL = 4;
export const LOCK_NB = 4;
export const F_GETLK = 5;
export const F_SETLK = 6;
export const F_SETOWN = 8;
export const LOCK_UN = 8;
export const F_SETSIG = 10;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const O_NOCTTY = 0o400;
export const AT_EACCESS = 0x200;
export const AT_REMOVEDIR = 0x200;
export const O_TRUNC = 0o1000;
export const F_SETLEASE = 1024;
export const O_APPEND = 0o2000;
export const F_DUPFD_CLOEXEC = 1030;
export const F_SETPIPE_SZ = 1031;
export const O_NONBLOCK = 0o4000;
export const AT_EMPTY_PATH = 0x1000;
export const O_ASYNC = 0o20000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;

// unistd.h
export const X_OK = 1;
export const SC_CLK_TCK = 2;
/** linux/posix-timers.h: in the low bits of another process' clock id, selects the scheduler's CPU time. */
export const CPUCLOCK_SCHED = 2;
export const W_OK = 2;
export const CLOSE_RANGE_CLOEXEC = 4;
export const SC_PAGESIZE = 30;

// timerfd.h, time.h
export const CLOCK_REALTIME = 0;
export const TFD_TIMER_ABSTIME = 1;
export const TFD_TIMER_CANCEL_ON_SET = 2;
export const TFD_NONBLOCK = O_NONBLOCK;
export const TFD_CLOEXEC = O_CLOEXEC;

// wait.h
export const P_ALL = 0;
export const P_PID = 1;
export const WNOHANG = 1;
export const WSTOPPED = 2;
export const WUNTRACED = 2;
export const WEXITED = 4;
export const WCONTINUED = 8;
export const WNOWAIT = 0x0100_0000;
export const __WALL = 0x4000_0000;

// sched.h, pidfd.h, prctl.h
export const PRIO_PROCESS = 0;
export const PR_CAP_AMBIENT_IS_SET = 1;
export const PR_SET_PDEATHSIG = 1;
export const SECCOMP_FILTER_FLAG_TSYNC = 1;
export const SECCOMP_FILTER_FLAG_NEW_LISTENER = 8;
export const SECCOMP_RET_ERRNO = 0x0005_0000;
export const SECCOMP_RET_ALLOW = 0x7fff_0000;
export const SECCOMP_RET_KILL_PROCESS = 0x8000_0000;
export const CLONE_THREAD = 0x0001_0000;
export const CLONE_NEWNS = 0x0002_0000;
export const CLONE_NEWUSER = 0x1000_0000;
export const CLONE_NEWNET = 0x4000_0000;
export const CLONE_PARENT_SETTID = 0x0010_0000;
export const SECCOMP_RET_USER_NOTIF = 0x7fc0_0000;
export const SECCOMP_IOCTL_NOTIF_RECV = 0xc050_2100;
export const SECCOMP_IOCTL_NOTIF_SEND = 0xc018_2101;
export const SECCOMP_SET_MODE_FILTER = 1;
export const PR_SET_DUMPABLE = 4;
export const PR_SET_NAME = 15;
/** Since Linux 6.15. */
export const PIDFD_INFO_EXIT = 8n;
export const PR_SET_CHILD_SUBREAPER = 36;
export const PR_SET_NO_NEW_PRIVS = 38;
export const PR_CAP_AMBIENT = 47;
export const PF_EXITING = 0x00000004;
export const PF_KTHREAD = 0x00200000;
/** _IOWR(0xFF, 11, struct pidfd_info) in its first version; since Linux 6.13. */
export const PIDFD_GET_INFO = 0xc040ff0b;

// ioprio.h, spawn.h
export const IOPRIO_WHO_PROCESS = 1;
export const IOPRIO_CLASS_SHIFT = 13;
export const POSIX_SPAWN_SETPGROUP = 0x02;
export const POSIX_SPAWN_SETSIGDEF = 0x04;
export const POSIX_SPAWN_SETSIGMASK = 0x08;
export const POSIX_SPAWN_SETSID = 0x80;

// socket.h
export const AF_UNIX = 1;
export const AF_INET6 = 10;
export const IPV6_V6ONLY = 26;
export const IPPROTO_IPV6 = 41;
export const SO_REUSEADDR = 2;
export const SCM_RIGHTS = 1;
export const SOCK_STREAM = 1;
export const SOL_SOCKET = 1;
export const SCM_CREDENTIALS = 2;
export const SHUT_RDWR = 2;
export const AF_INET = 2;
export const SOCK_DGRAM = 2;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SOCK_SEQPACKET = 5;
export const MSG_CTRUNC = 0x8;
export const SO_PASSCRED = 16;
export const SO_PEERCRED = 17;
export const MSG_TRUNC = 0x20;
export const MSG_PEEK = 2;
export const MSG_DONTWAIT = 0x40;
export const SOCK_NONBLOCK = 0o4000;
export const MSG_NOSIGNAL = 0x4000;
export const SOCK_CLOEXEC = 0o2000000;
export const MSG_CMSG_CLOEXEC = 0x40000000;

// poll.h, epoll.h
export const EPOLL_CTL_ADD = 1;
export const POLLIN = 1;
export const EPOLL_CTL_DEL = 2;
export const POLLOUT = 4;
export const POLLERR = 8;
export const POLLHUP = 16;
export const EPOLL_CLOEXEC = 0o2000000;

// inotify.h
export const IN_MODIFY = 0x2;
export const IN_ATTRIB = 0x4;
export const IN_CLOSE_WRITE = 0x8;
export const IN_MOVED_FROM = 0x40;
export const IN_MOVED_TO = 0x80;
export const IN_CREATE = 0x100;
export const IN_DELETE = 0x200;
export const IN_DELETE_SELF = 0x400;
export const IN_MOVE_SELF = 0x800;
export const IN_UNMOUNT = 0x2000;
export const IN_Q_OVERFLOW = 0x4000;
export const IN_IGNORED = 0x8000;
export const IN_ONLYDIR = 0x100_0000;
export const IN_DONT_FOLLOW = 0x200_0000;
export const IN_MASK_ADD = 0x2000_0000;
export const IN_ISDIR = 0x4000_0000;
export const IN_ONESHOT = 0x8000_0000;

// mman.h
export const MAP_SHARED = 1;
export const MAP_PRIVATE = 2;
export const MFD_CLOEXEC = 1;
/** Since Linux 6.3. */
export const MFD_EXEC = 16;
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MADV_DONTNEED = 4;
export const MADV_DOFORK = 11;

// resource.h, ioctl.h
export const RLIMIT_STACK = 3;
export const RLIMIT_CORE = 4;
export const RLIMIT_NPROC = 6;
export const RLIMIT_NOFILE = 7;
export const RLIMIT_LOCKS = 10;
export const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;
export const TCGETS = 0x5401;
export const TCSETS = 0x5402;
export const TCXONC = 0x540a;
export const TIOCSCTTY = 0x540e;
export const TIOCGPGRP = 0x540f;
export const TIOCGWINSZ = 0x5413;
export const TIOCSWINSZ = 0x5414;
export const FIONREAD = 0x541b;
export const TIOCNOTTY = 0x5422;
export const TIOCGPTPEER = 0x5441;

// auxv.h, dlfcn.h, magic.h, stat.h
export const RTLD_DEFAULT = 0;
export const AT_SECURE = 23;
export const AT_SYSINFO_EHDR = 33;
export const STATX_BASIC_STATS = 0x7ff;
export const PROC_SUPER_MAGIC = 0x9fa0;
