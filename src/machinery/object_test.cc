#include "machinery/object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::machinery {
namespace {

constexpr std::string_view selectable[] = {"status.phase", "spec.hostNetwork", "spec.count"};
constexpr Field fields[] = {message(1, "metadata", object_meta)};
constexpr Schema schema{"Pod", fields};

Kind pod() {
  Kind kind;
  kind.kind = "Pod";
  kind.plural = "pods";
  kind.schema = &schema;
  kind.selectable = selectable;
  return kind;
}
Kind node() {
  Kind kind;
  kind.group = "x.io";
  kind.version = "v2";
  kind.kind = "Node";
  kind.scope = Scope::cluster;
  return kind;
}

codec::Json parsed(std::string_view text) {
  return codec::parse_json(text, {}).value().value;
}

constexpr std::string_view source =
    R"({"metadata":{"name":"a","namespace":"ns","uid":"u1","resourceVersion":"7",)"
    R"("creationTimestamp":"2026-01-02T03:04:05Z","deletionTimestamp":"2026-01-02T03:04:06Z",)"
    R"("labels":{"z":"1","a":"2"}},"spec":{"hostNetwork":true,"count":3},)"
    R"("status":{"phase":"Running"}})";
constexpr std::string_view stored =
    R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"ns","uid":"u1",)"
    R"("creationTimestamp":"2026-01-02T03:04:05Z","deletionTimestamp":"2026-01-02T03:04:06Z",)"
    R"("labels":{"z":"1","a":"2"}},"spec":{"hostNetwork":true,"count":3},)"
    R"("status":{"phase":"Running"}})";

TEST(Objects, get_their_version_after_the_uid_when_committed) {
  const Kind kind = pod();
  const auto object = Object::create(kind, parsed(source));
  EXPECT_EQ(object->stored_form(), stored);
  object->commit(12345);
  EXPECT_EQ(object->revision(), 12345);
  EXPECT_EQ(object->json(),
            R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"ns",)"
            R"("uid":"u1","resourceVersion":"12345","creationTimestamp":"2026-01-02T03:04:05Z",)"
            R"("deletionTimestamp":"2026-01-02T03:04:06Z","labels":{"z":"1","a":"2"}},)"
            R"("spec":{"hostNetwork":true,"count":3},"status":{"phase":"Running"}})");
  EXPECT_EQ(object->stored_form(), stored);
  EXPECT_EQ(object->list_item_tail(), object->json().substr(object->json().find(R"("metadata")")));
  EXPECT_EQ(codec::string_at(object->parse(), "metadata.resourceVersion"), "12345");
}

TEST(Objects, tell_what_they_are_without_being_parsed) {
  const Kind kind = pod();
  const auto object = Object::from_store(kind, stored, 9);
  ASSERT_TRUE(object);
  const Object& pod_a = **object;
  EXPECT_EQ(pod_a.name(), "a");
  EXPECT_EQ(pod_a.namespace_name(), "ns");
  EXPECT_EQ(pod_a.key(), "ns/a");
  EXPECT_EQ(pod_a.uid(), "u1");
  EXPECT_EQ(pod_a.revision(), 9);
  EXPECT_EQ(pod_a.field(0), "Running");
  EXPECT_EQ(pod_a.field(1), "true");
  EXPECT_EQ(pod_a.field(2), "3");
  EXPECT_THAT(pod_a.labels(),
              testing::ElementsAre(testing::Pair("a", "2"), testing::Pair("z", "1")));
  ASSERT_TRUE(pod_a.deleted_at());
  EXPECT_EQ(pod_a.deleted_at()->time_since_epoch().count(), 1767323046);
}

TEST(Objects, know_their_owners_and_what_their_deletion_waits_for) {
  const Kind kind = pod();
  const auto object = Object::create(kind, parsed(R"({"metadata":{"name":"a","namespace":"ns",
      "deletionTimestamp":"2026-01-02T03:04:06Z","finalizers":["x.io/y","foregroundDeletion"],
      "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"r","uid":"u",
                          "blockOwnerDeletion":true}]}})"));
  EXPECT_THAT(object->owners(), testing::ElementsAre(Owner{.api_version = "apps/v1",
                                                           .kind = "ReplicaSet",
                                                           .name = "r",
                                                           .uid = "u",
                                                           .blocks = true}));
  EXPECT_EQ(object->cascade(), Cascade::foreground);
  const auto living = Object::create(
      kind, parsed(R"({"metadata":{"name":"a","namespace":"ns","finalizers":["orphan"]}})"));
  EXPECT_EQ(living->cascade(), Cascade::none) << "nobody deletes it";
  EXPECT_TRUE(living->owners().empty());
}

TEST(Objects, of_the_cluster_have_no_namespace) {
  const Kind kind = node();
  const auto object = Object::create(kind, parsed(R"({"metadata":{"name":"n1"}})"));
  object->commit(1);
  EXPECT_EQ(object->key(), "n1");
  EXPECT_EQ(object->name(), "n1");
  EXPECT_EQ(object->namespace_name(), "");
  EXPECT_FALSE(object->deleted_at());
  EXPECT_EQ(object->list_item_tail(), R"("metadata":{"name":"n1","resourceVersion":"1"}})");
}

// Whatever stands in metadata, the version can be put in and taken out again.
TEST(Objects, survive_every_shape_of_metadata) {
  const Kind kind = node();
  for (const std::string_view text :
       {R"({})", R"({"metadata":{}})", R"({"metadata":{"generation":3}})",
        R"({"metadata":{"uid":"u"}})", R"({"metadata":{"uid":"u","generation":3}})",
        R"({"metadata":{"resourceVersion":"5"},"data":{"a":"b"}})"}) {
    const auto object = Object::create(kind, parsed(text));
    const std::string before = object->stored_form();
    for (const Revision revision : {Revision{1}, Revision{12}, Revision{9'000'000'000}}) {
      const auto kept = Object::from_store(kind, before, revision);
      ASSERT_TRUE(kept) << before;
      EXPECT_EQ((*kept)->stored_form(), before);
      EXPECT_EQ(codec::string_at((*kept)->parse(), "metadata.resourceVersion"),
                std::to_string(revision));
    }
  }
}

TEST(Objects, are_refused_when_the_stored_bytes_are_none) {
  const Kind kind = pod();
  EXPECT_FALSE(Object::from_store(kind, "{", 1));
  EXPECT_FALSE(Object::from_store(kind, "[]", 1));
}

TEST(Kinds, name_their_version_and_list) {
  EXPECT_EQ(pod().api_version(), "v1");
  EXPECT_EQ(node().api_version(), "x.io/v2");
  EXPECT_EQ(pod().list_kind(), "PodList");
  EXPECT_EQ(pod().field_index("spec.count"), 2U);
  EXPECT_FALSE(pod().field_index("spec"));
  EXPECT_EQ(pod().find_subresource("status"), nullptr);
}

}  // namespace
}  // namespace signet::machinery
