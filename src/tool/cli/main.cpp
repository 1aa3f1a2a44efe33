// The entry point; everything is in cli.cpp so that tests can link it.
#include "tool/cli/cli.hpp"

int main(int argc, char** argv) { return weir::tool::main_of_weir(argc, argv); }
