#include "machinery/watch_event.h"

#include <gtest/gtest.h>

#include "base/cat.h"
#include "machinery/meta_schema.h"
#include "machinery/protobuf_wire.h"
#include "machinery/protobuf_write.h"

namespace signet::machinery {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view status = R"({"kind":"Status","apiVersion":"v1","code":410})";

TEST(WatchEvent, in_json_is_one_line) {
  EXPECT_EQ(watch_event("ERROR", status, status_schema, Format::json),
            cat(R"({"type":"ERROR","object":)", status, "}\n"));
}

TEST(WatchEvent, in_protobuf_is_a_counted_message_around_a_whole_document) {
  const auto event = watch_event("ERROR", status, status_schema, Format::protobuf);
  ASSERT_GT(event.size(), 4U);
  EXPECT_EQ(event.substr(0, 4), cat("\0\0\0"sv, static_cast<char>(event.size() - 4)));
  std::string expected;
  WireWriter writer(expected);
  writer.bytes(1, "ERROR");
  const auto extension = writer.begin(2);
  writer.bytes(1, protobuf_document(status, status_schema));
  writer.end(extension);
  EXPECT_EQ(event.substr(4), expected);
}

TEST(WatchEvent, counts_the_highest_byte_first) {
  const auto long_status =
      cat(R"({"kind":"Status","apiVersion":"v1","message":")", std::string(70'000, 'm'), "\"}");
  const auto event = watch_event("ERROR", long_status, status_schema, Format::protobuf);
  const auto size = event.size() - 4;
  EXPECT_EQ(event.substr(0, 4), cat("\0\1"sv, static_cast<char>((size >> 8U) & 0xFFU),
                                    static_cast<char>(size & 0xFFU)));
}

}  // namespace
}  // namespace signet::machinery
