// What simcuda reads of a kernel's code: the names, parameters and variables that PTX text declares. No code is run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace simcuda::module {

struct Parameter {
  std::size_t offset = 0;  // in the packed block of parameters
  std::size_t bytes = 0;
};

struct Entry {
  std::string name;
  std::vector<Parameter> parameters;
  std::size_t parameter_bytes() const {
    return parameters.empty() ? 0 : parameters.back().offset + parameters.back().bytes;
  }
};

struct Variable {
  std::string name;
  std::size_t bytes = 0;
  bool managed = false;
  bool constant = false;
  std::vector<std::byte> initial;  // of numbers; addresses of other symbols are left zero. Empty: all zero
};

struct Ptx {
  std::vector<Entry> entries;
  std::vector<Variable> variables;
};

Ptx parse_ptx(std::string_view text);

// What a program hands over as a module: PTX text, a fat binary or its wrapper, or a cubin.
struct Image {
  std::string ptx;      // empty: none could be read
  bool opaque = false;  // machine code or compressed: any name may be in it, and parameters are unknown
};
// False: not a module.
bool read_image(const void* image, Image& result);

}  // namespace simcuda::module
