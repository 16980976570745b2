#include "machinery/protobuf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::machinery {
namespace {

constexpr Field inner_fields[] = {text(1, "name")};
constexpr Schema inner{"Inner", inner_fields};
constexpr Field all_fields[] = {
    message(1, "metadata", object_meta),    list(2, "refs", inner),
    boolean(3, "flag").optional(),          map_of(4, "data", Type::bytes),
    list_of(5, "numbers", Type::int32),     scalar(6, "memory", Type::quantity),
    scalar(7, "port", Type::int_or_string), scalar(8, "raw", Type::raw),
    map_of(9, "extra", Type::text_list),    scalar(10, "at", Type::micro_time),
    int32(11, "grace").optional(),
};
constexpr Schema all{"All", all_fields};
extern const Schema endless;
const Field endless_fields[] = {message(1, "next", endless)};
const Schema endless{"Endless", endless_fields};

std::string tag(unsigned number, unsigned type) {
  return std::string(1, static_cast<char>(number << 3 | type));
}
std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}
std::string number(unsigned field, std::uint64_t value) {
  return tag(field, 0) + varint(value);
}
std::string bytes(unsigned field, std::string_view value) {
  return cat(tag(field, 2), varint(value.size()), value);
}
std::string enveloped(std::string_view raw) {
  return cat(std::string_view("k8s\0", 4), bytes(1, bytes(1, "v1") + bytes(2, "ServiceAccount")),
             bytes(2, raw));
}

std::string decoded(std::string_view raw, const Schema& schema = all) {
  const auto value = decode_protobuf(schema, raw);
  return value ? codec::to_json(*value) : "error: " + value.error().message;
}

// What kubectl sends for `create sa m1`: zero values included.
const std::string create_sa =
    enveloped(bytes(1, cat(bytes(1, "m1"), bytes(2, ""), bytes(3, ""), bytes(4, ""), bytes(5, ""),
                           bytes(6, ""), number(7, 0), bytes(8, ""))));

TEST(ProtobufBodies, of_kubectl_are_read) {
  const std::string body = create_sa + bytes(3, "") + bytes(4, "");
  const auto envelope = open_envelope(body);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->api_version, "v1");
  EXPECT_EQ(envelope->kind, "ServiceAccount");
  EXPECT_EQ(decoded(envelope->raw), R"({"metadata":{"name":"m1"}})");
}

TEST(ProtobufBodies, cut_anywhere_are_refused_or_say_less) {
  for (std::size_t size = 0; size < create_sa.size(); ++size) {
    const auto envelope = open_envelope(std::string_view(create_sa).substr(0, size));
    // A body may end between two fields of the envelope and is then merely without them.
    const bool between = size == 4 || size == 4 + 2 + 4 + 16;
    EXPECT_EQ(envelope.has_value(), between) << size;
    if (envelope) EXPECT_EQ(envelope->raw, "");
  }
  const std::string raw = bytes(1, cat(bytes(1, "m1"), number(7, 300)));
  for (std::size_t size = 1; size < raw.size(); ++size) {
    EXPECT_FALSE(decode_protobuf(all, std::string_view(raw).substr(0, size))) << size;
  }
}

TEST(ProtobufBodies, need_the_prefix_and_no_encoding) {
  for (const std::string_view bad : {"", "k8s", "{\"kind\":\"x\"}", "k8s1"}) {
    EXPECT_FALSE(open_envelope(bad));
  }
  EXPECT_TRUE(open_envelope(std::string_view("k8s\0", 4)));
  EXPECT_FALSE(open_envelope(create_sa + bytes(3, "gzip")));
}

TEST(ProtobufMessages, come_out_in_schema_order) {
  EXPECT_EQ(decoded(cat(number(11, 0), number(3, 0), bytes(2, bytes(1, "a")), bytes(2, ""),
                        bytes(4, bytes(1, "k") + bytes(2, std::string_view("\0x", 2))),
                        bytes(4, bytes(1, "e")), bytes(6, bytes(1, "100m")),
                        bytes(7, number(1, 1) + bytes(3, "http")), bytes(8, bytes(1, "{\"z\":1}")),
                        bytes(9, bytes(1, "who") + bytes(2, bytes(1, "a") + bytes(1, "b"))))),
            R"({"refs":[{"name":"a"},{}],"flag":false,"data":{"k":"AHg=","e":""},)"
            R"("memory":"100m","port":"http","raw":{"z":1},"extra":{"who":["a","b"]},"grace":0})");
}

TEST(ProtobufMessages, read_times_and_numbers) {
  EXPECT_EQ(decoded(bytes(1, bytes(8, number(1, 1767323046) + number(2, 5)))),
            R"({"metadata":{"creationTimestamp":"2026-01-02T03:04:06Z"}})");
  EXPECT_EQ(decoded(bytes(10, number(1, 1) + number(2, 123456789))),
            R"({"at":"1970-01-01T00:00:01.123456Z"})");
  EXPECT_EQ(decoded(bytes(10, number(1, 1) + number(2, 1'000'000'000))),
            "error: protobuf: field at: time out of range");
  EXPECT_EQ(decoded(bytes(10, number(1, std::uint64_t{1} << 62))),
            "error: protobuf: field at: time out of range");
  EXPECT_EQ(decoded(number(11, ~std::uint64_t{0})), R"({"grace":-1})");
  EXPECT_EQ(decoded(bytes(7, number(1, 0) + number(2, 80))), R"({"port":80})");
}

TEST(ProtobufMessages, take_repeated_numbers_packed_or_not) {
  EXPECT_EQ(decoded(cat(number(5, 1), bytes(5, varint(2) + varint(300)), number(5, 4))),
            R"({"numbers":[1,2,300,4]})");
  EXPECT_FALSE(decode_protobuf(all, bytes(5, "\x80")));
}

TEST(ProtobufMessages, that_occur_twice_are_merged) {
  EXPECT_EQ(decoded(cat(bytes(1, bytes(1, "a") + bytes(5, "u")), bytes(1, bytes(1, "b")))),
            R"({"metadata":{"name":"b","uid":"u"}})");
}

TEST(ProtobufMessages, skip_what_they_do_not_know) {
  const std::string group = cat(tag(15, 3), number(1, 1), tag(14, 3), tag(14, 4), tag(15, 4));
  EXPECT_EQ(decoded(cat(bytes(13, "x"), number(14, 1), tag(15, 1), std::string(8, 'x'), tag(15, 5),
                        std::string(4, 'x'), group, number(3, 1))),
            R"({"flag":true})");
}

TEST(ProtobufMessages, that_are_broken_are_refused) {
  EXPECT_EQ(decoded(number(1, 1)), "error: protobuf: wrong wire type 0 for field metadata");
  EXPECT_EQ(decoded(bytes(3, "x")), "error: protobuf: wrong wire type 2 for field flag");
  EXPECT_EQ(decoded(bytes(1, bytes(1, "\xff"))), "error: protobuf: field name is not UTF-8");
  EXPECT_EQ(decoded(tag(0, 0)), "error: protobuf: illegal tag");
  EXPECT_EQ(decoded(tag(1, 6)), "error: protobuf: illegal wire type 6");
  EXPECT_EQ(decoded(tag(12, 4)), "error: protobuf: unexpected end of group");
  EXPECT_EQ(decoded(tag(12, 3) + tag(13, 4)), "error: protobuf: unexpected end of group");
  EXPECT_EQ(decoded(tag(12, 3)), "error: protobuf: unexpected end of input");
  EXPECT_EQ(decoded(tag(3, 0) + std::string(10, '\xff')), "error: protobuf: integer overflow");
  EXPECT_EQ(decoded(tag(3, 0) + std::string(9, '\xff') + "\x02"),
            "error: protobuf: integer overflow");
  EXPECT_EQ(decoded(tag(1, 2) + varint(~std::uint64_t{0})),
            "error: protobuf: unexpected end of input");
  EXPECT_THAT(decoded(bytes(8, bytes(1, "{"))), testing::StartsWith("error: raw: "));
}

TEST(ProtobufMessages, nest_32_deep_and_no_deeper) {
  const auto nested = [](int depth) {
    std::string raw;
    for (int i = 1; i < depth; ++i) raw = bytes(1, raw);
    return raw;
  };
  EXPECT_TRUE(decode_protobuf(endless, nested(32)));
  EXPECT_EQ(decoded(nested(33), endless), "error: protobuf: nested too deep");
  std::string groups;
  for (int i = 0; i < 33; ++i) groups += tag(12, 3);
  EXPECT_EQ(decoded(groups), "error: protobuf: groups nested too deep");
}

}  // namespace
}  // namespace signet::machinery
