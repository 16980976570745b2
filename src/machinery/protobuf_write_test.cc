#include "machinery/protobuf_write.h"

#include <gtest/gtest.h>

#include "base/cat.h"
#include "machinery/meta_schema.h"
#include "machinery/protobuf.h"

namespace signet::machinery {
namespace {

using namespace std::string_view_literals;

constexpr Field inner_fields[] = {text(1, "a"), int32(2, "b")};
constexpr Schema inner{"Inner", inner_fields};
constexpr Field all_fields[] = {
    message(1, "metadata", object_meta),
    text(2, "word").optional(),
    boolean(3, "flag").optional(),
    int32(4, "small"),
    int64(5, "big"),
    scalar(6, "data", Type::bytes),
    scalar(7, "at", Type::time),
    scalar(8, "exactly", Type::micro_time),
    scalar(9, "memory", Type::quantity),
    scalar(10, "port", Type::int_or_string),
    scalar(11, "any", Type::raw),
    list(12, "items", inner),
    list_of(13, "numbers", Type::int64),
    map_of(14, "labels", Type::text),
    map_of(15, "extra", Type::text_list),
    map_of(16, "limits", Type::quantity),
    text(0, "a"),
    int32(0, "b"),
    message(17, "", inner).optional(),
};
constexpr Schema all{"All", all_fields};

codec::Json parsed(std::string_view json) {
  auto document = codec::parse_json(json, {});
  return document ? std::move(document->value) : codec::Json();
}

std::string written(std::string_view json, const Schema& schema = all) {
  std::string out;
  append_protobuf(out, schema, parsed(json));
  return out;
}

// What reading makes of what was written.
std::string read_back(std::string_view json) {
  const auto value = decode_protobuf(all, written(json));
  return value ? codec::to_json(*value) : value.error().message;
}

TEST(ProtobufWriter, is_read_back_as_it_was) {
  for (const std::string_view json : {
           R"({"metadata":{"name":"x","labels":{"k":"v"}},"word":"w","flag":true})",
           R"({"metadata":{"creationTimestamp":"2026-01-02T03:04:05Z","managedFields":[)"
           R"({"manager":"m","fieldsV1":{"f:data":{".":{}}}}]}})",
           R"({"metadata":{},"word":"","flag":false})",
           R"({"small":-1,"big":-9223372036854775808})",
           R"({"small":2147483647,"big":9223372036854775807})",
           R"({"data":"AAH/","at":"1969-12-31T23:59:59Z"})",
           R"({"at":"1970-01-01T00:00:00Z","exactly":"2026-01-02T03:04:05.000006Z"})",
           R"({"exactly":"1960-01-02T03:04:05.999999Z"})",
           R"({"memory":"100m","port":80,"any":{"a":[1,"x",null]}})",
           R"({"port":"http"})",
           R"({"port":-3})",
           R"({"items":[{"a":"1"},{},{"a":"2","b":3}],"numbers":[0,1,-1]})",
           R"({"labels":{"":"","k":"v"},"extra":{"e":[],"f":["1","2"]},"limits":{"cpu":"1"}})",
           R"({"a":"embedded","b":7})",
       }) {
    EXPECT_EQ(read_back(json), json);
  }
}

TEST(ProtobufWriter, writes_the_same_bytes_whatever_the_order_of_members) {
  EXPECT_EQ(written(R"({"word":"w","b":7,"flag":true,"a":"e"})"),
            written(R"({"a":"e","flag":true,"b":7,"word":"w"})"));
}

TEST(ProtobufWriter, writes_no_member_that_is_null_or_unknown) {
  EXPECT_EQ(written(R"({"word":null,"items":null,"other":1,"":{"a":"x"}})"), "");
  EXPECT_EQ(written("[]"), "");
}

// Nothing like it is stored; what does not fit must not make a message that others cannot read.
TEST(ProtobufWriter, of_values_of_the_wrong_type_can_still_be_read) {
  for (const std::string_view json :
       {R"({"word":1,"flag":"x","small":"y","data":"!","at":"never","memory":{},"port":[],)"
        R"("items":[null,1,"x"],"numbers":["x"],"labels":{"a":1},"extra":{"a":"b"}})",
        R"({"metadata":"x","items":{},"labels":[],"numbers":3})"}) {
    EXPECT_TRUE(decode_protobuf(all, written(json))) << json;
  }
}

TEST(ProtobufWriter, spells_bytes_as_every_other_encoder) {
  EXPECT_EQ(written(R"({"word":"hi","flag":true,"small":300,"port":80})"),
            "\x12\x02hi\x18\x01\x20\xac\x02\x52\x04\x08\x00\x10\x50"sv);
  EXPECT_EQ(written(R"({"small":-1})"), "\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv);
  EXPECT_EQ(written(R"({"a":"x"})"), "\x8a\x01\x03\x0a\x01x"sv);
  EXPECT_EQ(written(cat(R"({"word":")", std::string(200, 'w'), "\"}")),
            cat("\x12\xc8\x01"sv, std::string(200, 'w')));
}

TEST(ProtobufDocument, says_in_its_envelope_what_it_is) {
  const auto body = protobuf_document(
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","code":404})",
      status_schema);
  const auto envelope = open_envelope(body);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->kind, "Status");
  EXPECT_EQ(envelope->api_version, "v1");
  const auto status = decode_protobuf(status_schema, envelope->raw);
  ASSERT_TRUE(status);
  EXPECT_EQ(codec::to_json(*status), R"({"metadata":{},"status":"Failure","code":404})");
  EXPECT_EQ(body.substr(body.size() - 4), "\x1a\x00\x22\x00"sv);
}

}  // namespace
}  // namespace signet::machinery
