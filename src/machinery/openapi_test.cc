#include "machinery/openapi.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/cat.h"
#include "codec/json.h"
#include "machinery/fake_kinds.h"
#include "machinery/protobuf_wire.h"

namespace signet::machinery {
namespace {

codec::Json v3(std::string_view group, std::string_view version) {
  return openapi_v3(fake::registry(), group, version);
}

const codec::Json& at(const codec::Json& value, std::string_view name) {
  const auto* found = value.as_object().if_contains(name);
  EXPECT_NE(found, nullptr) << name;
  return *found;
}

std::string json(const codec::Json& value) {
  return codec::to_json(value);
}

// What a field of that number holds; the first of several, empty when there is none.
std::string_view field(std::string_view message, std::uint32_t number) {
  WireReader reader(message);
  while (!reader.at_end()) {
    const auto found = reader.next();
    EXPECT_TRUE(found);
    if (found && *found && (*found)->number == number) return (*found)->bytes;
  }
  return {};
}

// The value of a named entry ({1: name, 2: value}) among the fields of that number.
std::string_view entry(std::string_view message, std::uint32_t number, std::string_view name) {
  WireReader reader(message);
  while (!reader.at_end()) {
    const auto found = reader.next();
    EXPECT_TRUE(found);
    if (!found || !*found || (*found)->number != number) continue;
    if (field((*found)->bytes, 1) == name) return field((*found)->bytes, 2);
  }
  ADD_FAILURE() << "no " << name;
  return {};
}

constexpr std::string_view widget_path = "/api/v1/namespaces/{namespace}/widgets/{name}";
constexpr std::string_view widget_gvk = R"({"group":"","kind":"Widget","version":"v1"})";

TEST(OpenApiV2, has_every_kind_under_the_name_that_clients_know) {
  const auto document = openapi_v2(fake::registry());
  EXPECT_EQ(json(at(document, "swagger")), R"("2.0")");
  const auto& definitions = at(document, "definitions");
  const auto& widget = at(definitions, "io.k8s.api.core.v1.Widget");
  EXPECT_EQ(json(at(widget, "x-kubernetes-group-version-kind")), cat('[', widget_gvk, ']'));
  const auto& properties = at(widget, "properties");
  EXPECT_EQ(json(at(properties, "metadata")),
            R"({"$ref":"#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"})");
  EXPECT_EQ(json(at(properties, "parts")),
            R"({"type":"array","items":{"$ref":"#/definitions/io.k8s.api.core.v1.Part"},)"
            R"("x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],)"
            R"("x-kubernetes-patch-strategy":"merge","x-kubernetes-patch-merge-key":"name"})");
  EXPECT_EQ(json(at(properties, "data")),
            R"({"type":"object","additionalProperties":{"type":"string","format":"byte"}})");
  EXPECT_EQ(json(at(definitions, "io.k8s.apimachinery.pkg.util.intstr.IntOrString")),
            R"({"type":"string","format":"int-or-string"})");
  EXPECT_EQ(json(at(definitions, "io.k8s.api.core.v1.Part")),
            R"({"type":"object","properties":{"name":{"type":"string"},)"
            R"("count":{"type":"integer","format":"int32"}}})");
  EXPECT_EQ(json(at(at(at(definitions, "io.k8s.api.core.v1.WidgetList"), "properties"), "items")),
            R"({"type":"array","items":{"$ref":"#/definitions/io.k8s.api.core.v1.Widget"}})");
  EXPECT_TRUE(definitions.as_object().contains("io.k8s.api.review.v1.WidgetReview"));
}

TEST(OpenApiV2, refers_to_nothing_that_is_not_there) {
  for (const bool third : {false, true}) {
    const auto document = third ? v3("", "v1") : openapi_v2(fake::registry());
    const auto& definitions =
        third ? at(at(document, "components"), "schemas") : at(document, "definitions");
    const auto text = json(document);
    const std::string_view start =
        third ? R"("$ref":"#/components/schemas/)" : R"("$ref":"#/definitions/)";
    std::size_t found = 0;
    for (auto from = text.find(start); from != text.npos; from = text.find(start, from + 1)) {
      const auto name = from + start.size();
      EXPECT_TRUE(definitions.as_object().contains(text.substr(name, text.find('"', name) - name)));
      ++found;
    }
    EXPECT_GT(found, 10U);
  }
}

TEST(OpenApiV2, offers_dry_runs_where_kubectl_looks_for_them) {
  const auto document = openapi_v2(fake::registry());
  const auto& patch = at(at(at(document, "paths"), widget_path), "patch");
  EXPECT_EQ(json(at(patch, "x-kubernetes-group-version-kind")), widget_gvk);
  EXPECT_EQ(json(at(patch, "parameters").at(0)),
            R"({"name":"dryRun","in":"query","type":"string","uniqueItems":true})");
  EXPECT_EQ(json(at(patch, "operationId")), R"("patchCoreV1NamespacedWidget")");
}

TEST(OpenApiProtobuf, says_what_the_json_says) {
  const auto bytes = openapi_v2_protobuf(openapi_v2(fake::registry()));
  EXPECT_EQ(field(bytes, 1), "2.0");
  EXPECT_EQ(field(field(bytes, 2), 1), "signet");
  const auto widget = entry(field(bytes, 9), 1, "io.k8s.api.core.v1.Widget");
  EXPECT_EQ(field(entry(widget, 31, "x-kubernetes-group-version-kind"), 2),
            cat('[', widget_gvk, ']'));
  EXPECT_EQ(field(field(widget, 22), 1), "object");
  const auto parts = entry(field(widget, 25), 1, "parts");
  EXPECT_EQ(field(field(parts, 22), 1), "array");
  EXPECT_EQ(field(field(field(parts, 23), 1), 1), "#/definitions/io.k8s.api.core.v1.Part");
  EXPECT_EQ(field(entry(parts, 31, "x-kubernetes-patch-merge-key"), 2), R"("name")");
  const auto data = entry(field(widget, 25), 1, "data");
  EXPECT_EQ(field(field(field(data, 21), 1), 2), "byte");

  const auto path = entry(field(bytes, 8), 2, widget_path);
  const auto patch = field(path, 8);
  EXPECT_EQ(field(entry(patch, 13, "x-kubernetes-group-version-kind"), 2), widget_gvk);
  const auto dry_run = field(field(field(field(patch, 8), 1), 2), 3);
  EXPECT_EQ(field(dry_run, 2), "query");
  EXPECT_EQ(field(dry_run, 4), "dryRun");
  EXPECT_EQ(field(dry_run, 6), "string");
  const auto name = field(field(field(field(path, 9), 1), 2), 4);
  EXPECT_EQ(field(name, 4), "name");
  EXPECT_EQ(field(name, 5), "string");
  const auto body = field(field(field(field(path, 3), 8), 1), 2);
  EXPECT_FALSE(body.empty());
  const auto ok = field(entry(field(patch, 9), 1, "200"), 1);
  EXPECT_EQ(field(ok, 1), "OK");
  EXPECT_EQ(field(field(field(ok, 2), 1), 1), "#/definitions/io.k8s.api.core.v1.Widget");
}

TEST(OpenApiV3, tells_on_patch_that_the_server_validates_fields_and_what_it_takes) {
  const auto document = v3("", "v1");
  const auto& patch = at(at(at(document, "paths"), widget_path), "patch");
  EXPECT_EQ(json(at(patch, "x-kubernetes-group-version-kind")), widget_gvk);
  EXPECT_TRUE(json(at(patch, "parameters"))
                  .contains(R"({"name":"fieldValidation","in":"query",)"
                            R"("schema":{"type":"string","uniqueItems":true}})"));
  const auto& content = at(at(patch, "requestBody"), "content").as_object();
  for (const std::string_view type :
       {"json-patch+json", "merge-patch+json", "strategic-merge-patch+json", "apply-patch+yaml"}) {
    EXPECT_TRUE(content.contains(cat("application/", type)));
  }
}

TEST(OpenApiV3, has_only_the_paths_a_kind_serves) {
  const auto document = v3("review.example", "v1");
  const auto& paths = at(document, "paths").as_object();
  ASSERT_EQ(paths.size(), 1U);
  const auto& collection = at(at(document, "paths"), "/apis/review.example/v1/widgetreviews");
  EXPECT_TRUE(collection.as_object().contains("post"));
  EXPECT_FALSE(collection.as_object().contains("get"));
}

TEST(OpenApiV3, has_the_operations_of_subresources) {
  const auto document = v3("", "v1");
  const auto& paths = at(document, "paths");
  const auto& status = at(paths, cat(widget_path, "/status"));
  EXPECT_EQ(json(at(at(status, "put"), "operationId")), R"("replaceCoreV1NamespacedWidgetStatus")");
  const auto& ask = at(at(paths, cat(widget_path, "/ask")), "post");
  EXPECT_EQ(json(at(ask, "x-kubernetes-group-version-kind")),
            R"({"group":"review.example","kind":"WidgetReview","version":"v1"})");
}

TEST(OpenApiV3, says_that_a_value_may_be_one_of_two) {
  const auto document = v3("", "v1");
  const auto& schemas = at(at(document, "components"), "schemas");
  EXPECT_EQ(json(at(schemas, "io.k8s.apimachinery.pkg.util.intstr.IntOrString")),
            R"({"oneOf":[{"type":"integer"},{"type":"string"}],"format":"int-or-string"})");
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
  const auto text = json(openapi_v3(registry, "", "v1"));
  EXPECT_TRUE(text.contains(R"("one":{"$ref":"#/components/schemas/io.k8s.api.core.v1.Same"})"));
  EXPECT_TRUE(text.contains(R"("two":{"$ref":"#/components/schemas/io.k8s.api.core.v1.Same2"})"));
  EXPECT_TRUE(text.contains(
      R"("io.k8s.api.core.v1.Cycle":{"type":"object","properties":{"again":{"type":"array","items":)"
      R"({"$ref":"#/components/schemas/io.k8s.api.core.v1.Cycle"},"x-kubernetes-list-type":"atomic"}}})"));
}

}  // namespace
}  // namespace signet::machinery
