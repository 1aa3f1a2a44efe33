// The list that getaddrinfo returns, and what the resolver keeps for itself.
// lost lose_addresses *
// reachable keep_addresses *
#include <netdb.h>
#include "leak.h"
static struct addrinfo* known;
static const struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST, .ai_socktype = 1};
APART void keep_addresses(void) { getaddrinfo("127.0.0.1", "80", &numeric, &known); }
APART void lose_addresses(void) {
  struct addrinfo* local = NULL;
  getaddrinfo("127.0.0.2", "80", &numeric, &local);
}
int main(void) {
  keep_addresses();
  lose_addresses();
  scrub();
  return 0;
}
