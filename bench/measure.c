/* Runs one command and writes "wall cpu resident status" to a file: nanoseconds it took, nanoseconds of processor time
 * (user and system, with all processes it waited for), the most KiB it had resident, how it ended. A small program on
 * purpose: what a process had resident before exec counts as the command's. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long nanoseconds(struct timeval time) {
  return time.tv_sec * 1000000000LL + time.tv_usec * 1000LL;
}

/* measure OUT COMMAND [ARG...]; the command's LD_PRELOAD comes in MEASURE_PRELOAD, so that it is not this program's. */
int main(int count, char** words) {
  if (count < 3) return 2;
  const char* preload = getenv("MEASURE_PRELOAD");
  if (preload != NULL) setenv("LD_PRELOAD", preload, 1);
  struct timespec began, ended;
  clock_gettime(CLOCK_MONOTONIC, &began);
  const pid_t pid = vfork();
  if (pid == 0) {
    execvp(words[2], words + 2);
    _exit(127);
  }
  int status = 0;
  struct rusage usage;
  if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) return 1;
  clock_gettime(CLOCK_MONOTONIC, &ended);
  FILE* out = fopen(words[1], "w");
  if (out == NULL) return 1;
  const long long wall = (ended.tv_sec - began.tv_sec) * 1000000000LL + (ended.tv_nsec - began.tv_nsec);
  fprintf(out, "%lld %lld %ld %d\n", wall, nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime),
          usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
  return fclose(out) != 0;
}
