// Service, Endpoints and Lease.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/rfc3339.h"
#include "kinds/network_rules.h"
#include "kinds/test_support.h"

namespace signet::kinds {
namespace {

using codec::Json;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// As a create leaves it: defaults, then what the server says.
Json created(std::string_view text) {
  auto object = parse(text);
  service.set_defaults(object);
  SystemRandom random;
  service.prepare_create(object, {.now = {}, .random = random});
  return object;
}

Json updated(std::string_view text, const Json& old) {
  auto object = parse(text);
  service.set_defaults(object);
  service.prepare_update(object, old, machinery::Update::main);
  return object;
}

Texts refusals(std::string_view text) {
  return validated(service, created(text));
}

constexpr std::string_view plain =
    R"({"metadata":{"name":"web"},"spec":{"selector":{"a":"b"},"ports":[{"port":80}]}})";

TEST(Service, has_what_kubernetes_fills_in_and_no_address) {
  EXPECT_EQ(created(plain), parse(R"({"metadata":{"name":"web"},
      "spec":{"selector":{"a":"b"},"ports":[{"port":80,"protocol":"TCP","targetPort":80}],
              "type":"ClusterIP","sessionAffinity":"None","internalTrafficPolicy":"Cluster",
              "clusterIP":"None","clusterIPs":["None"],"ipFamilyPolicy":"SingleStack",
              "ipFamilies":["IPv4"]},
      "status":{"loadBalancer":{}}})"));
  EXPECT_THAT(refusals(plain), IsEmpty());
}

TEST(Service, keeps_the_address_it_is_given) {
  const auto object =
      created(R"({"spec":{"clusterIP":"2001:db8::1","ports":[{"port":80,"targetPort":"http"}]}})");
  EXPECT_EQ(codec::string_at(object, "spec.clusterIP"), "2001:db8::1");
  EXPECT_EQ(*codec::find(object, "spec.clusterIPs"), parse(R"(["2001:db8::1"])"));
  EXPECT_EQ(*codec::find(object, "spec.ipFamilies"), parse(R"(["IPv6"])"));
  EXPECT_THAT(validated(service, object), IsEmpty());
}

TEST(Service, of_another_type_has_no_address_at_all) {
  for (const auto* type : {"NodePort", "LoadBalancer"}) {
    const auto object =
        created(cat(R"({"spec":{"type":")", type, R"(","ports":[{"port":80,"nodePort":30080}]}})"));
    EXPECT_EQ(codec::string_at(object, "spec.clusterIP"), "") << type;
    EXPECT_EQ(codec::string_at(object, "spec.externalTrafficPolicy"), "Cluster");
    EXPECT_THAT(validated(service, object), IsEmpty()) << type;
  }
  const auto name = created(R"({"spec":{"type":"ExternalName","externalName":"a.example"}})");
  EXPECT_EQ(codec::find(name, "spec.clusterIP"), nullptr);
  EXPECT_THAT(validated(service, name), IsEmpty());
}

TEST(Service, keeps_its_address_when_a_write_leaves_it_out) {
  const auto old = created(R"({"spec":{"clusterIP":"10.0.0.1","ports":[{"port":80}]}})");
  const auto object = updated(plain, old);
  EXPECT_EQ(codec::string_at(object, "spec.clusterIP"), "10.0.0.1");
  machinery::FieldErrors errors;
  service.validate_update(
      updated(R"({"spec":{"clusterIP":"10.0.0.2","ports":[{"port":80}]}})", old), old,
      machinery::Update::main, errors);
  EXPECT_THAT(texts(errors),
              ElementsAre("spec.clusterIPs[0]: Invalid value: [\"10.0.0.2\"]: may not change once "
                          "set"));
}

TEST(Service, may_change_its_type) {
  const auto old = created(plain);
  const auto node_port =
      updated(R"({"spec":{"type":"NodePort","clusterIP":"None","clusterIPs":["None"],
                          "ports":[{"port":80}]}})",
              old);
  EXPECT_EQ(codec::string_at(node_port, "spec.clusterIP"), "");
  EXPECT_THAT(validated(service, node_port), IsEmpty());
  machinery::FieldErrors errors;
  service.validate_update(node_port, old, machinery::Update::main, errors);
  EXPECT_THAT(texts(errors), IsEmpty());
  const auto name = updated(R"({"spec":{"type":"ExternalName","externalName":"a.example",
                                        "clusterIP":"None","clusterIPs":["None"]}})",
                            old);
  EXPECT_THAT(validated(service, name), IsEmpty());
}

TEST(Service, needs_ports_with_names_and_numbers) {
  EXPECT_THAT(refusals(R"({"spec":{}})"), ElementsAre("spec.ports: Required value"));
  EXPECT_THAT(refusals(R"({"spec":{"clusterIP":"None"}})"), IsEmpty());
  EXPECT_THAT(
      refusals(R"({"spec":{"ports":[{"port":0,"targetPort":1},{"port":65536,"name":"A"}]}})"),
      ElementsAre("spec.ports[0].name: Required value",
                  "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                  testing::StartsWith("spec.ports[1].name: Invalid value: \"A\": a lowercase"),
                  "spec.ports[1].port: Invalid value: 65536: must be between 1 and 65535, "
                  "inclusive",
                  "spec.ports[1].targetPort: Invalid value: 65536: must be between 1 and 65535, "
                  "inclusive"));
  EXPECT_THAT(refusals(R"({"spec":{"ports":[{"port":1,"name":"a"},{"port":2,"name":"a"}]}})"),
              ElementsAre("spec.ports[1].name: Duplicate value: \"a\""));
  EXPECT_THAT(refusals(R"({"spec":{"ports":[{"port":1,"protocol":"X"}]}})"),
              ElementsAre("spec.ports[0].protocol: Unsupported value: \"X\": supported values: "
                          "\"SCTP\", \"TCP\", \"UDP\""));
  EXPECT_THAT(refusals(R"({"spec":{"ports":[{"port":1,"nodePort":30000}]}})"),
              ElementsAre("spec.ports[0].nodePort: Forbidden: may not be used when `type` is "
                          "'ClusterIP'"));
  EXPECT_THAT(refusals(R"({"spec":{"ports":[{"port":1,"targetPort":"-"}]}})"),
              Contains("spec.ports[0].targetPort: Invalid value: \"-\": must contain at least one "
                       "letter (a-z)"));
}

TEST(Service, refuses_what_its_type_cannot_have) {
  EXPECT_THAT(refusals(R"({"spec":{"type":"Odd","ports":[{"port":1}]}})"),
              ElementsAre("spec.type: Unsupported value: \"Odd\": supported values: \"ClusterIP\", "
                          "\"ExternalName\", \"LoadBalancer\", \"NodePort\""));
  EXPECT_THAT(refusals(R"({"spec":{"type":"ExternalName"}})"),
              ElementsAre("spec.externalName: Required value"));
  EXPECT_THAT(refusals(R"({"spec":{"type":"NodePort","clusterIP":"None","ports":[{"port":1}]}})"),
              ElementsAre("spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' "
                          "for NodePort services"));
  EXPECT_THAT(refusals(R"({"spec":{"clusterIP":"10.0.0.256","ports":[{"port":1}]}})"),
              ElementsAre("spec.clusterIPs[0]: Invalid value: \"10.0.0.256\": must be a valid IP "
                          "address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
  EXPECT_THAT(refusals(R"({"spec":{"sessionAffinity":"Always","ports":[{"port":1}]}})"),
              ElementsAre("spec.sessionAffinity: Unsupported value: \"Always\": supported values: "
                          "\"ClientIP\", \"None\""));
}

TEST(Service, gives_affinity_three_hours) {
  const auto object = created(R"({"spec":{"sessionAffinity":"ClientIP","ports":[{"port":1}]}})");
  EXPECT_EQ(codec::int_at(object, "spec.sessionAffinityConfig.clientIP.timeoutSeconds"), 10800);
  EXPECT_THAT(validated(service, object), IsEmpty());
}

TEST(Service, survives_what_is_no_service) {
  for (const auto* text : {R"({"spec":null})", R"({"spec":{"ports":[1,null,{}]}})",
                           R"({"spec":{"clusterIPs":[1],"sessionAffinity":"ClientIP"}})",
                           R"({"spec":{"ports":{},"type":""}})"}) {
    EXPECT_THAT(refusals(text), testing::Not(IsEmpty())) << text;
  }
}

TEST(Service, shows_how_it_can_be_reached) {
  auto row = cells(service, codec::to_json(created(plain)));
  EXPECT_EQ(row.at("Type"), R"("ClusterIP")");
  EXPECT_EQ(row.at("Cluster-IP"), R"("None")");
  EXPECT_EQ(row.at("External-IP"), R"("<none>")");
  EXPECT_EQ(row.at("Port(s)"), R"("80/TCP")");
  EXPECT_EQ(row.at("Selector"), R"("a=b")");
  row = cells(service, codec::to_json(created(R"({"spec":{"type":"LoadBalancer",
      "ports":[{"port":80,"nodePort":30080},{"port":53,"protocol":"UDP"}]}})")));
  EXPECT_EQ(row.at("Cluster-IP"), R"("<none>")");
  EXPECT_EQ(row.at("External-IP"), R"("<pending>")");
  EXPECT_EQ(row.at("Port(s)"), R"("80:30080/TCP,53/UDP")");
  EXPECT_EQ(row.at("Selector"), R"("<none>")");
}

TEST(Endpoints, show_the_first_three) {
  const auto shown = [](std::string_view subsets) {
    return cells(endpoints, cat(R"({"metadata":{"name":"web"},"subsets":)", subsets, '}'))
        .at("Endpoints");
  };
  EXPECT_EQ(shown("[]"), R"("<none>")");
  EXPECT_EQ(shown(R"([{"addresses":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}],"ports":[{"port":80}]}])"),
            R"("10.0.0.1:80,[fd00::1]:80")");
  EXPECT_EQ(shown(R"([{"addresses":[{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}],
                       "ports":[{"port":80},{"port":81}]}])"),
            R"("10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 1 more...")");
  EXPECT_EQ(shown(R"([{"addresses":[{"ip":"10.0.0.1"}]}])"), R"("10.0.0.1")");
}

TEST(Endpoints, name_other_machines) {
  const auto refused = [](std::string_view ip) {
    auto object =
        parse(cat(R"({"subsets":[{"addresses":[{"ip":")", ip, R"("}],"ports":[{"port":80}]}]})"));
    endpoints.set_defaults(object);
    return validated(endpoints, object);
  };
  EXPECT_THAT(refused("10.0.0.1"), IsEmpty());
  EXPECT_THAT(refused("2001:db8::1"), IsEmpty());
  for (const auto* ip : {"127.0.0.1", "::1", "0.0.0.0", "::", "169.254.1.1", "fe80::1", "224.0.0.1",
                         "ff02::1", "::ffff:127.0.0.1", "10.0.0", ""}) {
    EXPECT_EQ(refused(ip).size(), 1U) << ip;
  }
  EXPECT_THAT(refused("127.0.0.1"),
              ElementsAre("subsets[0].addresses[0].ip: Invalid value: \"127.0.0.1\": may not be in "
                          "the loopback range (127.0.0.0/8, ::1/128)"));
  EXPECT_THAT(validated(endpoints, parse(R"({"subsets":[{}]})")),
              ElementsAre("subsets[0]: Required value: must specify `addresses` or "
                          "`notReadyAddresses`"));
}

TEST(Lease, shows_its_holder) {
  EXPECT_EQ(cells(lease, R"({"spec":{"holderIdentity":"n1"}})").at("Holder"), R"("n1")");
}

TEST(Lease, lasts_and_is_counted) {
  EXPECT_THAT(validated(lease, parse(R"({"spec":{"holderIdentity":"","leaseDurationSeconds":40,
                                                 "leaseTransitions":0}})")),
              IsEmpty());
  EXPECT_THAT(
      validated(lease, parse(R"({"spec":{"leaseDurationSeconds":0,"leaseTransitions":-1,
                                         "preferredHolder":"me"}})")),
      ElementsAre("spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
                  "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
                  "spec.preferredHolder: Forbidden: may only be specified when `strategy` is "
                  "defined"));
  EXPECT_THAT(validated(lease, parse(R"({"spec":{"strategy":"Odd"}})")),
              ElementsAre("spec.strategy: Unsupported value: \"Odd\": supported values: "
                          "\"OldestEmulationVersion\""));
}

}  // namespace
}  // namespace signet::kinds
