import { closeFile, O_RDONLY, O_WRONLY, openFile } from "./files.ts";
import { libc } from "./load.ts";

const c = libc("fcntl", "dup2");
const F_GETFD = 1, FD_CLOEXEC = 1;

/**
 * Makes those of the descriptors 0-2 that the caller had closed fail again as closed ones do (EBADF), while their places
 * stay taken. Bun opens /dev/null in both directions there: input would seem to be empty, and output would be lost without
 * a word. These are known by being close-on-exec, which nothing that came through exec can be. Deno's cannot be told from
 * the caller's own, so from source they stay.
 */
export function keepClosedClosed(): void {
  for (const fd of [0, 1, 2]) {
    const flags = c.fcntl(fd, F_GETFD, 0);
    if (flags < 0 || !(flags & FD_CLOEXEC)) continue;
    const useless = openFile("/dev/null", fd === 0 ? O_WRONLY : O_RDONLY);
    c.dup2(useless, fd);
    closeFile(useless);
  }
}
