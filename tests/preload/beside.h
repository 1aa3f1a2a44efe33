/* The path of a file that lies beside the program: the plugins that tests load. */
#pragma once

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static inline const char* beside(const char* name) {
  static char path[4096];
  const ssize_t bytes = readlink("/proc/self/exe", path, sizeof path - 100);
  if (bytes < 0) _exit(90);
  path[bytes] = 0;
  strcpy(strrchr(path, '/') + 1, name);
  return path;
}
