# A C++ program with many templates compiled by clang to optimised code, run, and one that does not compile.
# row: programs | clang++
# tier: heavy
# needs: clang++
# profiled: clang*
cat > big.cpp <<'END'
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>
template <int N> struct Deep { static std::tuple<std::map<int, std::string>, Deep<N - 1>*> made() { return {{{N, std::to_string(N)}}, nullptr}; }
  static int sum() { return N + std::get<0>(made()).begin()->first + Deep<N - 1>::sum(); } };
template <> struct Deep<0> { static int sum() { return 0; } };
int main() {
  std::map<std::string, std::vector<std::function<int(int)>>> all;
  for (int i = 0; i < 3000; ++i) all["w" + std::to_string(i * 7919 % 211)].push_back([i](int x) { return x * i; });
  long sum = Deep<60>::sum();
  for (auto& [name, list] : all) for (auto& f : list) sum += f(std::stoi(name.substr(1)));
  std::cout << sum << '\n';
}
END
clang++ -std=c++20 -O1 -c big.cpp -o big.o && sha256sum big.o
clang++ big.o -o big && ./big
echo 'template <class T> struct A { typename T::x y; }; A<int> a;' > wrong.cpp
clang++ -c wrong.cpp; echo "status $?"
