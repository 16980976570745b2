#include "machinery/field_set.h"

#include <gtest/gtest.h>

namespace signet::machinery {
namespace {

FieldSet set_of(std::string_view text) {
  const auto document = codec::parse_json(text, {.depth_max = 200});
  EXPECT_TRUE(document) << text;
  auto set = FieldSet::read(document->value);
  EXPECT_TRUE(set) << text;
  return set.value_or(FieldSet());
}

bool is_read(std::string_view text) {
  const auto document = codec::parse_json(text, {.depth_max = 200});
  return document && FieldSet::read(document->value).has_value();
}

std::string text_of(const FieldSet& set) {
  return codec::to_json(set.write());
}

constexpr std::string_view pod = R"({"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},)"
                                 R"("f:image":{}}},"f:nodeName":{}}})";

TEST(FieldSet, is_written_as_it_was_read) {
  for (const std::string_view text :
       {std::string_view("{}"), std::string_view(R"({"f:data":{}})"), pod,
        std::string_view(R"({"f:metadata":{"f:finalizers":{".":{},"v:\"x\"":{}}}})"),
        std::string_view(R"({"f:list":{"i:0":{},"i:10":{}}})")}) {
    EXPECT_EQ(text_of(set_of(text)), text);
  }
}

TEST(FieldSet, is_written_in_the_order_of_kubernetes) {
  EXPECT_EQ(text_of(set_of(R"({"i:2":{},"v:\"b\"":{},"v:3":{},"v:20":{},"v:true":{},"f:b":{},)"
                           R"("k:{\"port\":443}":{},"k:{\"port\":80}":{},"f:a":{}})")),
            R"({"f:a":{},"f:b":{},"k:{\"port\":80}":{},"k:{\"port\":443}":{},)"
            R"("v:3":{},"v:20":{},"v:\"b\"":{},"v:true":{},"i:2":{}})");
}

TEST(FieldSet, keys_are_sorted_by_name) {
  EXPECT_EQ(text_of(set_of(R"({"k:{\"protocol\":\"TCP\",\"containerPort\":80}":{}})")),
            R"({"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{}})");
}

TEST(FieldSet, elements_of_a_kind_nobody_knows_are_left_out) {
  EXPECT_EQ(text_of(set_of(R"({"x:future":{"f:a":{}},"f:b":{}})")), R"({"f:b":{}})");
}

TEST(FieldSet, nonsense_is_refused) {
  for (const std::string_view text :
       {"[]", "3", R"({"f:a":3})", R"({"f:a":null})", R"({"a":{}})", R"({"":{}})", R"({"fa":{}})",
        R"({"k:{":{}})", R"({"k:[]":{}})", R"({"k:{\"a\":{}}":{}})", R"({"v:":{}})",
        R"({"v:[1]":{}})", R"({"v:1 2":{}})", R"({"i:x":{}})", R"({"i:":{}})",
        R"({"i:99999999999999999999":{}})"}) {
    EXPECT_FALSE(is_read(text)) << text;
  }
}

TEST(FieldSet, depth_has_a_limit) {
  const auto nested = [](std::size_t depth) {
    std::string text = "{}";
    for (std::size_t i = 0; i < depth; ++i) text = R"({"f:a":)" + text + "}";
    return text;
  };
  EXPECT_TRUE(is_read(nested(59)));
  EXPECT_FALSE(is_read(nested(60)));
}

TEST(FieldSet, size_has_a_limit) {
  const auto wide = [](std::size_t outer, std::size_t inner) {
    codec::JsonObject out;
    for (std::size_t i = 0; i < outer; ++i) {
      codec::JsonObject below;
      for (std::size_t j = 1; j < inner; ++j) {
        below.emplace("f:" + std::to_string(inner - j), codec::JsonObject());
      }
      out.emplace("f:" + std::to_string(i), std::move(below));
    }
    return codec::Json(std::move(out));
  };
  EXPECT_TRUE(FieldSet::read(wide(10, 5'000)));
  EXPECT_FALSE(FieldSet::read(wide(11, 5'000)));
}

TEST(FieldSet, a_union_has_the_members_of_both) {
  EXPECT_EQ(text_of(set_of(R"({"f:a":{"f:x":{}},"f:c":{}})")
                        .united(set_of(R"({"f:a":{".":{},"f:y":{}},"f:b":{}})"))),
            R"({"f:a":{".":{},"f:x":{},"f:y":{}},"f:b":{},"f:c":{}})");
}

TEST(FieldSet, an_intersection_has_what_is_a_member_of_both) {
  EXPECT_EQ(text_of(set_of(R"({"f:a":{".":{},"f:x":{},"f:y":{}},"f:b":{}})")
                        .intersection(set_of(R"({"f:a":{"f:y":{},"f:z":{}},"f:b":{"f:x":{}}})"))),
            R"({"f:a":{"f:y":{}}})");
}

TEST(FieldSet, a_difference_keeps_what_is_below_a_member) {
  const auto all = set_of(R"({"f:a":{".":{},"f:x":{},"f:y":{}},"f:b":{}})");
  const auto taken = set_of(R"({"f:a":{},"f:b":{}})");
  EXPECT_EQ(text_of(all.subtract(taken)), R"({"f:a":{"f:x":{},"f:y":{}}})");
  EXPECT_EQ(text_of(all.subtract_whole(taken)), "{}");
  EXPECT_TRUE(all.subtract(all).empty());
}

TEST(FieldSet, paths_read_as_conflicts_print_them) {
  const auto set = set_of(
      R"({"f:spec":{"f:containers":{"k:{\"name\":\"a\\\"b\"}":{".":{},"f:image":{}}},"f:on":{}},)"
      R"("f:data":{},"f:set":{"v:\"x\"":{}},"f:list":{"i:3":{}}})");
  EXPECT_EQ(set.paths(), (std::vector<std::string>{".data", R"(.list[3])", R"(.set[="x"])",
                                                   ".spec.on", R"(.spec.containers[name="a\"b"])",
                                                   R"(.spec.containers[name="a\"b"].image)"}));
}

TEST(FieldSet, elements_may_be_added_in_any_order) {
  FieldSet set;
  for (const auto* name : {"b", "a", "c", "a"}) set.add(PathElement::field(name));
  EXPECT_EQ(text_of(set), R"({"f:a":{},"f:b":{},"f:c":{}})");
  EXPECT_TRUE(set.has(PathElement::field("a")));
  EXPECT_FALSE(set.has(PathElement::field("d")));
  EXPECT_TRUE(set.below(PathElement::field("a")).empty());
}

}  // namespace
}  // namespace signet::machinery
