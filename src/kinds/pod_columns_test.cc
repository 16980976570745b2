#include "kinds/pod_columns.h"

#include <gtest/gtest.h>

#include "codec/rfc3339.h"
#include "kinds/test_support.h"

namespace signet::kinds {
namespace {

struct Row {
  std::string_view status;  // of the pod: the JSON of `status`
  std::string_view ready;   // the cell
  std::string_view word;    // the cell Status
  std::string_view restarts = "0";
  std::string_view meta = "{}";
  std::string_view spec = R"({"containers":[{"name":"a"},{"name":"b"}]})";
};

constexpr std::string_view with_init =
    R"({"initContainers":[{"name":"i"},{"name":"j"}],"containers":[{"name":"a"}]})";
constexpr std::string_view with_sidecar =
    R"({"initContainers":[{"name":"i","restartPolicy":"Always"}],"containers":[{"name":"a"}]})";

constexpr Row rows[] = {
    {R"({"phase":"Pending"})", "0/2", "Pending"},
    {R"({"phase":"Failed","reason":"Evicted"})", "0/2", "Evicted"},
    {R"({"phase":"Running","containerStatuses":[
        {"name":"a","ready":true,"state":{"running":{}}},
        {"name":"b","ready":true,"restartCount":2,"state":{"running":{}}}]})",
     "2/2", "Running", "2"},
    {R"({"phase":"Pending","containerStatuses":[
        {"name":"a","state":{"waiting":{"reason":"ContainerCreating"}}},
        {"name":"b","state":{"waiting":{"reason":"ErrImagePull"}}}]})",
     "0/2", "ContainerCreating"},
    {R"({"phase":"Failed","containerStatuses":[
        {"name":"a","state":{"terminated":{"exitCode":3,"reason":"Error"}}}]})",
     "0/2", "Error"},
    {R"({"phase":"Failed","containerStatuses":[
        {"name":"a","state":{"terminated":{"exitCode":3}}}]})",
     "0/2", "ExitCode:3"},
    {R"({"phase":"Failed","containerStatuses":[
        {"name":"a","state":{"terminated":{"exitCode":137,"signal":9}}}]})",
     "0/2", "Signal:9"},
    {R"({"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[
        {"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}},
        {"name":"b","ready":true,"state":{"running":{}}}]})",
     "1/2", "Running"},
    {R"({"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[
        {"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}},
        {"name":"b","ready":true,"state":{"running":{}}}]})",
     "1/2", "NotReady"},
    {R"({"phase":"Pending","initContainerStatuses":[
        {"name":"i","state":{"terminated":{"exitCode":0}}},
        {"name":"j","state":{"waiting":{"reason":"PodInitializing"}}}]})",
     "0/1", "Init:1/2", "0", "{}", with_init},
    {R"({"phase":"Pending","initContainerStatuses":[
        {"name":"i","restartCount":4,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]})",
     "0/1", "Init:CrashLoopBackOff", "4", "{}", with_init},
    {R"({"phase":"Pending","initContainerStatuses":[
        {"name":"i","state":{"terminated":{"exitCode":2}}}]})",
     "0/1", "Init:ExitCode:2", "0", "{}", with_init},
    {R"({"phase":"Pending","initContainerStatuses":[
        {"name":"i","state":{"terminated":{"exitCode":137,"signal":9}}}]})",
     "0/1", "Init:Signal:9", "0", "{}", with_init},
    {R"({"phase":"Pending","initContainerStatuses":[
        {"name":"i","state":{"terminated":{"exitCode":2,"reason":"Error"}}}]})",
     "0/1", "Init:Error", "0", "{}", with_init},
    {R"({"phase":"Running","initContainerStatuses":[
        {"name":"i","restartCount":5,"state":{"terminated":{"exitCode":0}}},
        {"name":"j","state":{"terminated":{"exitCode":0}}}],
      "containerStatuses":[{"name":"a","ready":true,"restartCount":1,"state":{"running":{}}}]})",
     "1/1", "Running", "1", "{}", with_init},
    {R"({"phase":"Running","initContainerStatuses":[
        {"name":"i","ready":true,"started":true,"restartCount":2,"state":{"running":{}}}],
      "containerStatuses":[{"name":"a","ready":true,"restartCount":1,"state":{"running":{}}}]})",
     "2/2", "Running", "3", "{}", with_sidecar},
    {R"({"phase":"Pending","conditions":[
        {"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]})",
     "0/2", "SchedulingGated"},
    {R"({"phase":"Running"})", "0/2", "Terminating", "0",
     R"({"deletionTimestamp":"2026-01-01T00:00:00Z"})"},
    {R"({"phase":"Succeeded"})", "0/2", "Succeeded", "0",
     R"({"deletionTimestamp":"2026-01-01T00:00:00Z"})"},
    {R"({"phase":"Running","reason":"NodeLost"})", "0/2", "Unknown", "0",
     R"({"deletionTimestamp":"2026-01-01T00:00:00Z"})"},
};

TEST(PodColumns, say_how_a_pod_fares) {
  for (const Row& row : rows) {
    const auto object =
        cat(R"({"metadata":)", row.meta, R"(,"spec":)", row.spec, R"(,"status":)", row.status, '}');
    const auto shown = cells(pod, object);
    EXPECT_EQ(shown.at("Ready"), cat('"', row.ready, '"')) << object;
    EXPECT_EQ(shown.at("Status"), cat('"', row.word, '"')) << object;
    EXPECT_EQ(shown.at("Restarts"), cat('"', row.restarts, '"')) << object;
  }
}

TEST(PodColumns, say_when_a_container_last_restarted) {
  const auto shown = cells(pod, R"({"spec":{"containers":[{"name":"a"}]},"status":{
      "containerStatuses":[{"name":"a","restartCount":3,
        "lastState":{"terminated":{"exitCode":1,"finishedAt":"2026-01-01T00:00:00Z"}}}]}})",
                           *codec::parse_rfc3339("2026-01-01T00:05:00Z"));
  EXPECT_EQ(shown.at("Restarts"), "\"3 (5m ago)\"");
}

TEST(PodColumns, show_where_it_runs) {
  const auto shown = cells(pod, R"({"spec":{"nodeName":"n1",
      "readinessGates":[{"conditionType":"x.io/a"},{"conditionType":"x.io/b"}]},
      "status":{"podIP":"10.0.0.9","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}],
        "nominatedNodeName":"n2","conditions":[{"type":"x.io/b","status":"True"}]}})");
  EXPECT_EQ(shown.at("IP"), R"("10.0.0.1")");
  EXPECT_EQ(shown.at("Node"), R"("n1")");
  EXPECT_EQ(shown.at("Nominated Node"), R"("n2")");
  EXPECT_EQ(shown.at("Readiness Gates"), R"("1/2")");
}

TEST(PodColumns, show_none_for_what_is_not_known) {
  const auto shown = cells(pod, "{}");
  for (const auto name : {"IP", "Node", "Nominated Node", "Readiness Gates"}) {
    EXPECT_EQ(shown.at(name), R"("<none>")") << name;
  }
  EXPECT_EQ(shown.at("Ready"), R"("0/0")");
}

TEST(PodColumns, survive_values_of_the_wrong_type) {
  const auto shown = cells(pod, R"({"spec":[],"status":{"phase":1,"containerStatuses":[1,"x",null],
                                    "initContainerStatuses":{"a":1},"conditions":[[]]}})");
  EXPECT_EQ(shown.at("Status"), R"("")");
}

TEST(PodRow, says_how_a_pod_ended) {
  EXPECT_TRUE(pod.row_conditions(parse(R"({"status":{"phase":"Running"}})")).is_null());
  EXPECT_EQ(pod.row_conditions(parse(R"({"status":{"phase":"Succeeded"}})")),
            parse(R"([{"type":"Completed","status":"True","reason":"Succeeded",
                       "message":"The pod has completed successfully."}])"));
  EXPECT_EQ(pod.row_conditions(parse(R"({"status":{"phase":"Failed"}})")),
            parse(R"([{"type":"Completed","status":"True","reason":"Failed",
                       "message":"The pod failed."}])"));
}

}  // namespace
}  // namespace signet::kinds
