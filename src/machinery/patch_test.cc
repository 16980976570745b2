#include "machinery/patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::machinery {
namespace {

codec::Json parsed(std::string_view text) {
  auto document = codec::parse_json(text, {});
  EXPECT_TRUE(document) << text;
  return document ? std::move(document->value) : codec::Json();
}

std::string refusal(const ApiError& error) {
  return cat(error.code, " ", error.message);
}
constexpr std::string_view unprocessable =
    "422 the server rejected our request due to an error in our request";

struct Case {
  std::string_view object;
  std::string_view patch;
  std::string_view result;
};

// RFC 7386 appendix A, as far as the patch is an object.
TEST(MergePatch, gives_the_results_of_the_standard) {
  constexpr Case cases[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(apply_merge_patch(parsed(c.object), parsed(c.patch)).value(), parsed(c.result))
        << c.patch;
  }
}

TEST(MergePatch, is_an_object) {
  EXPECT_EQ(apply_merge_patch(parsed("{}"), parsed("null")).error().message, "Invalid JSON Patch");
  EXPECT_EQ(apply_merge_patch(parsed("{}"), parsed("1")).error().code, 400);
  EXPECT_EQ(refusal(apply_merge_patch(parsed("{}"), parsed("[]")).error()),
            "400 error decoding patch: json: cannot unmarshal array into Go value of type "
            "map[string]interface {}");
}

TEST(JsonPatch, that_is_null_changes_nothing) {
  EXPECT_EQ(apply_json_patch(parsed(R"({"a":1})"), parsed("null")).value(), parsed(R"({"a":1})"));
  EXPECT_EQ(apply_json_patch(parsed("{}"), parsed("[null]")).error().code, 422);
}

// RFC 6902 appendix A, and its refusals.
TEST(JsonPatch, gives_the_results_of_the_standard) {
  constexpr Case cases[] = {
      {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])",
       R"({"baz":"qux","foo":"bar"})"},
      {R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])",
       R"({"foo":["bar","qux","baz"]})"},
      {R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])", R"({"foo":"bar"})"},
      {R"({"foo":["bar","qux","baz"]})", R"([{"op":"remove","path":"/foo/1"}])",
       R"({"foo":["bar","baz"]})"},
      {R"({"baz":"qux","foo":"bar"})", R"([{"op":"replace","path":"/baz","value":"boo"}])",
       R"({"baz":"boo","foo":"bar"})"},
      {R"({"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}})",
       R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])",
       R"({"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}})"},
      {R"({"foo":["all","grass","cows","eat"]})",
       R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])",
       R"({"foo":["all","cows","eat","grass"]})"},
      {R"({"baz":"qux","foo":["a",2,"c"]})",
       R"([{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}])",
       R"({"baz":"qux","foo":["a",2,"c"]})"},
      {R"({"foo":"bar"})", R"([{"op":"add","path":"/child","value":{"grandchild":{}}}])",
       R"({"foo":"bar","child":{"grandchild":{}}})"},
      {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux","xyz":123}])",
       R"({"foo":"bar","baz":"qux"})"},
      {R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":10}])", R"({"/":9,"~1":10})"},
      {R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["abc","def"]}])",
       R"({"foo":["bar",["abc","def"]]})"},
      {R"({"a":{"b":1}})", R"([{"op":"copy","from":"/a","path":"/c"}])",
       R"({"a":{"b":1},"c":{"b":1}})"},
      {R"({"a":1})", R"([{"op":"replace","path":"","value":[1]}])", R"([1])"},
      {R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])", R"({"a":1})"},
      {R"({"a":1})", R"([{"op":"test","path":"/b","value":null}])", R"({"a":1})"},
      {R"({"a":1})", R"([{"op":"add","path":"/b"}])", R"({"a":1,"b":null})"},
      {R"({"a":1})", R"([])", R"({"a":1})"},
  };
  for (const Case& c : cases) {
    const auto result = apply_json_patch(parsed(c.object), parsed(c.patch));
    ASSERT_TRUE(result) << c.patch;
    EXPECT_EQ(*result, parsed(c.result)) << c.patch;
  }
}

// The standard knows no such index; Kubernetes' library does.
TEST(JsonPatch, counts_from_the_end_of_a_list) {
  constexpr Case cases[] = {
      {R"([1,2])", R"([{"op":"remove","path":"/-1"}])", "[1]"},
      {R"([1,2])", R"([{"op":"replace","path":"/-2","value":0}])", "[0,2]"},
      {R"([1,2])", R"([{"op":"add","path":"/-1","value":3}])", "[1,2,3]"},
      {R"([1,2])", R"([{"op":"add","path":"/-3","value":3}])", "[3,1,2]"},
      {R"([1,2])", R"([{"op":"test","path":"/-1","value":2}])", "[1,2]"},
  };
  for (const Case& c : cases) {
    const auto result = apply_json_patch(parsed(c.object), parsed(c.patch));
    ASSERT_TRUE(result) << c.patch;
    EXPECT_EQ(*result, parsed(c.result)) << c.patch;
  }
}

// Where the library does more than the standard lets it, clients have come to rely on that.
TEST(JsonPatch, is_read_as_kubernetes_library_reads_it) {
  constexpr Case cases[] = {
      {R"({"a":1})", R"([{"op":"replace","path":"/b","value":2}])", R"({"a":1,"b":2})"},
      {R"({"a":1})", R"([{"op":"copy","from":"/c","path":"/b"}])", R"({"a":1,"b":null})"},
      {R"({"a":1})", R"([{"op":"test","path":"/b"}])", R"({"a":1})"},
      {R"({"a":1})", R"([{"op":"add","path":"x/b","value":2}])", R"({"a":1,"b":2})"},
      {R"({"a":1})", R"([{"op":"add","path":"/~2~","value":2}])", R"({"a":1,"~2~":2})"},
      {R"({"a":1})", R"([{"op":"replace","path":"","value":{"b":2}}])", R"({"b":2})"},
      {R"({"a":1})", R"([{"op":"replace","path":"","value":3}])", R"({"a":1})"},
      {R"([1,2])", R"([{"op":"remove","path":"/01"}])", "[1]"},
      {R"([1,2])", R"([{"op":"remove","path":"/+1"}])", "[1]"},
  };
  for (const Case& c : cases) {
    const auto result = apply_json_patch(parsed(c.object), parsed(c.patch));
    ASSERT_TRUE(result) << c.patch;
    EXPECT_EQ(*result, parsed(c.result)) << c.patch;
  }
}

TEST(JsonPatch, that_does_not_apply_is_unprocessable) {
  for (const std::string_view operation :
       {R"({"op":"test","path":"/baz","value":"bar"})",
        R"({"op":"test","path":"/~01","value":"10"})",
        R"({"op":"add","path":"/x/y","value":1})",
        R"({"op":"remove","path":"/x"})",
        R"({"op":"remove","path":""})",
        R"({"op":"replace","path":"/x/y","value":1})",
        R"({"op":"add","path":"/list/3","value":1})",
        R"({"op":"add","path":"/list/1x","value":1})",
        R"({"op":"add","path":"","value":{}})",
        R"({"op":"add","path":"/list/-4","value":1})",
        R"({"op":"remove","path":"/list/-3"})",
        R"({"op":"add","path":"/list/--1","value":1})",
        R"({"op":"add","path":"baz","value":1})",
        R"({"op":"replace","path":"/list/2","value":1})",
        R"({"op":"test","path":"/list/2"})",
        R"({"op":"test","path":"/baz/x"})",
        R"({"op":"move","from":"/map","path":"/map/in"})",
        R"({"op":"copy","from":"/x/z","path":"/y"})",
        R"({"op":"copy","from":"","path":"/y"})",
        R"({"op":"bogus","path":"/baz"})",
        R"({"op":"move","from":"/x","path":"/y"})",
        R"({"op":"add","value":1})",
        R"({})",
        R"({"op":"add","path":"/list/99999999999999999999","value":1})"}) {
    const auto result =
        apply_json_patch(parsed(R"({"baz":"qux","list":[1,2],"map":{"in":1},"/":9,"~1":10})"),
                         parsed(cat("[", operation, "]")));
    ASSERT_FALSE(result) << operation;
    EXPECT_EQ(refusal(result.error()), unprocessable) << operation;
  }
}

TEST(JsonPatch, must_be_a_list_of_at_most_10000_operations) {
  const auto object = apply_json_patch(parsed("{}"), parsed(R"({"op":"add"})"));
  ASSERT_FALSE(object);
  EXPECT_EQ(refusal(object.error()),
            "400 json: cannot unmarshal object into Go value of type jsonpatch.Patch");

  const codec::Json operation = parsed(R"({"op":"add","path":"/a","value":1})");
  EXPECT_TRUE(apply_json_patch(parsed("{}"), codec::JsonArray(10'000, operation)));
  const auto many = apply_json_patch(parsed("{}"), codec::JsonArray(10'001, operation));
  ASSERT_FALSE(many);
  EXPECT_EQ(refusal(many.error()),
            "413 Request entity too large: The allowed maximum operations in a JSON patch is "
            "10000, got 10001");
}

TEST(JsonPatch, cannot_grow_without_bound) {
  const auto doubling = [](std::size_t times) {
    codec::JsonArray operations;
    for (std::size_t i = 0; i < times; ++i) {
      operations.push_back(parsed(R"({"op":"copy","from":"/a","path":"/a/-"})"));
    }
    return apply_json_patch(parsed(R"({"a":[1,2,3]})"), operations);
  };
  EXPECT_TRUE(doubling(5));
  EXPECT_FALSE(doubling(1000));
  // Each of these nests the document in itself.
  codec::JsonArray deeper;
  std::string path;
  for (int i = 0; i < 12; ++i) {
    path += "/a";
    deeper.push_back(parsed(cat(R"({"op":"copy","from":"","path":")", path, "\"}")));
  }
  EXPECT_FALSE(apply_json_patch(parsed(R"({"a":{}})"), deeper));
  // Insertions at the front move everything.
  const codec::Json insertion = parsed(R"({"op":"add","path":"/a/0","value":1})");
  codec::JsonObject wide;
  wide.emplace("a", codec::JsonArray(100'000, codec::Json(1)));
  EXPECT_FALSE(apply_json_patch(wide, codec::JsonArray(10'000, insertion)));
}

constexpr Field part_fields[] = {text(1, "name"), text(2, "image"), text(3, "port"),
                                 list_of(4, "args", Type::text)};
constexpr Schema part{"Part", part_fields};
constexpr Field spec_fields[] = {
    list(1, "parts", part).merged_by("name"),
    list(2, "numbers", part).merged_by("number"),
    list(3, "whole", part),
    list(4, "volumes", part).merged_by("name").with_retained_keys(),
};
constexpr Schema spec{"Spec", spec_fields};
constexpr Field thing_fields[] = {message(1, "metadata", object_meta), message(2, "spec", spec)};
constexpr Schema thing{"Thing", thing_fields};

std::string strategic(std::string_view object, std::string_view patch) {
  const auto result = apply_strategic_patch(thing, parsed(object), parsed(patch));
  return result ? codec::to_json(*result) : refusal(result.error());
}

std::string strategic_spec(std::string_view object, std::string_view patch) {
  const std::string head = R"({"spec":)";
  std::string out = strategic(cat(head, object, "}"), cat(R"({"spec":)", patch, "}"));
  if (!out.starts_with(head)) return out;
  return out.substr(head.size(), out.size() - head.size() - 1);
}

TEST(StrategicPatch, merges_maps_and_replaces_plain_lists) {
  EXPECT_EQ(strategic(R"({"metadata":{"labels":{"a":"1","b":"2"}},"x":[1]})",
                      R"({"metadata":{"labels":{"a":null,"c":"3"}},"x":[2],"y":{"n":null}})"),
            R"({"metadata":{"labels":{"b":"2","c":"3"}},"x":[2],"y":{}})");
  EXPECT_EQ(strategic_spec(R"({"whole":[{"name":"a"}]})", R"({"whole":[{"name":"b"}]})"),
            R"({"whole":[{"name":"b"}]})");
}

TEST(StrategicPatch, merges_lists_by_their_key) {
  constexpr std::string_view abc =
      R"({"parts":[{"name":"a","image":"1"},{"name":"b","image":"2"},{"name":"c"}]})";
  EXPECT_EQ(strategic_spec(abc, R"({"parts":[{"name":"b","image":"9"}]})"),
            R"({"parts":[{"name":"a","image":"1"},{"name":"b","image":"9"},{"name":"c"}]})");
  // What is new and has no place comes first.
  EXPECT_EQ(strategic_spec(abc, R"({"parts":[{"name":"n","image":null}]})"),
            R"({"parts":[{"name":"n"},{"name":"a","image":"1"},{"name":"b","image":"2"},)"
            R"({"name":"c"}]})");
  EXPECT_EQ(strategic_spec(abc, R"({"parts":[{"name":"a","$patch":"delete"},)"
                                R"({"name":"zz","$patch":"delete"},)"
                                R"({"name":"b","port":"p"}]})"),
            R"({"parts":[{"name":"b","image":"2","port":"p"},{"name":"c"}]})");
  EXPECT_EQ(strategic_spec(abc, R"({"parts":[{"$patch":"replace"},{"name":"z"}]})"),
            R"({"parts":[{"name":"z"}]})");
  EXPECT_EQ(strategic_spec(abc, R"({"parts":null})"), R"({})");
  EXPECT_EQ(strategic_spec(R"({})", R"({"parts":[{"name":"a","$patch":"delete"},{"name":"b"}]})"),
            R"({"parts":[{"name":"b"}]})");
}

TEST(StrategicPatch, merges_by_keys_that_are_numbers) {
  EXPECT_EQ(strategic_spec(R"({"numbers":[{"number":80,"name":"x"}]})",
                           R"({"numbers":[{"number":80,"name":"y"},{"number":81}]})"),
            R"({"numbers":[{"number":80,"name":"y"},{"number":81}]})");
}

TEST(StrategicPatch, orders_what_the_patch_names) {
  EXPECT_EQ(strategic_spec(R"({"parts":[{"name":"a"},{"name":"b"},{"name":"c"}]})",
                           R"({"$setElementOrder/parts":[{"name":"c"},{"name":"n"},{"name":"a"}],)"
                           R"("parts":[{"name":"n"}]})"),
            R"({"parts":[{"name":"b"},{"name":"c"},{"name":"n"},{"name":"a"}]})");
  EXPECT_EQ(strategic_spec(R"({"parts":[{"name":"a"},{"name":"b"}]})",
                           R"({"$setElementOrder/parts":[{"name":"b"},{"name":"a"}]})"),
            R"({"parts":[{"name":"b"},{"name":"a"}]})");
  EXPECT_THAT(
      strategic_spec(R"({"parts":[{"name":"a"}]})", R"({"$setElementOrder/parts":[{"name":"b"}],)"
                                                    R"("parts":[{"name":"a"}]})"),
      testing::HasSubstr("doesn't match $setElementOrder"));
  EXPECT_EQ(strategic_spec("{}", R"({"$setElementOrder/parts":[{"name":"b"}]})"), "{}");
}

TEST(StrategicPatch, replaces_and_deletes_maps) {
  EXPECT_EQ(strategic(R"({"metadata":{"labels":{"a":"1"}}})",
                      R"({"metadata":{"labels":{"$patch":"replace","b":"2"}}})"),
            R"({"metadata":{"labels":{"b":"2"}}})");
  EXPECT_EQ(strategic(R"({"metadata":{"labels":{"a":"1"}}})",
                      R"({"metadata":{"labels":{"$patch":"delete"}}})"),
            R"({"metadata":{"labels":{}}})");
}

TEST(StrategicPatch, keeps_only_retained_keys) {
  EXPECT_EQ(
      strategic_spec(R"({"volumes":[{"name":"v","image":"x"}]})",
                     R"({"volumes":[{"name":"v","$retainKeys":["name","port"],"port":"1"}]})"),
      R"({"volumes":[{"name":"v","port":"1"}]})");
  EXPECT_EQ(strategic_spec("{}", R"({"$retainKeys":["x"],"whole":[]})"),
            "400 invalid patch format of retainKeys");
  EXPECT_EQ(strategic_spec("{}", R"({"$retainKeys":1})"), "400 invalid patch format of retainKeys");
}

TEST(StrategicPatch, treats_finalizers_as_a_set) {
  constexpr std::string_view object = R"({"metadata":{"finalizers":["a","b"]}})";
  EXPECT_EQ(strategic(object, R"({"metadata":{"finalizers":["b","c"]}})"),
            R"({"metadata":{"finalizers":["a","b","c"]}})");
  EXPECT_EQ(strategic(object, R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],)"
                              R"("$setElementOrder/finalizers":["c","b"],"finalizers":["c"]}})"),
            R"({"metadata":{"finalizers":["c","b"]}})");
  EXPECT_EQ(strategic(object, R"({"metadata":{"$deleteFromPrimitiveList/finalizers":"a"}})"),
            "400 invalid patch format of primitive list");
  EXPECT_EQ(strategic("{}", R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["a"]}})"),
            R"({"metadata":{}})");
}

TEST(StrategicPatch, that_makes_no_sense_is_refused) {
  EXPECT_EQ(strategic("{}", "[]"),
            "400 json: cannot unmarshal array into Go value of type map[string]interface {}");
  EXPECT_EQ(strategic_spec(R"({"parts":[]})", R"({"parts":[{"image":"x"}]})"),
            "500 map: map[image:x] does not contain declared merge key: name");
  EXPECT_EQ(strategic("{}", R"({"spec":{"$patch":"bogus"}})"), R"({"spec":{}})")
      << "nothing to merge with: the directive is dropped";
  EXPECT_EQ(strategic_spec(R"({"a":1})", R"({"$patch":"bogus"})"),
            "500 unknown patch type: bogus in map: map[$patch:bogus]");
  EXPECT_EQ(strategic_spec(R"({"a":1})", R"({"$patch":"merge"})"),
            "500 unknown patch type: merge in map: map[$patch:merge]");
  EXPECT_EQ(
      strategic_spec(R"({"parts":[{"name":"a"}]})", R"({"parts":[{"name":"a","$patch":"merge"}]})"),
      "500 merging lists cannot yet be specified in the patch");
  EXPECT_EQ(strategic_spec(R"({"parts":[]})", R"({"parts":[[1]]})"), unprocessable);
  EXPECT_EQ(strategic_spec(R"({"parts":[]})", R"({"parts":["x"]})"),
            "500 expected a map, but received a string");
}

TEST(StrategicPatch, merges_long_lists_by_lookup) {
  codec::JsonArray parts;
  for (int i = 0; i < 10'000; ++i) parts.push_back({{"name", cat("n", i)}});
  codec::Json object = {{"spec", {{"parts", parts}}}};
  std::ranges::reverse(parts);
  const codec::Json patch = {{"spec", {{"parts", parts}}}};
  const auto result = apply_strategic_patch(thing, object, patch);
  ASSERT_TRUE(result);
  EXPECT_EQ(codec::array_at(*result, "spec.parts"), parts);
}

}  // namespace
}  // namespace signet::machinery
