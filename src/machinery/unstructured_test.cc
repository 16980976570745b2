#include "machinery/unstructured.h"

#include <gtest/gtest.h>

#include "machinery/meta_schema.h"

namespace signet::machinery {
namespace {

constexpr Field part_fields[] = {text(1, "name"), int32(2, "count")};
constexpr Schema part{"Part", part_fields};
constexpr Field thing_fields[] = {
    message(1, "metadata", object_meta),
    text(2, "text"),
    int32(3, "number"),
    boolean(4, "flag"),
    list(5, "parts", part),
    map_of(6, "data", Type::text),
    scalar(7, "bytes", Type::bytes),
    list_of(8, "words", Type::text),
};
constexpr Schema thing{"Thing", thing_fields};

codec::Json parse(std::string_view text) {
  return codec::parse_json(text, {})->value;
}

std::string problem(std::string_view object) {
  return conversion_problem(thing, parse(object));
}

TEST(GoText, prints_what_came_from_json) {
  EXPECT_EQ(go_text(parse(R"({"b":[1,"x",null,true],"a":{"c":1.5}})")),
            "map[a:map[c:1.5] b:[1 x <nil> true]]");
}

TEST(ConversionProblem, is_none_where_go_converts) {
  EXPECT_EQ(problem(R"({"text":"x","number":1.0,"flag":true,"parts":[{"name":"p"},null],)"
                    R"("data":{"a":"b","c":null},"bytes":"eA==","words":["a"],"more":1})"),
            "");
}

TEST(ConversionProblem, names_the_types_as_go_does) {
  EXPECT_EQ(problem(R"({"text":1})"), "cannot convert int64 to string");
  EXPECT_EQ(problem(R"({"text":1.5})"), "unrecognized type: string");
  EXPECT_EQ(problem(R"({"text":true})"), "unrecognized type: string");
  EXPECT_EQ(problem(R"({"number":"1"})"), "unrecognized type: int32");
  EXPECT_EQ(problem(R"({"number":1.5})"), "cannot convert float64 to int32");
  EXPECT_EQ(problem(R"({"flag":"true"})"), "unrecognized type: bool");
  EXPECT_EQ(problem(R"({"data":{"a":1}})"), "cannot convert int64 to string");
  EXPECT_EQ(problem(R"({"data":[]})"), "cannot restore map from slice");
  EXPECT_EQ(problem(R"({"parts":{}})"), "cannot restore slice from map");
  EXPECT_EQ(problem(R"({"parts":["x"]})"), "cannot restore struct from: string");
  EXPECT_EQ(problem(R"({"parts":[{"count":{}}]})"), "unrecognized type: int32");
  EXPECT_EQ(problem(R"({"bytes":1})"), "cannot restore slice from int64");
  EXPECT_EQ(problem(R"({"metadata":1})"), "cannot restore struct from: int64");
  EXPECT_EQ(problem("[]"), "cannot restore struct from: slice");
}

}  // namespace
}  // namespace signet::machinery
