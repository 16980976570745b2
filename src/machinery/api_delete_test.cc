#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machinery/api_fixture_for_tests.h"
#include "machinery/api_kinds_for_tests.h"

namespace signet::machinery {
namespace {

using fixture::ApiFixture;
using fixture::Reply;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view widgets = "/api/v1/namespaces/n/widgets";
constexpr std::string_view gadgets = "/apis/toys.example/v1/namespaces/n/gadgets";

class Delete : public testing::Test {
 protected:
  ApiFixture api{fake::api_registry()};

  const std::string a = cat(widgets, "/a");
  const std::string g = cat(gadgets, "/g");

  Reply make(std::string_view metadata = "", std::string_view name = "a") {
    return api.post(widgets, cat(R"({"metadata":{"name":")", name, '"', metadata, "}}"));
  }
  Reply make_gadget(std::string_view owner, std::string_view metadata = "") {
    return api.post(gadgets, cat(R"({"metadata":{"name":"g")", metadata, R"(},"spec":{"owner":")",
                                 owner, "\"}}"));
  }
};

TEST_F(Delete, removes_at_once_and_answers_a_status_or_the_object_as_the_kind_has_it) {
  const auto uid = make().at("metadata.uid");
  EXPECT_EQ(api.del(a).body,
            cat(R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":)"
                R"({"name":"a","kind":"widgets","uid":")",
                uid, "\"}}\n"));
  EXPECT_EQ(api.get(a).status, 404);
  EXPECT_EQ(api.del(a).refusal(), R"(404 NotFound widgets "a" not found)");

  const auto gadget = make_gadget("");
  EXPECT_EQ(api.del(g).body, gadget.body);
  EXPECT_EQ(api.get(g).status, 404);
}

TEST_F(Delete, keeps_to_its_preconditions) {
  const auto uid = make().at("metadata.uid");
  EXPECT_EQ(api.del(a, R"({"preconditions":{"uid":"nope"}})").refusal(),
            cat(R"(409 Conflict Operation cannot be fulfilled on Widget "a": the UID in the )"
                "precondition (nope) does not match the UID in record (",
                uid, "). The object might have been deleted and then recreated"));
  EXPECT_EQ(
      api.del(a, R"({"preconditions":{"resourceVersion":"9"}})").refusal(),
      R"(409 Conflict Operation cannot be fulfilled on Widget "a": the ResourceVersion in the precondition (9) does not match the ResourceVersion in record (1). The object might have been modified)");
  EXPECT_EQ(api.get(a).status, 200);
  EXPECT_EQ(
      api.del(a, cat(R"({"preconditions":{"uid":")", uid, R"(","resourceVersion":"1"}})")).status,
      200);
}

TEST_F(Delete, only_marks_what_finalizers_hold_and_removing_them_removes_it) {
  make(R"(,"finalizers":["x.io/y"])");
  api.clock().advance(std::chrono::seconds{60});
  auto watch = api.watch(cat(widgets, "?watch=true&resourceVersion=1"));
  const auto marked = api.del(a);
  EXPECT_EQ(marked.status, 200);
  EXPECT_EQ(marked.at("metadata.deletionTimestamp"), "2023-11-14T22:14:20Z");
  EXPECT_EQ(marked.at("metadata.deletionGracePeriodSeconds"), "0");
  EXPECT_EQ(marked.at("metadata.resourceVersion"), "2");
  EXPECT_EQ(api.del(a).body, marked.body) << "a second delete changes nothing";

  const auto last = api.patch(a, "merge-patch", R"({"metadata":{"finalizers":null}})");
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.at("metadata.resourceVersion"), "2");
  EXPECT_EQ(last.at("metadata.finalizers"), "(none)");
  EXPECT_EQ(api.get(a).status, 404);
  EXPECT_EQ(watch->next_event(), "MODIFIED a 2");
  EXPECT_EQ(watch->next_event(), "DELETED a 3");
}

TEST_F(Delete, finalizers_may_go_and_not_come_while_an_object_is_being_deleted) {
  make(R"(,"finalizers":["x.io/a","x.io/b"])");
  api.del(a);
  EXPECT_THAT(
      api.patch(a, "merge-patch", R"({"metadata":{"finalizers":["x.io/a","y.io/g"]}})").refusal(),
      HasSubstr("no new finalizers can be added if the object is being deleted"));
  EXPECT_EQ(api.patch(a, "merge-patch", R"({"metadata":{"finalizers":["x.io/a"]}})").status, 200);
  EXPECT_EQ(api.get(a).status, 200);
}

TEST_F(Delete, waits_for_a_grace_that_a_second_delete_may_only_shorten) {
  make_gadget("somebody");
  const auto marked = api.del(g);
  EXPECT_EQ(marked.at("metadata.deletionGracePeriodSeconds"), "30");
  EXPECT_EQ(marked.at("metadata.deletionTimestamp"), "2023-11-14T22:13:50Z");
  EXPECT_EQ(api.del(g, R"({"gracePeriodSeconds":31})").at("metadata.deletionGracePeriodSeconds"),
            "30");
  EXPECT_EQ(api.del(cat(g, "?gracePeriodSeconds=5")).at("metadata.deletionTimestamp"),
            "2023-11-14T22:13:25Z");
  EXPECT_EQ(api.get(g).status, 200);
  EXPECT_EQ(api.del(g, R"({"gracePeriodSeconds":0})").status, 200);
  EXPECT_EQ(api.get(g).status, 404);
}

TEST_F(Delete, an_object_in_its_grace_stays_when_its_finalizers_go) {
  make_gadget("somebody", R"(,"finalizers":["x.io/y"])");
  api.del(g);
  EXPECT_EQ(api.patch(g, "merge-patch", R"({"metadata":{"finalizers":null}})").status, 200);
  EXPECT_EQ(api.get(g).status, 200);
  api.del(g, R"({"gracePeriodSeconds":0})");
  EXPECT_EQ(api.get(g).status, 404);
}

TEST_F(Delete, a_dry_run_removes_and_marks_nothing) {
  const auto made = make();
  EXPECT_EQ(api.del(a, R"({"dryRun":["All"]})").at("status"), "Success");
  EXPECT_EQ(api.get(a).body, made.body);
  const auto gadget = make_gadget("somebody");
  EXPECT_EQ(api.del(cat(g, "?dryRun=All")).at("metadata.deletionGracePeriodSeconds"), "30");
  EXPECT_EQ(api.get(g).body, gadget.body);
}

TEST_F(Delete, in_the_foreground_keeps_the_owner_for_its_dependents) {
  make();
  const auto marked = api.del(a, R"({"propagationPolicy":"Foreground"})");
  EXPECT_EQ(marked.at("metadata.finalizers"), R"(["foregroundDeletion"])");
  EXPECT_EQ(marked.at("metadata.deletionGracePeriodSeconds"), "0");
  EXPECT_NE(marked.at("metadata.deletionTimestamp"), "(none)");
  EXPECT_EQ(api.get(a).body, marked.body);
}

TEST_F(Delete, of_an_owner_may_orphan_and_the_old_spelling_says_the_same) {
  make("", "a");
  make("", "b");
  make("", "c");
  EXPECT_EQ(api.del(a, R"({"propagationPolicy":"Orphan"})").at("metadata.finalizers"),
            R"(["orphan"])");
  EXPECT_EQ(api.del(cat(widgets, "/b"), R"({"orphanDependents":true})").at("metadata.finalizers"),
            R"(["orphan"])");
  EXPECT_EQ(api.del(cat(widgets, "/c"), R"({"orphanDependents":false})").at("status"), "Success");
}

TEST_F(Delete, adds_its_finalizer_to_those_that_are_there) {
  make(R"(,"finalizers":["x.io/y","orphan"])");
  EXPECT_EQ(api.del(cat(a, "?propagationPolicy=Foreground")).at("metadata.finalizers"),
            R"(["x.io/y","foregroundDeletion"])");
}

TEST_F(Delete, without_a_policy_does_what_the_finalizers_say) {
  make(R"(,"finalizers":["orphan"])");
  EXPECT_EQ(api.del(a).at("metadata.finalizers"), R"(["orphan"])");
  EXPECT_EQ(api.get(a).status, 200);
}

TEST_F(Delete, again_with_another_policy_changes_the_finalizers) {
  make();
  const auto first = api.del(a, R"({"propagationPolicy":"Foreground"})");
  api.clock().advance(std::chrono::seconds{60});
  const auto second = api.del(a, R"({"propagationPolicy":"Orphan"})");
  EXPECT_EQ(second.at("metadata.finalizers"), R"(["orphan"])");
  EXPECT_EQ(second.at("metadata.deletionTimestamp"), first.at("metadata.deletionTimestamp"));
  EXPECT_EQ(api.del(a, R"({"propagationPolicy":"Orphan"})").body, second.body);
  EXPECT_EQ(api.del(a).body, second.body);
  EXPECT_EQ(api.del(a, R"({"propagationPolicy":"Background"})").at("status"), "Success");
  EXPECT_EQ(api.get(a).status, 404);
}

TEST_F(Delete, with_grace_and_dependents_waits_for_both) {
  make_gadget("somebody");
  const auto marked = api.del(g, R"({"propagationPolicy":"Foreground"})");
  EXPECT_EQ(marked.at("metadata.deletionGracePeriodSeconds"), "30");
  EXPECT_EQ(marked.at("metadata.finalizers"), R"(["foregroundDeletion"])");
  EXPECT_EQ(api.del(g, R"({"propagationPolicy":"Orphan"})").body, marked.body)
      << "while the grace runs only a shorter one counts";
  const auto shorter = api.del(g, R"({"gracePeriodSeconds":0})");
  EXPECT_EQ(shorter.at("metadata.deletionGracePeriodSeconds"), "0");
  EXPECT_EQ(api.get(g).status, 200);
  api.patch(g, "merge-patch", R"({"metadata":{"finalizers":null}})");
  EXPECT_EQ(api.get(g).status, 404);
}

TEST_F(Delete, counts_a_shorter_grace_from_the_first_delete) {
  make_gadget("somebody");
  api.del(g);
  api.clock().advance(std::chrono::seconds{7});
  EXPECT_EQ(api.del(g, R"({"gracePeriodSeconds":10})").at("metadata.deletionTimestamp"),
            "2023-11-14T22:13:30Z");
  EXPECT_EQ(api.del(g, R"({"gracePeriodSeconds":-5})").at("metadata.deletionGracePeriodSeconds"),
            "1");
}

TEST_F(Delete, leaves_a_second_of_a_shorter_grace_that_is_over) {
  make_gadget("somebody");
  api.del(g);
  api.clock().advance(std::chrono::seconds{7});
  const auto shorter = api.del(g, R"({"gracePeriodSeconds":5})");
  EXPECT_EQ(shorter.at("metadata.deletionTimestamp"), "2023-11-14T22:13:27Z");
  EXPECT_EQ(shorter.at("metadata.deletionGracePeriodSeconds"), "1");
}

TEST_F(Delete, that_marks_counts_as_a_new_generation) {
  EXPECT_EQ(make_gadget("somebody").at("metadata.generation"), "1");
  EXPECT_EQ(api.del(g).at("metadata.generation"), "2");
  EXPECT_EQ(api.del(g, R"({"gracePeriodSeconds":5})").at("metadata.generation"), "2");
}

TEST_F(Delete, of_a_collection_propagates_as_each_would) {
  make("", "a");
  make("", "b");
  api.del(cat(widgets, "?propagationPolicy=Foreground"));
  EXPECT_EQ(api.get(a).at("metadata.finalizers"), R"(["foregroundDeletion"])");
  EXPECT_EQ(api.get(cat(widgets, "/b")).at("metadata.finalizers"), R"(["foregroundDeletion"])");
}

TEST_F(Delete, in_the_foreground_may_be_tried) {
  const auto made = make();
  EXPECT_EQ(api.del(a, R"({"propagationPolicy":"Foreground","dryRun":["All"]})")
                .at("metadata.finalizers"),
            R"(["foregroundDeletion"])");
  EXPECT_EQ(api.get(a).body, made.body);
}

TEST_F(Delete, has_one_policy_and_not_two) {
  make();
  EXPECT_EQ(
      api.del(a, R"({"propagationPolicy":"Background","orphanDependents":false})").refusal(),
      R"(422 Invalid DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Background": orphanDependents and deletionPropagation cannot be both set)");
}

TEST_F(Delete, the_kind_may_refuse) {
  api.post("/api/v1/realms", R"({"metadata":{"name":"first"}})");
  EXPECT_EQ(api.del("/api/v1/realms/first").refusal(),
            R"(403 Forbidden realms "first" is forbidden: this realm may not be deleted)");
}

TEST_F(Delete, options_are_checked) {
  make();
  EXPECT_THAT(api.del(a, R"({"propagationPolicy":"Bogus"})").refusal(),
              StartsWith(R"(422 Invalid DeleteOptions.meta.k8s.io "" is invalid: )"));
  EXPECT_EQ(api.get(a).status, 200);
}

TEST_F(Delete, of_a_collection_removes_what_matches_and_answers_the_list) {
  make(R"(,"labels":{"x":"1"})", "a");
  make(R"(,"labels":{"x":"1"})", "b");
  make("", "c");
  api.post("/api/v1/namespaces/m/widgets", R"({"metadata":{"name":"a","labels":{"x":"1"}}})");
  const auto list = api.del(cat(widgets, "?labelSelector=x=1"));
  EXPECT_EQ(list.status, 200);
  EXPECT_EQ(list.at("kind"), "WidgetList");
  EXPECT_EQ(codec::array_at(list.json(), "items").size(), 2U);
  const auto left = api.get("/api/v1/widgets").json();
  ASSERT_EQ(codec::array_at(left, "items").size(), 2U);
  EXPECT_EQ(codec::string_at(codec::array_at(left, "items")[1], "metadata.name"), "c");
}

TEST_F(Delete, of_a_collection_removes_no_more_than_it_shows) {
  make("", "a");
  make("", "b");
  EXPECT_EQ(codec::array_at(api.del(cat(widgets, "?limit=1")).json(), "items").size(), 1U);
  EXPECT_EQ(codec::array_at(api.get(widgets).json(), "items").size(), 1U);
  EXPECT_EQ(api.del("/api/v1/widgets").status, 405) << "only inside one namespace";
}

}  // namespace
}  // namespace signet::machinery
