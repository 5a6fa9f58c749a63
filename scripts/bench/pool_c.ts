// C programs for the benchmark of the pool.

/**
 * Starts a program N times with an item, P at a time, and waits for each: no pool can be faster. (With an argument,
 * true(1) sets its locale, which takes a fifth of its time; so the loop must pass one too.)
 */
export const C_LOOP = `
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
extern char **environ;
int main(int argc, char **argv) {
  int jobs = atoi(argv[1]), most = atoi(argv[2]), running = 0;
  char item[16], *words[] = {argv[3], item, 0};
  while (jobs > 0 || running > 0) {
    for (; jobs > 0 && running < most; jobs--, running++) {
      pid_t pid;
      sprintf(item, "%d", jobs);
      if (posix_spawn(&pid, argv[3], 0, 0, words, environ)) return 1;
    }
    if (wait(0) > 0) running--;
  }
  return 0;
}
`;

/** Runs a program and writes its CPU ticks to descriptor 3, read while it is still a zombie. */
export const OWN_TIME = `
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  char path[64], line[4096];
  unsigned long user, system;
  pid_t pid = fork();
  if (pid == 0) return execvp(argv[1], argv + 1);
  siginfo_t info;
  waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "r");
  if (!file || !fgets(line, sizeof line, file)) return 1;
  sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  dprintf(3, "%lu", user + system);
  return 0;
}
`;
