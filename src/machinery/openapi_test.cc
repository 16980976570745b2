#include "machinery/openapi.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "codec/json.h"
#include "machinery/fake_kinds.h"

namespace signet::machinery {
namespace {

// The fields of a protobuf message whose lengths all fit into two bytes.
std::vector<std::pair<unsigned, std::string_view>> fields(std::string_view message) {
  const auto varint = [&message] {
    unsigned value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(message.front());
      message.remove_prefix(1);
      value |= (byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
  };
  std::vector<std::pair<unsigned, std::string_view>> out;
  while (!message.empty()) {
    const auto tag = varint();
    EXPECT_EQ(tag & 7U, 2U) << "only fields of bytes are written";
    const auto length = varint();
    EXPECT_LE(length, message.size());
    out.emplace_back(tag >> 3U, message.substr(0, length));
    message.remove_prefix(length);
  }
  return out;
}

// The only field of that number.
std::string_view only(std::string_view message, unsigned number) {
  std::string_view found;
  int count = 0;
  for (const auto& [field, bytes] : fields(message)) {
    if (field != number) continue;
    found = bytes;
    ++count;
  }
  EXPECT_EQ(count, 1) << "field " << number;
  return found;
}

codec::Json v3(std::string_view group, std::string_view version) {
  return codec::parse_json(openapi_v3_json(fake::registry(), group, version), {}).value().value;
}

const codec::Json& at(const codec::Json& value, std::string_view name) {
  const auto* found = value.as_object().if_contains(name);
  EXPECT_NE(found, nullptr) << name;
  return *found;
}

TEST(OpenApiProtobuf, is_a_document_with_one_definition_a_kind) {
  const auto document = openapi_v2_protobuf(fake::registry());
  EXPECT_EQ(only(document, 1), "2.0");
  EXPECT_EQ(only(only(document, 2), 1), "signet");
  EXPECT_EQ(only(document, 8), "");
  const auto definitions = fields(only(document, 9));
  ASSERT_EQ(definitions.size(), 2U);
  EXPECT_EQ(only(definitions[0].second, 1), "io.k8s.api.core.v1.Widget");
  const auto extension = only(only(definitions[0].second, 2), 31);
  EXPECT_EQ(only(extension, 1), "x-kubernetes-group-version-kind");
  EXPECT_EQ(only(only(extension, 2), 2), "- group: \"\"\n  kind: Widget\n  version: v1\n");
}

TEST(OpenApiProtobuf, says_nothing_of_types_so_that_old_clients_do_not_patch_by_it) {
  for (const auto& [number, definition] : fields(only(openapi_v2_protobuf(fake::registry()), 9))) {
    const auto schema = fields(only(definition, 2));
    ASSERT_EQ(schema.size(), 1U);
    EXPECT_EQ(schema[0].first, 31U);
  }
}

TEST(OpenApiV3, tells_on_patch_that_the_server_validates_fields) {
  const auto document = v3("", "v1");
  const auto& item = at(at(document, "paths"), "/api/v1/namespaces/{namespace}/widgets/{name}");
  const auto& patch = at(item, "patch");
  EXPECT_EQ(codec::to_json(at(patch, "x-kubernetes-group-version-kind")),
            R"({"group":"","kind":"Widget","version":"v1"})");
  EXPECT_TRUE(codec::to_json(at(patch, "parameters"))
                  .contains(R"({"name":"fieldValidation","in":"query",)"
                            R"("schema":{"type":"string"}})"));
}

TEST(OpenApiV3, has_no_request_bodies_so_that_clients_patch_by_their_own_types) {
  EXPECT_FALSE(openapi_v3_json(fake::registry(), "", "v1").contains("requestBody"));
}

TEST(OpenApiV3, has_only_the_paths_a_kind_serves) {
  const auto document = v3("review.example", "v1");
  const auto& paths = at(document, "paths").as_object();
  ASSERT_EQ(paths.size(), 1U);
  const auto& collection = at(at(document, "paths"), "/apis/review.example/v1/widgetreviews");
  EXPECT_EQ(collection.as_object().size(), 1U);
  EXPECT_TRUE(collection.as_object().contains("post"));
}

TEST(OpenApiV3, describes_every_schema_that_is_referred_to) {
  const auto document = v3("", "v1");
  const auto& schemas = at(at(document, "components"), "schemas");
  const auto& widget = at(schemas, "io.k8s.api.core.v1.Widget");
  EXPECT_EQ(codec::to_json(at(at(widget, "properties"), "parts")),
            R"({"type":"array","items":{"$ref":"#/components/schemas/Part"},)"
            R"("x-kubernetes-patch-strategy":"merge","x-kubernetes-patch-merge-key":"name"})");
  EXPECT_EQ(codec::to_json(at(at(widget, "properties"), "data")),
            R"({"type":"object","additionalProperties":{"type":"string","format":"byte"}})");
  EXPECT_EQ(codec::to_json(at(at(widget, "properties"), "port")),
            R"({"format":"int-or-string","oneOf":[{"type":"integer"},{"type":"string"}]})");
  EXPECT_EQ(codec::to_json(at(schemas, "Part")),
            R"({"type":"object","properties":{"name":{"type":"string"},)"
            R"("count":{"type":"integer","format":"int32"}}})");
  EXPECT_TRUE(schemas.as_object().contains("ObjectMeta"));
  EXPECT_TRUE(at(at(widget, "properties"), "kind").is_object());
}

TEST(OpenApiV3, keeps_two_schemas_of_one_name_apart_and_ends_at_cycles) {
  static constexpr Field first_fields[] = {text(1, "a")};
  static constexpr Schema first{"Same", first_fields};
  static const Schema* const cycle = [] {
    static Field fields[1];
    static Schema schema{"Cycle", fields};
    fields[0] = list(1, "again", schema);
    return &schema;
  }();
  static const Field second_fields[] = {message(1, "loop", *cycle)};
  static const Schema second{"Same", second_fields};
  static const Field top_fields[] = {message(1, "one", first), message(2, "two", second)};
  static const Schema top{"Top", top_fields};
  auto kind = fake::widget();
  kind.schema = &top;
  const Kind* const kinds[] = {&kind};
  const Registry registry(kinds);
  const auto json = openapi_v3_json(registry, "", "v1");
  EXPECT_TRUE(json.contains(R"("one":{"$ref":"#/components/schemas/Same"})"));
  EXPECT_TRUE(json.contains(R"("two":{"$ref":"#/components/schemas/Same2"})"));
  EXPECT_TRUE(
      json.contains(R"("Cycle":{"type":"object","properties":{"again":{"type":"array","items":)"
                    R"({"$ref":"#/components/schemas/Cycle"}}}})"));
}

}  // namespace
}  // namespace signet::machinery
