// What an expression computes with: the values of the Common Expression Language.
//
//   auto claims = cel::from_json(payload);           // cel/from_json.h
//   if (value.kind() == Kind::string) use(value.text());
//
// Shape    immutable and cheap to copy: text, lists and maps are shared. int, uint and double are
//          three types; nothing converts by itself.
// Errors   an accessor of another kind than the value's aborts (std::get): look at kind() first.
// Threads  immutable: safe from any thread.
// Source   Common Expression Language, language definition, "Values". No messages, durations and
//          timestamps.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace signet::cel {

// Of values, and of types that are known before an expression runs; `any` is only the latter.
enum class Kind : std::uint8_t {
  any,
  null,
  boolean,
  integer,
  unsigned_integer,
  floating,
  string,
  bytes,
  list,
  map,
  type,
  optional,
};
// "int", "null_type": as type() prints them; "dyn" for any.
std::string_view to_string(Kind kind);

class Value;
using List = std::vector<Value>;

// Numbers of different types that are equal are the same key.
struct KeyLess {
  bool operator()(const Value& a, const Value& b) const;
};
using Map = std::map<Value, Value, KeyLess>;

class Value {
 public:
  Value() = default;  // null
  static Value of(bool value) { return Value(Data(value)); }
  static Value of(std::int64_t value) { return Value(Data(value)); }
  static Value of(std::uint64_t value) { return Value(Data(value)); }
  static Value of(double value) { return Value(Data(value)); }
  static Value of(std::string_view text) { return of(std::string(text)); }
  static Value of(std::string text);
  static Value of(const char* text) { return of(std::string(text)); }
  static Value of(List elements);
  static Value of(Map entries);
  static Value of(Kind type) { return Value(Data(type)); }  // a type as a value
  static Value bytes(std::string bytes);
  static Value some(Value value);
  static Value none() { return Value(Data(Optional{})); }

  Kind kind() const;
  bool is_null() const { return kind() == Kind::null; }
  bool boolean() const { return std::get<bool>(data_); }
  std::int64_t integer() const { return std::get<std::int64_t>(data_); }
  std::uint64_t unsigned_integer() const { return std::get<std::uint64_t>(data_); }
  double floating() const { return std::get<double>(data_); }
  const std::string& text() const { return *std::get<Text>(data_).shared; }
  const std::string& raw_bytes() const { return *std::get<Bytes>(data_).shared; }
  const List& list() const { return *std::get<SharedList>(data_); }
  const Map& map() const { return *std::get<SharedMap>(data_); }
  Kind type() const { return std::get<Kind>(data_); }
  const Value* content() const { return std::get<Optional>(data_).shared.get(); }  // null: none

 private:
  struct Text {
    std::shared_ptr<const std::string> shared;
  };
  struct Bytes {
    std::shared_ptr<const std::string> shared;
  };
  struct Optional {
    std::shared_ptr<const Value> shared;
  };
  using SharedList = std::shared_ptr<const List>;
  using SharedMap = std::shared_ptr<const Map>;
  using Data = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, Text, Bytes,
                            SharedList, SharedMap, Kind, Optional>;

  explicit Value(Data data) : data_(std::move(data)) {}

  Data data_;
};

bool is_number(Kind kind);

// Numbers by their mathematical value, whatever their type; not-a-number equals nothing. Values of
// different kinds are unequal, never an error.
bool equal(const Value& a, const Value& b);

// For < and its kin. None: these two have no order (not two numbers, texts, bytes or booleans).
// Not-a-number is unordered.
std::optional<std::partial_ordering> order(const Value& a, const Value& b);

// The value under `key`; null when there is none, or the key is of a kind that cannot be one.
const Value* find(const Map& map, const Value& key);
bool can_be_key(Kind kind);

// How many values there are in it, itself included, and text by its length: what comparing or
// copying it costs.
std::uint64_t weight(const Value& value);

// Makes text of a double as CEL's string() does: the shortest that reads back.
std::string floating_text(double value);

}  // namespace signet::cel
