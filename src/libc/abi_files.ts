/** What naming files needs from fcntl.h and sys/stat.h, besides abi.ts. */

/** For linkat(2): of /proc/self/fd/N, link the file itself. */
export const AT_SYMLINK_FOLLOW = 0x400;
/** In place of nanoseconds: leaves that time unchanged. */
export const UTIME_OMIT = 0x3fff_fffe;
