#include "kinds/kinds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <set>
#include <string>

#include "base/cat.h"
#include "machinery/discovery_documents.h"
#include "machinery/openapi.h"
#include "machinery/registry.h"

namespace signet::kinds {
namespace {

using machinery::Kind;
using machinery::Schema;
using machinery::Type;

TEST(Kinds, come_in_the_order_of_discovery) {
  std::vector<std::string> names;
  for (const Kind* kind : all()) names.push_back(cat(kind->group, '/', kind->plural));
  EXPECT_THAT(
      names,
      testing::ElementsAre(
          "/bindings", "/configmaps", "/endpoints", "/events", "/namespaces", "/nodes", "/pods",
          "/secrets", "/serviceaccounts", "/services", "authentication.k8s.io/selfsubjectreviews",
          "authentication.k8s.io/tokenreviews", "authorization.k8s.io/localsubjectaccessreviews",
          "authorization.k8s.io/selfsubjectaccessreviews",
          "authorization.k8s.io/selfsubjectrulesreviews",
          "authorization.k8s.io/subjectaccessreviews", "coordination.k8s.io/leases",
          "events.k8s.io/events", "rbac.authorization.k8s.io/clusterrolebindings",
          "rbac.authorization.k8s.io/clusterroles", "rbac.authorization.k8s.io/rolebindings",
          "rbac.authorization.k8s.io/roles"));
}

TEST(Kinds, list_verbs_and_subresources_sorted) {
  for (const Kind* kind : all()) {
    EXPECT_TRUE(std::ranges::is_sorted(kind->verbs)) << kind->kind;
    EXPECT_FALSE(kind->verbs.empty()) << kind->kind;
    EXPECT_TRUE(std::ranges::is_sorted(kind->subresources, {}, &machinery::Subresource::name))
        << kind->kind;
    for (const auto& subresource : kind->subresources) {
      EXPECT_TRUE(std::ranges::is_sorted(subresource.verbs)) << subresource.name;
      EXPECT_FALSE(subresource.verbs.empty()) << subresource.name;
    }
  }
}

TEST(Kinds, with_a_status_have_the_subresource) {
  for (const Kind* kind : all()) {
    EXPECT_EQ(kind->find_subresource("status") != nullptr, kind->has_status) << kind->kind;
  }
}

TEST(Kinds, that_are_only_asked_can_only_be_created) {
  for (const Kind* kind :
       {&binding, &token_review, &self_subject_review, &local_subject_access_review,
        &self_subject_access_review, &self_subject_rules_review, &subject_access_review}) {
    EXPECT_FALSE(kind->stored) << kind->kind;
    EXPECT_THAT(kind->verbs, testing::ElementsAre("create"));
  }
}

TEST(Kinds, that_are_stored_show_a_name_first_or_last) {
  for (const Kind* kind : all()) {
    if (!kind->keeps_objects()) continue;
    ASSERT_FALSE(kind->columns.empty()) << kind->kind;
    const auto named = std::ranges::count(kind->columns, "name", &machinery::Column::format);
    EXPECT_EQ(named, 1) << kind->kind;
    for (const auto& column : kind->columns) EXPECT_NE(column.cell, nullptr) << column.name;
  }
}

TEST(Kinds, answer_a_delete_with_the_object_where_kubernetes_does) {
  std::vector<std::string_view> kept;
  for (const Kind* kind : all()) {
    if (kind->delete_reply == machinery::DeleteReply::object) kept.push_back(kind->plural);
  }
  EXPECT_THAT(kept, testing::ElementsAre("namespaces", "pods", "serviceaccounts", "services"));
}

TEST(Kinds, name_the_kind_of_a_token_request) {
  const auto* token = service_account.find_subresource("token");
  ASSERT_NE(token, nullptr);
  EXPECT_EQ(token->group, "authentication.k8s.io");
  EXPECT_EQ(token->version, "v1");
  EXPECT_EQ(token->kind, "TokenRequest");
  ASSERT_NE(token->schema, nullptr);
  EXPECT_NE(token->schema->find("spec"), nullptr);
}

// Collects every schema that can be reached.
void collect(const Schema& schema, std::set<const Schema*>& seen) {
  if (!seen.insert(&schema).second) return;
  for (const auto& field : schema.fields) {
    if (field.schema != nullptr) collect(*field.schema, seen);
  }
}

std::set<const Schema*> every_schema() {
  std::set<const Schema*> seen;
  for (const Kind* kind : all()) {
    collect(*kind->schema, seen);
    for (const auto& subresource : kind->subresources) {
      if (subresource.schema != nullptr) collect(*subresource.schema, seen);
    }
  }
  return seen;
}

TEST(Schemas, have_no_name_and_no_number_twice) {
  const auto schemas = every_schema();
  EXPECT_GT(schemas.size(), 100U);
  for (const Schema* schema : schemas) {
    std::set<std::string_view> names;
    std::set<std::uint32_t> numbers;
    for (const auto& field : schema->fields) {
      EXPECT_TRUE(names.insert(field.name).second) << schema->name << '.' << field.name;
      if (field.number == 0) continue;
      EXPECT_TRUE(numbers.insert(field.number).second) << schema->name << '.' << field.name;
    }
  }
}

TEST(Schemas, say_what_their_messages_are_made_of) {
  for (const Schema* schema : every_schema()) {
    EXPECT_FALSE(schema->name.empty());
    EXPECT_FALSE(schema->fields.empty()) << schema->name;
    for (const auto& field : schema->fields) {
      EXPECT_EQ(field.type == Type::message, field.schema != nullptr)
          << schema->name << '.' << field.name;
    }
  }
}

TEST(Schemas, merge_lists_by_a_key_their_elements_have) {
  for (const Schema* schema : every_schema()) {
    for (const auto& field : schema->fields) {
      if (field.merge != machinery::ListMerge::by_key) continue;
      ASSERT_EQ(field.shape, machinery::Shape::list) << schema->name << '.' << field.name;
      ASSERT_NE(field.schema, nullptr);
      EXPECT_NE(field.schema->find(field.merge_key), nullptr) << schema->name << '.' << field.name;
    }
  }
}

// JSON has the members of an embedded message beside the others, protobuf in a message.
TEST(Schemas, give_an_embedded_message_and_its_members) {
  for (const Schema* schema : every_schema()) {
    const auto embedded = std::ranges::find(schema->fields, "", &machinery::Field::name);
    if (embedded == schema->fields.end()) continue;
    EXPECT_NE(embedded->number, 0U) << schema->name;
    for (const auto& inner : embedded->schema->fields) {
      const auto* beside = schema->find(inner.name);
      ASSERT_NE(beside, nullptr) << schema->name << '.' << inner.name;
      EXPECT_EQ(beside->number, 0U) << schema->name << '.' << inner.name;
      EXPECT_EQ(beside->type, inner.type) << schema->name << '.' << inner.name;
    }
  }
}

TEST(Schemas, have_the_fields_that_selectors_name) {
  for (const Kind* kind : all()) {
    for (std::string_view path : kind->selectable) {
      const Schema* schema = kind->schema;
      while (!path.empty()) {
        const auto dot = path.find('.');
        ASSERT_NE(schema, nullptr) << kind->kind << ' ' << path;
        const auto* field = schema->find(path.substr(0, dot));
        ASSERT_NE(field, nullptr) << kind->kind << ' ' << path;
        schema = field->schema;
        path = dot == path.npos ? std::string_view{} : path.substr(dot + 1);
      }
    }
  }
}

TEST(Kinds, are_described) {
  for (const Kind* kind : all()) EXPECT_TRUE(kind->description.ends_with('.')) << kind->kind;
}

// A name with a number means that two types would share it: one of them needs a package.
TEST(Kinds, have_types_with_names_of_their_own_in_openapi) {
  const machinery::Registry registry(all());
  const auto document = machinery::openapi_v2(registry);
  for (const auto& definition : codec::object_at(document, "definitions")) {
    const std::string_view name = definition.key();
    EXPECT_FALSE(name.back() >= '0' && name.back() <= '9') << name;
  }
}

// What a real server says of events, which it keeps in one form for both groups.
TEST(Kinds, that_are_kept_as_another_have_its_storage_hash) {
  const machinery::Registry registry(all());
  for (const std::string_view group : {"", "events.k8s.io"}) {
    EXPECT_THAT(
        machinery::resource_list_json(registry, group, "v1"),
        testing::ContainsRegex(R"("name":"events"[^}]*"storageVersionHash":"r2yiGXH7wu8=")"));
  }
}

}  // namespace
}  // namespace signet::kinds
