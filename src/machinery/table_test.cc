#include "machinery/table.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/cat.h"
#include "machinery/fake_kinds.h"
#include "machinery/partial_metadata.h"

namespace signet::machinery {
namespace {

constexpr Instant now = Instant(std::chrono::seconds(1'700'000'000));
constexpr std::string_view columns =
    R"([{"name":"Name","type":"string","format":"name","description":"The name.","priority":0},)"
    R"({"name":"Parts","type":"integer","format":"","description":"How many \"parts\".",)"
    R"("priority":1}])";

ObjectPtr make(const Kind& kind, std::string_view json, Revision revision) {
  auto object = Object::create(kind, codec::parse_json(json, {}).value().value);
  object->commit(revision);
  return object;
}

ObjectPtr widget() {
  return make(fake::widget(),
              R"({"kind":"Widget","apiVersion":"v1","metadata":{"name":"w<1>","namespace":"n",)"
              R"("labels":{"a":"}\",\"metadata\":{"}},"parts":[{"name":"p"}]})",
              7);
}

// The metadata as the object itself has it.
std::string metadata_of(const Object& object) {
  const auto parsed = object.parse();
  return codec::to_json(*codec::find(parsed, "metadata"));
}

TEST(Table, has_a_row_for_each_object) {
  const std::vector<ObjectPtr> rows = {widget(), widget()};
  const auto row = cat(R"({"cells":["w\u003c1\u003e",1],"object":{"kind":"PartialObjectMetadata",)"
                       R"("apiVersion":"meta.k8s.io/v1","metadata":)",
                       metadata_of(*rows[0]), "}}");
  EXPECT_EQ(
      table_json(fake::widget(), rows, {.resource_version = "9", .continue_token = {}}, {}, now),
      cat(R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":)"
          R"({"resourceVersion":"9"},"columnDefinitions":)",
          columns, R"(,"rows":[)", row, ',', row, "]}"));
}

TEST(Table, without_objects_still_has_columns) {
  EXPECT_EQ(table_json(fake::widget(), {}, {.resource_version = {}, .continue_token = {}}, {}, now),
            cat(R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},)"
                R"("columnDefinitions":)",
                columns, R"(,"rows":[]})"));
}

TEST(Table, says_how_a_list_goes_on) {
  const auto json = table_json(fake::widget(), {},
                               {.resource_version = "9", .continue_token = "abc", .remaining = 3},
                               {.version = "v1beta1", .with_columns = false}, now);
  EXPECT_EQ(json, R"({"kind":"Table","apiVersion":"meta.k8s.io/v1beta1","metadata":)"
                  R"({"resourceVersion":"9","continue":"abc","remainingItemCount":3},)"
                  R"("columnDefinitions":null,"rows":[]})");
}

TEST(Table, includes_of_its_objects_what_was_asked) {
  const std::vector<ObjectPtr> rows = {widget()};
  const auto row_object = [&](IncludeObject include) {
    const auto json =
        table_json(fake::widget(), rows, {.resource_version = {}, .continue_token = {}},
                   {.include = include}, now);
    const auto at = json.find(R"("object":)") + 9;
    return json.substr(at, json.size() - at - 3);
  };
  EXPECT_EQ(row_object(IncludeObject::none), "null");
  EXPECT_EQ(row_object(IncludeObject::object), rows[0]->json());
  EXPECT_EQ(row_object(IncludeObject::metadata), partial_metadata_json(*rows[0], "v1"));
}

TEST(Table, of_a_kind_without_columns_shows_name_and_age) {
  auto plain = fake::widget();
  plain.columns = {};
  const std::vector<ObjectPtr> rows = {
      make(plain,
           R"({"kind":"Widget","apiVersion":"v1","metadata":{"name":"w","namespace":"n",)"
           R"("creationTimestamp":"2023-11-14T22:13:02Z"}})",
           1)};
  const auto json = table_json(plain, rows, {.resource_version = {}, .continue_token = {}},
                               {.include = IncludeObject::none}, now);
  EXPECT_TRUE(json.contains(R"("name":"Name","type":"string","format":"name")"));
  EXPECT_TRUE(json.contains(R"("name":"Age","type":"string","format":"")"));
  EXPECT_TRUE(json.contains(R"("rows":[{"cells":["w","18s"],"object":null}])")) << json;
}

TEST(TableBookmark, is_a_row_that_only_carries_the_version) {
  const auto bookmark = [](IncludeObject include, bool end) {
    return bookmark_table_json(fake::widget(), "42", {.include = include, .with_columns = false},
                               end);
  };
  constexpr std::string_view head =
      R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"42"},)"
      R"("columnDefinitions":null,"rows":[{"cells":[],"object":)";
  EXPECT_EQ(bookmark(IncludeObject::metadata, false),
            cat(head, R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",)"
                      R"("metadata":{"resourceVersion":"42"}}}]})"));
  EXPECT_EQ(bookmark(IncludeObject::object, true),
            cat(head, R"({"kind":"Widget","apiVersion":"v1","metadata":{"resourceVersion":"42",)"
                      R"("annotations":{"k8s.io/initial-events-end":"true"}}}}]})"));
  EXPECT_EQ(bookmark(IncludeObject::none, true), cat(head, "null}]}"));
}

TEST(PartialMetadata, is_the_metadata_byte_for_byte) {
  const auto object = widget();
  const auto json = partial_metadata_json(*object, "v1beta1");
  EXPECT_EQ(json, cat(R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1beta1",)"
                      R"("metadata":)",
                      metadata_of(*object), '}'));
  EXPECT_TRUE(json.contains(R"("resourceVersion":"7")"));
}

}  // namespace
}  // namespace signet::machinery
