/** What files need of fcntl.h and sys/stat.h, besides abi.ts. */

export const S_IWOTH = 0o002;
export const S_IRWXO = 0o007;
export const S_IWGRP = 0o020;
export const S_IRWXG = 0o070;
/** The sticky bit: in a directory only their owners remove or rename files. */
export const S_ISVTX = 0o1000;
/** linux/stat.h: anybody's right to execute. */
export const S_IXUGO = 0o111;
/** Somebody but the owner may write. */
export const GROUP_AND_OTHERS_WRITE: number = S_IWGRP | S_IWOTH;

/** For linkat(2): of /proc/self/fd/N, link the file itself. */
export const AT_SYMLINK_FOLLOW = 0x400;
/** In place of nanoseconds: leaves that time unchanged. */
export const UTIME_OMIT = 0x3fff_fffe;
