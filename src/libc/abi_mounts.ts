// Like abi.ts: what mounts and network interfaces need. The numbers are the same on x86-64 and arm64.

// sys/mount.h, linux/mount.h, net/if.h
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MS_BIND = 4096;
export const MS_REC = 16_384;
export const MS_SLAVE = 0x8_0000;
export const MOUNT_ATTR_RDONLY = 1;
export const AT_RECURSIVE = 0x8000;
export const IFF_UP = 1;
export const SIOCSIFFLAGS = 0x8914;
