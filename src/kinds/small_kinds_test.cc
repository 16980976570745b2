#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/rfc3339.h"
#include "kinds/test_support.h"

namespace signet::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Instant at(std::string_view text) {
  return *codec::parse_rfc3339(text);
}

TEST(ServiceAccount, keeps_only_the_names_of_its_secrets) {
  EXPECT_EQ(defaulted(service_account,
                      R"({"secrets":[{"kind":"Secret","name":"a","uid":"1"},{"uid":"2"}]})"),
            parse(R"({"secrets":[{"name":"a"},{}]})"));
}

TEST(ServiceAccount, warns_of_the_annotation_that_is_going_away) {
  std::vector<std::string> warnings;
  service_account.warnings(
      parse(R"({"metadata":{"annotations":{"kubernetes.io/enforce-mountable-secrets":"true"}}})"),
      warnings);
  EXPECT_THAT(warnings,
              ElementsAre("metadata.annotations[kubernetes.io/enforce-mountable-secrets]: "
                          "deprecated in v1.32+; prefer separate namespaces to isolate access to "
                          "mounted secrets"));
}

TEST(ServiceAccount, does_not_warn_of_other_annotations) {
  std::vector<std::string> warnings;
  service_account.warnings(parse(R"({"metadata":{"annotations":{"a":"b"}}})"), warnings);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(ServiceAccount, shows_how_many_secrets_it_lists) {
  const auto row = cells(service_account,
                         R"({"metadata":{"name":"web","creationTimestamp":"2026-01-01T00:00:00Z"},
                             "secrets":[{"name":"a"}]})",
                         at("2026-01-01T00:00:18Z"));
  EXPECT_EQ(row.at("Name"), R"("web")");
  EXPECT_EQ(row.at("Secrets"), "1");
  EXPECT_EQ(row.at("Age"), R"("18s")");
}

TEST(Namespace, starts_active_and_held_by_its_finalizer) {
  EXPECT_EQ(prepared(namespace_kind, R"({"metadata":{"name":"a"},"status":{"phase":"Odd"}})"),
            parse(R"({"metadata":{"name":"a","labels":{"kubernetes.io/metadata.name":"a"}},
                      "spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}})"));
}

TEST(Namespace, adds_its_finalizer_to_those_of_the_client) {
  EXPECT_EQ(prepared(namespace_kind, R"({"spec":{"finalizers":["x.io/y"]}})").at("spec"),
            parse(R"({"finalizers":["x.io/y","kubernetes"]})"));
  EXPECT_EQ(prepared(namespace_kind, R"({"spec":{"finalizers":["kubernetes"]}})").at("spec"),
            parse(R"({"finalizers":["kubernetes"]})"));
}

TEST(Namespace, keeps_the_label_with_its_name) {
  EXPECT_EQ(defaulted(namespace_kind,
                      R"({"metadata":{"name":"a","labels":{"kubernetes.io/metadata.name":"b"}}})"),
            parse(R"({"metadata":{"name":"a","labels":{"kubernetes.io/metadata.name":"a"}}})"));
}

TEST(Namespace, keeps_its_finalizers_on_ordinary_writes) {
  auto object = parse(R"({"spec":{}})");
  const auto old = parse(R"({"spec":{"finalizers":["kubernetes"]}})");
  namespace_kind.prepare_update(object, old, machinery::Update::main);
  EXPECT_EQ(object, old);
}

constexpr std::string_view half_old = R"({"metadata":{"name":"n","labels":{"a":"1"},
    "finalizers":["x.io/y"]},"spec":{"unschedulable":true},"status":{"phase":"old"}})";
constexpr std::string_view half_new = R"({"metadata":{"name":"n","annotations":{"b":"2"}},
    "spec":{},"status":{"phase":"new"}})";

TEST(StatusSplit, keeps_the_status_on_ordinary_writes) {
  auto object = parse(half_new);
  node.prepare_update(object, parse(half_old), machinery::Update::main);
  EXPECT_EQ(object, parse(R"({"metadata":{"name":"n","annotations":{"b":"2"}},"spec":{},
                              "status":{"phase":"old"}})"));
}

TEST(StatusSplit, keeps_all_but_status_labels_and_annotations_on_writes_of_the_status) {
  for (const auto* kind : {&node, &pod, &namespace_kind}) {
    auto object = parse(half_new);
    kind->prepare_update(object, parse(half_old), machinery::Update::status);
    EXPECT_EQ(object, parse(R"({"metadata":{"name":"n","annotations":{"b":"2"},
        "finalizers":["x.io/y"]},"spec":{"unschedulable":true},"status":{"phase":"new"}})"))
        << kind->kind;
  }
}

TEST(StatusSplit, drops_a_status_that_was_not_there) {
  auto object = parse(half_new);
  pod.prepare_update(object, parse("{}"), machinery::Update::main);
  EXPECT_EQ(object.as_object().if_contains("status"), nullptr);
}

TEST(Namespace, is_held_until_its_finalizers_are_gone) {
  EXPECT_TRUE(namespace_kind.held_by_spec(parse(R"({"spec":{"finalizers":["kubernetes"]}})")));
  EXPECT_FALSE(namespace_kind.held_by_spec(parse(R"({"spec":{}})")));
}

TEST(Namespace, terminates_once_it_is_deleted) {
  auto object = parse(R"({"status":{"phase":"Active"}})");
  namespace_kind.on_deletion_mark(object);
  EXPECT_EQ(object, parse(R"({"status":{"phase":"Terminating"}})"));
}

TEST(Namespace, that_the_server_needs_cannot_be_deleted) {
  for (const auto name : {"default", "kube-system", "kube-public"}) {
    EXPECT_EQ(namespace_kind.refuse_delete(name), "this namespace may not be deleted") << name;
  }
  EXPECT_EQ(namespace_kind.refuse_delete("kube-node-lease"), std::nullopt);
}

TEST(Namespace, refuses_a_finalizer_without_a_domain) {
  EXPECT_THAT(
      validated(namespace_kind, parse(R"({"spec":{"finalizers":["kubernetes","own"]}})")),
      ElementsAre(
          "spec.finalizers[1]: Invalid value: \"own\": name is neither a standard finalizer "
          "name nor is it fully qualified"));
}

TEST(Namespace, has_the_phase_of_its_deletion) {
  EXPECT_THAT(validated_update(namespace_kind, R"({"status":{"phase":"Terminating"}})", "{}",
                               machinery::Update::status),
              ElementsAre("status.Phase: Invalid value: \"Terminating\": may only be 'Active' if "
                          "`deletionTimestamp` is empty"));
  EXPECT_THAT(validated_update(namespace_kind,
                               R"({"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"},
                           "status":{"phase":"Active"}})",
                               "{}", machinery::Update::status),
              ElementsAre("status.Phase: Invalid value: \"Active\": may only be 'Terminating' if "
                          "`deletionTimestamp` is not empty"));
}

TEST(Namespace, shows_its_phase) {
  EXPECT_EQ(cells(namespace_kind, R"({"status":{"phase":"Active"}})").at("Status"), R"("Active")");
}

TEST(Event, shows_what_happened_to_what) {
  const auto row = cells(event, R"({"metadata":{"name":"e"},"type":"Normal","reason":"Pulled",
      "involvedObject":{"kind":"Pod","name":"web","fieldPath":"spec.containers{c}"},
      "source":{"component":"kubelet","host":"n1"},"message":"  pulled \n",
      "firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:01:00Z","count":3})",
                         at("2026-01-01T00:01:30Z"));
  EXPECT_EQ(row.at("Last Seen"), R"("30s")");
  EXPECT_EQ(row.at("First Seen"), R"("90s")");
  EXPECT_EQ(row.at("Type"), R"("Normal")");
  EXPECT_EQ(row.at("Reason"), R"("Pulled")");
  EXPECT_EQ(row.at("Object"), R"("pod/web")");
  EXPECT_EQ(row.at("Subobject"), R"("spec.containers{c}")");
  EXPECT_EQ(row.at("Source"), R"("kubelet, n1")");
  EXPECT_EQ(row.at("Message"), R"("pulled")");
  EXPECT_EQ(row.at("Count"), "3");
  EXPECT_EQ(row.at("Name"), R"("e")");
}

TEST(Event, of_a_series_counts_on) {
  const auto row = cells(event, R"({"eventTime":"2026-01-01T00:00:00.000000Z",
      "series":{"count":4,"lastObservedTime":"2026-01-01T00:00:10.000000Z"},
      "reportingComponent":"kubelet","reportingInstance":"n1"})",
                         at("2026-01-01T00:00:20Z"));
  EXPECT_EQ(row.at("Last Seen"), R"("10s")");
  EXPECT_EQ(row.at("First Seen"), R"("20s")");
  EXPECT_EQ(row.at("Count"), "5");
  EXPECT_EQ(row.at("Source"), R"("kubelet, n1")");
}

TEST(Event, that_knows_its_moment_says_who_did_what) {
  constexpr std::string_view whole = R"({"metadata":{"namespace":"a"},
      "eventTime":"2026-01-01T00:00:00.000001Z","involvedObject":{"namespace":"b"},
      "reportingComponent":"x.io/robot","reportingInstance":"r-1","action":"Pull","reason":"Slow"})";
  EXPECT_THAT(validated(event, parse(whole)), IsEmpty());
  EXPECT_THAT(validated(event, parse(R"({"metadata":{"namespace":"a"},
                                         "eventTime":"2026-01-01T00:00:00.000001Z"})")),
              testing::Contains("reportingController: Required value"));
}

TEST(EventsEvent, has_other_names_for_the_same) {
  constexpr std::string_view core = R"({"involvedObject":{"name":"p"},"message":"m",
      "source":{"component":"c"},"firstTimestamp":null,"lastTimestamp":null,"count":1,
      "reportingComponent":"r","reason":"x"})";
  auto object = parse(core);
  events_event.from_storage(object);
  EXPECT_EQ(object, parse(R"({"regarding":{"name":"p"},"note":"m",
      "deprecatedSource":{"component":"c"},"deprecatedFirstTimestamp":null,
      "deprecatedLastTimestamp":null,"deprecatedCount":1,"reportingController":"r",
      "reason":"x"})"));
  events_event.to_storage(object);
  EXPECT_EQ(object, parse(core));
}

TEST(EventsEvent, leaves_the_old_fields_unset) {
  EXPECT_THAT(
      validated(events_event, parse(R"({"deprecatedCount":2,"deprecatedSource":{"host":"h"},
          "deprecatedFirstTimestamp":"2026-01-01T00:00:00Z","type":"Odd","series":{"count":1}})")),
      ElementsAre("eventTime: Required value", "type: Invalid value: \"\": has invalid value: Odd",
                  "series.count: Invalid value: \"\": should be at least 2",
                  "series.lastObservedTime: Required value",
                  "firstTimestamp: Invalid value: \"\": needs to be unset",
                  "count: Invalid value: \"\": needs to be unset",
                  "source: Invalid value: \"\": needs to be unset"));
}

TEST(Event, is_selected_by_who_recorded_it) {
  EXPECT_EQ(event.select(parse(R"({"source":{"component":"kubelet"}})"), "source"), "kubelet");
  EXPECT_EQ(event.select(parse(R"({"source":{},"reportingComponent":"agent"})"), "source"),
            "agent");
  EXPECT_EQ(event.select(parse(R"({"reason":"x"})"), "reason"), std::nullopt);
}

TEST(Event, without_times_has_no_age) {
  const auto row = cells(event, R"({"message":" \n"})");
  EXPECT_EQ(row.at("Last Seen"), R"("<unknown>")");
  EXPECT_EQ(row.at("First Seen"), R"("<unknown>")");
  EXPECT_EQ(row.at("Message"), R"("")");
  EXPECT_EQ(row.at("Count"), "1");
}

TEST(Event, stands_in_the_namespace_of_what_it_is_about) {
  EXPECT_THAT(validated(event, parse(R"({"metadata":{"namespace":"a"},
                                         "involvedObject":{"namespace":"b"}})")),
              ElementsAre("involvedObject.namespace: Invalid value: \"b\": does not match "
                          "event.namespace"));
  EXPECT_THAT(validated(event, parse(R"({"metadata":{"namespace":"a"},
                                         "involvedObject":{"namespace":"a"}})")),
              IsEmpty());
}

TEST(Event, about_what_has_no_namespace_stands_in_default) {
  EXPECT_THAT(validated(event, parse(R"({"metadata":{"namespace":"default"}})")), IsEmpty());
  EXPECT_THAT(validated(event, parse(R"({"metadata":{"namespace":"a"}})")),
              ElementsAre("involvedObject.namespace: Invalid value: \"\": does not match "
                          "event.namespace"));
}

TEST(Node, is_unknown_until_it_reports) {
  const auto row = cells(node, R"({"metadata":{"name":"n1"}})");
  EXPECT_EQ(row.at("Status"), R"("Unknown")");
  EXPECT_EQ(row.at("Roles"), R"("<none>")");
  EXPECT_EQ(row.at("Version"), R"("")");
  EXPECT_EQ(row.at("Internal-IP"), R"("<none>")");
  EXPECT_EQ(row.at("OS-Image"), R"("<unknown>")");
}

TEST(Node, shows_its_condition_roles_and_addresses) {
  const auto row = cells(node, R"({"metadata":{"name":"n1","labels":{
      "node-role.kubernetes.io/worker":"","node-role.kubernetes.io/etcd":"",
      "kubernetes.io/role":"edge","node-role.kubernetes.io/":""}},
    "spec":{"unschedulable":true},
    "status":{"conditions":[{"type":"MemoryPressure","status":"False"},
                            {"type":"Ready","status":"True"}],
      "addresses":[{"type":"Hostname","address":"h"},{"type":"InternalIP","address":"10.0.0.1"},
                   {"type":"ExternalIP","address":"1.2.3.4"}],
      "nodeInfo":{"kubeletVersion":"v1.34.0","osImage":"Debian","kernelVersion":"6.1",
                  "containerRuntimeVersion":"signet://1"}}})");
  EXPECT_EQ(row.at("Status"), R"("Ready,SchedulingDisabled")");
  EXPECT_EQ(row.at("Roles"), R"("edge,etcd,worker")");
  EXPECT_EQ(row.at("Version"), R"("v1.34.0")");
  EXPECT_EQ(row.at("Internal-IP"), R"("10.0.0.1")");
  EXPECT_EQ(row.at("External-IP"), R"("1.2.3.4")");
  EXPECT_EQ(row.at("OS-Image"), R"("Debian")");
  EXPECT_EQ(row.at("Kernel-Version"), R"("6.1")");
  EXPECT_EQ(row.at("Container-Runtime"), R"("signet://1")");
}

TEST(Node, whose_ready_condition_is_unknown_is_not_ready) {
  EXPECT_EQ(cells(node, R"({"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}})")
                .at("Status"),
            R"("NotReady")");
}

}  // namespace
}  // namespace signet::kinds
