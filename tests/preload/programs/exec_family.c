// Each function of the exec family starts its program with the arguments and environment given; a failed one leaves the
// caller as it was. A vfork child that runs exec does not end its parent's books. Of a process that was replaced the
// profile says so.
//
// row: families | each function of the exec family, and one that fails
// lost lose_after 77 1
// exit 5
// profiles any
// expect sorted(p.process["end"] for p in profiles if "exec_family" in p.process["exe"]) == ["exit"] * 8
// expect sum(p.process["replaced_by_exec"] for p in profiles if "exec_family" in p.process["exe"]) == 7
// expect [p.leaks("lose_after") for p in profiles if p.process["exit_code"] == 5] == [(77, 1)]
// expect stdout.split() == ["execl", "execlp", "execle", "execv", "execve", "execvp", "execvpe", "vfork"]
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

extern char** environ;

NOINLINE static void lose_after(void) { keep(malloc(77)); }

static int wait_for(pid_t child) {
  int status = 0;
  return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}

static void become(int which) {
  char* words[] = {"echo", NULL, NULL};
  static char* names[] = {"execl", "execlp", "execle", "execv", "execve", "execvp", "execvpe"};
  words[1] = names[which];
  keep(malloc(11));
  switch (which) {
    case 0: execl("/bin/echo", "echo", words[1], (char*)NULL); break;
    case 1: execlp("echo", "echo", words[1], (char*)NULL); break;
    case 2: execle("/bin/echo", "echo", words[1], (char*)NULL, environ); break;
    case 3: execv("/bin/echo", words); break;
    case 4: execve("/bin/echo", words, environ); break;
    case 5: execvp("echo", words); break;
    case 6: execvpe("echo", words, environ); break;
  }
  _exit(1);
}

int main(void) {
  int wrong = execl("/nonexistent/program", "program", (char*)NULL) != -1 || errno != ENOENT;
  for (int which = 0; which < 7; ++which) {
    const pid_t child = fork();
    if (child == 0) become(which);
    wrong |= wait_for(child);
  }
  const pid_t child = vfork();
  if (child == 0) {
    execlp("echo", "echo", "vfork", (char*)NULL);
    _exit(1);
  }
  wrong |= wait_for(child);
  lose_after();
  return wrong ? 1 : 5;
}
