// The same through the C++ header.
#include <cstdio>
#include <weir/weir.hpp>

int main() { std::puts(weir_is_loaded() ? "with weir" : "without weir"); }
