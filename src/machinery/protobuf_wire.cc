#include "machinery/protobuf_wire.h"

#include <vector>

#include "base/cat.h"
#include "base/try.h"

namespace signet::machinery {
namespace {

constexpr std::size_t group_depth_max = 32;
constexpr std::uint64_t number_max = (1U << 29) - 1;

}  // namespace

Result<std::uint64_t> WireReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (rest_.empty()) return fail(ErrorKind::invalid, "protobuf: unexpected end of input");
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    // The tenth byte has room for one bit.
    if (shift == 63 && byte > 1) break;
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
  return fail(ErrorKind::invalid, "protobuf: integer overflow");
}

Result<std::string_view> WireReader::take(std::uint64_t length) {
  if (length > rest_.size()) return fail(ErrorKind::invalid, "protobuf: unexpected end of input");
  const std::string_view taken = rest_.substr(0, length);
  rest_.remove_prefix(taken.size());
  return taken;
}

Result<WireField> WireReader::field() {
  TRY(const std::uint64_t tag, varint());
  const std::uint64_t number = tag >> 3;
  if (number == 0 || number > number_max) {
    return fail(ErrorKind::invalid, "protobuf: illegal tag");
  }
  WireField out{.number = static_cast<std::uint32_t>(number),
                .type = static_cast<WireType>(tag & 7),
                .varint = 0,
                .bytes = {}};
  switch (out.type) {
    case WireType::varint: {
      TRY(out.varint, varint());
      return out;
    }
    case WireType::bytes: {
      TRY(const std::uint64_t length, varint());
      TRY(out.bytes, take(length));
      return out;
    }
    case WireType::fixed64:
      TRY_VOID(take(8));
      return out;
    case WireType::fixed32:
      TRY_VOID(take(4));
      return out;
    case WireType::group_begin:
    case WireType::group_end:
      return out;
  }
  return fail(ErrorKind::invalid, cat("protobuf: illegal wire type ", tag & 7));
}

Result<std::optional<WireField>> WireReader::next() {
  std::vector<std::uint32_t> groups;
  while (!rest_.empty()) {
    TRY(const WireField found, field());
    if (found.type == WireType::group_begin) {
      if (groups.size() == group_depth_max) {
        return fail(ErrorKind::invalid, "protobuf: groups nested too deep");
      }
      groups.push_back(found.number);
    } else if (found.type == WireType::group_end) {
      if (groups.empty() || groups.back() != found.number) {
        return fail(ErrorKind::invalid, "protobuf: unexpected end of group");
      }
      groups.pop_back();
    } else if (groups.empty()) {
      return found;
    }
  }
  if (!groups.empty()) return fail(ErrorKind::invalid, "protobuf: unexpected end of input");
  return std::nullopt;
}

void WireWriter::append_varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out_ += static_cast<char>((value & 0x7FU) | 0x80U);
  out_ += static_cast<char>(value);
}

void WireWriter::tag(std::uint32_t number, WireType type) {
  append_varint((std::uint64_t{number} << 3U) | static_cast<std::uint64_t>(type));
}

void WireWriter::varint(std::uint32_t number, std::uint64_t value) {
  tag(number, WireType::varint);
  append_varint(value);
}

void WireWriter::bytes(std::uint32_t number, std::string_view bytes) {
  tag(number, WireType::bytes);
  append_varint(bytes.size());
  out_ += bytes;
}

std::size_t WireWriter::begin(std::uint32_t number) {
  tag(number, WireType::bytes);
  return out_.size();
}

// The length goes in front of what it counts. Moving that costs less than counting it beforehand:
// messages are small, and most lengths are one byte.
void WireWriter::end(std::size_t mark) {
  std::string length;
  WireWriter(length).append_varint(out_.size() - mark);
  out_.insert(mark, length);
}

}  // namespace signet::machinery
