# A C++ program compiled (driver, compiler, assembler, linker), run, and one that does not compile.
# row: programs | g++ with its assembler and linker
# needs: g++
# profiled: cc1plus collect2
cat > words.cpp <<'END'
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>
int main() {
  std::map<std::string, std::vector<std::unique_ptr<int>>> words;
  for (int i = 0; i < 20000; ++i) words["word" + std::to_string(i * 7919 % 211)].push_back(std::make_unique<int>(i));
  for (const auto& [word, list] : words) std::cout << word << ' ' << list.size() << ' ' << *list.back() << '\n';
}
END
g++ -std=c++20 -O1 -g -S words.cpp -o words.s && sha256sum words.s
g++ -std=c++20 -O1 words.cpp -o words && ./words | sha256sum
echo 'int main() { return undeclared_name; }' > wrong.cpp
g++ -c wrong.cpp; echo "status $?"
