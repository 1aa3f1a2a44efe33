// What a section says, twice: as data for programs and as blocks for people. Formats render one or the other.
//
// Data is handed to a Sink piece by piece, because a profile's stacks need not fit in memory once spelt out.
// The texts in blocks are printable already.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::tool {

/// Receives data as a tree. In an object each value has a key in front of it.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void begin_object() = 0;
  virtual void end_object() = 0;
  virtual void begin_list() = 0;
  virtual void end_list() = 0;
  virtual void key(std::string_view name) = 0;
  virtual void null() = 0;
  virtual void text(std::string_view value) = 0;
  virtual void number(std::uint64_t value) = 0;
  virtual void number(std::int64_t value) = 0;
  virtual void number(double value) = 0;
  virtual void flag(bool value) = 0;

  // The same with the key, by the value's type.
  template <class Value>
  void member(std::string_view name, const Value& value) {
    key(name);
    put(value);
  }

  template <class Value>
  void put(const Value& value) {
    if constexpr (std::same_as<Value, bool>)
      flag(value);
    else if constexpr (std::floating_point<Value>)
      number(static_cast<double>(value));
    else if constexpr (std::unsigned_integral<Value>)
      number(std::uint64_t{value});
    else if constexpr (std::signed_integral<Value>)
      number(std::int64_t{value});
    else if constexpr (std::convertible_to<const Value&, std::string_view>)
      text(value);
    else if constexpr (std::same_as<Value, std::nullptr_t> || std::same_as<Value, std::nullopt_t>)
      null();
    else if (value)
      put(*value);
    else
      null();
  }

  template <class Each>
  void object(std::string_view name, Each&& fill) {
    key(name);
    begin_object();
    fill();
    end_object();
  }

  template <class Each>
  void list(std::string_view name, Each&& fill) {
    key(name);
    begin_list();
    fill();
    end_list();
  }
};

struct Paragraph {
  std::string text;
};

struct Table {
  struct Column {
    std::string title;
    enum class Align { Left, Right } align = Align::Right;
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
};

/// A call site: its head line, then its frames.
struct StackText {
  struct Line {
    std::string function, place;
  };
  std::string head;
  std::vector<Line> lines;
};

/// One row of a picture over time.
struct Chart {
  std::string label, note;
  std::vector<double> values;  ///< evenly spaced, none negative
};

using Block = std::variant<Paragraph, Table, StackText, Chart>;

struct Section {
  std::string title;  ///< for people; empty: nothing for people here
  std::vector<Block> blocks;
  std::function<void(Sink&)> data;  ///< puts one value

  void add(Block block);
  void say(std::string paragraph);
};

}  // namespace weir::tool
