#include "machinery/watch_event.h"

#include <cstdint>

#include "base/cat.h"
#include "machinery/protobuf_wire.h"
#include "machinery/protobuf_write.h"

namespace signet::machinery {
namespace {

std::string framed(std::string_view message) {
  const auto length = static_cast<std::uint32_t>(message.size());
  std::string out;
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    out += static_cast<char>((length >> (shift - 8)) & 0xFFU);
  }
  return out.append(message);
}

}  // namespace

std::string watch_event(std::string_view type, std::string_view object, const Schema& schema,
                        Format format) {
  if (format != Format::protobuf) {
    return cat(R"({"type":")", type, R"(","object":)", object, "}\n");
  }
  std::string event;
  WireWriter writer(event);
  writer.bytes(1, type);
  const auto extension = writer.begin(2);
  writer.bytes(1, protobuf_document(object, schema));
  writer.end(extension);
  return framed(event);
}

std::string_view watch_content_type(Format format) {
  return format == Format::protobuf ? "application/vnd.kubernetes.protobuf;stream=watch"
                                    : "application/json";
}

}  // namespace signet::machinery
