// Width and character set.
#include "tool/cli/terminal.hpp"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstring>

namespace weir::tool {

void fit_to_terminal(ReportOptions& options, int fd) {
  std::setlocale(LC_CTYPE, "");
  options.unicode = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  std::setlocale(LC_CTYPE, "C");
  winsize size{};
  if (fd >= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
    options.width = std::clamp<std::size_t>(size.ws_col, 80, 140);
}

}  // namespace weir::tool
