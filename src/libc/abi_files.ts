/** What files need of fcntl.h and sys/stat.h, besides abi.ts. */

export const S_IWOTH = 0o002;
export const S_IROTH = 0o004;
export const S_IRWXO = 0o007;
export const S_IWGRP = 0o020;
export const S_IRWXG = 0o070;
/** The sticky bit: in a directory only their owners remove or rename files. */
export const S_ISVTX = 0o1000;
/** linux/stat.h: anybody's right to execute. */
export const S_IXUGO = 0o111;
export const S_IRWXUGO = 0o777;
/** The bits of a mode besides the type of the file. */
export const S_IALLUGO = 0o7777;
/** Somebody but the owner may write. */
export const GROUP_AND_OTHERS_WRITE: number = S_IWGRP | S_IWOTH;

/** For linkat(2): of /proc/self/fd/N, link the file itself. */
export const AT_SYMLINK_FOLLOW = 0x400;
/** In place of nanoseconds: leaves that time unchanged. */
export const UTIME_OMIT = 0x3fff_fffe;

// sys/eventfd.h
export const EFD_NONBLOCK = 0o4000;
export const EFD_CLOEXEC = 0o2000000;

// linux/limits.h, linux/binfmts.h
export const NAME_MAX = 255;
export const PATH_MAX = 4096;
/** What a pipe takes completely or not at all. */
export const PIPE_BUF = 4096;
/** The room for a program's words that is always there. */
export const ARG_MAX = 131_072;
/** The longest argument or variable that execve(2) takes, with its NUL. */
export const MAX_ARG_STRLEN = 131_072;

/** linux/net.h: a flag in /proc/net/unix, of a socket that listens. */
export const __SO_ACCEPTCON = 0x1_0000;
/** linux/highuid.h: the user that stands for those whom a user namespace does not map. */
export const DEFAULT_OVERFLOWUID = 65_534;
