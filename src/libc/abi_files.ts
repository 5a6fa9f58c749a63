/** What is needed of fcntl.h and sys/stat.h to name files, besides what is in abi.ts. */

/** For linkat(2): of /proc/self/fd/N, the file itself. */
export const AT_SYMLINK_FOLLOW = 0x400;
/** In place of nanoseconds: a time that stays as it is. */
export const UTIME_OMIT = 0x3fff_fffe;
