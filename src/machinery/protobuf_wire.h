// The protobuf wire format: tags, varints and length-delimited bytes, one field at a time.
//
//   WireReader reader(bytes);
//   while (!reader.at_end()) { TRY(auto field, reader.next()); ... }
//
//   WireWriter writer(out);
//   const auto metadata = writer.begin(1);
//   writer.bytes(1, name);
//   writer.end(metadata);
//
// Shape    views into the input. A deprecated group is skipped as a whole and never returned.
// Errors   invalid: truncated, a varint over ten bytes, field number 0 or beyond 29 bits, wire
//          types 6 and 7, an end of a group that was not begun.
// Limits   groups nest 32 deep.
// Source   protobuf encoding documentation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace signet::machinery {

enum class WireType : std::uint8_t {
  varint = 0,
  fixed64 = 1,
  bytes = 2,
  group_begin = 3,
  group_end = 4,
  fixed32 = 5,
};

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t varint = 0;  // of type varint
  std::string_view bytes;    // of type bytes
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  // The next field; nullopt at the end.
  Result<std::optional<WireField>> next();
  Result<std::uint64_t> varint();
  bool at_end() const { return rest_.empty(); }

 private:
  Result<WireField> field();
  Result<std::string_view> take(std::uint64_t length);

  std::string_view rest_;
};

// Appends fields to a string that the caller owns.
class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  void varint(std::uint32_t number, std::uint64_t value);
  void bytes(std::uint32_t number, std::string_view bytes);
  // What is written between these is one field of bytes; `mark` is what begin() returned.
  std::size_t begin(std::uint32_t number);
  void end(std::size_t mark);

 private:
  void append_varint(std::uint64_t value);
  void tag(std::uint32_t number, WireType type);

  std::string& out_;
};

}  // namespace signet::machinery
