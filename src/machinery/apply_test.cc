#include "machinery/apply.h"

#include <gtest/gtest.h>

#include "base/cat.h"
#include "machinery/normalise.h"

namespace signet::machinery {
namespace {

using codec::Json;

constexpr Field port_fields[] = {
    int32(1, "port").required(),
    text(2, "protocol").in_keys_as("TCP"),
    text(3, "name"),
};
constexpr Schema port{"Port", port_fields};
constexpr Field reference_fields[] = {text(1, "name"), text(2, "path")};
constexpr Schema reference{"Reference", reference_fields, {}, true};
constexpr Field spec_fields[] = {
    text(1, "image"),
    list(2, "ports", port).merged_by("port").listed_by("port", "protocol"),
    list_of(3, "args", Type::text),
    map_of(4, "selector", Type::text).whole(),
    message(5, "ref", reference).optional(),
    int32(6, "size").optional(),
};
constexpr Schema spec{"Spec", spec_fields};
constexpr Field status_fields[] = {text(1, "phase")};
constexpr Schema status{"Status", status_fields};
constexpr Field thing_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", spec),
    message(3, "status", status),
};
constexpr Schema thing_schema{"Thing", thing_fields};
constexpr std::string_view verbs[] = {"get"};

const Kind& thing() {
  static constexpr Kind kind{
      .group = "toys.example",
      .version = "v1",
      .kind = "Thing",
      .plural = "things",
      .singular = "thing",
      .verbs = verbs,
      .schema = &thing_schema,
      .has_status = true,
  };
  return kind;
}

Json parse(std::string_view text) {
  const auto document = codec::parse_json(text, {});
  EXPECT_TRUE(document) << text;
  return document ? document->value : Json();
}

// A thing with the given members after its name.
Json with(std::string_view members) {
  return parse(
      std::string(R"({"kind":"Thing","apiVersion":"toys.example/v1","metadata":{"name":)") +
      R"("t"})" + (members.empty() ? "" : ",") + std::string(members) + "}");
}

// An object that is written as a server would, with a clock that moves.
class Server {
 public:
  ApiResult<void> apply(std::string_view manager, const Json& configuration, bool force = false,
                        std::string_view subresource = {}) {
    auto wanted = apply_configuration(thing(), exists_ ? &object : nullptr, configuration,
                                      {.writer = writer(manager, subresource), .force = force});
    if (!wanted) return refuse(wanted.error());
    keep(*std::move(wanted));
    return {};
  }
  void write(std::string_view manager, Json wanted, std::string_view subresource = {}) {
    EXPECT_TRUE(normalise(thing_schema, wanted));
    track_update(thing(), exists_ ? &object : nullptr, wanted, writer(manager, subresource));
    keep(std::move(wanted));
  }
  std::string spec() const { return codec::to_json(*codec::find(object, "spec")); }
  // "m1 Apply {...}", an entry a line.
  std::string owners() const {
    std::string out;
    for (const Json& entry : codec::array_at(object, "metadata.managedFields")) {
      out += std::string(codec::string_at(entry, "manager")) + ' ' +
             std::string(codec::string_at(entry, "operation")) + ' ' +
             codec::to_json(*codec::find(entry, "fieldsV1")) + '\n';
    }
    return out;
  }

  Json object;

 private:
  Writer writer(std::string_view manager, std::string_view subresource) {
    now_ += std::chrono::seconds{1};
    return {.manager = std::string(manager), .subresource = std::string(subresource), .now = now_};
  }
  void keep(Json wanted) {
    const auto done = normalise(thing_schema, wanted);
    EXPECT_TRUE(done) << done.error().message;
    object = std::move(wanted);
    exists_ = true;
  }

  bool exists_ = false;
  Instant now_{std::chrono::seconds{1'700'000'000}};
};

TEST(Apply, a_new_object_belongs_to_who_applied_it) {
  Server server;
  ASSERT_TRUE(server.apply("m1", with(R"("spec":{"image":"a","ports":[{"port":80,"name":"w"}],)"
                                      R"("args":["x"],"selector":{"k":"v"},"ref":{"name":"r"}})")));
  EXPECT_EQ(server.owners(),
            R"(m1 Apply {"f:spec":{"f:args":{},"f:image":{},"f:ports":{)"
            R"("k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{}}},)"
            R"("f:ref":{},"f:selector":{}}})"
            "\n");
}

TEST(Apply, a_new_object_belongs_to_who_created_it) {
  Server server;
  server.write("m1", with(R"("spec":{"image":"a","ports":[{"port":80}]},"status":{"phase":"x"})"));
  EXPECT_EQ(server.owners(), R"(m1 Update {"f:spec":{"f:image":{},"f:ports":{".":{},)"
                             R"("k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}})"
                             "\n");
}

TEST(Apply, fields_no_longer_applied_are_removed) {
  Server server;
  ASSERT_TRUE(server.apply("m1", with(R"("spec":{"image":"a","size":1,"ports":[{"port":80},)"
                                      R"({"port":81}],"selector":{"k":"v"}})")));
  ASSERT_TRUE(server.apply("m1", with(R"("spec":{"image":"a","ports":[{"port":81}]})")));
  EXPECT_EQ(server.spec(), R"({"image":"a","ports":[{"port":81}]})");
  ASSERT_TRUE(server.apply("m1", with("")));
  EXPECT_EQ(server.spec(), "{}");
  EXPECT_EQ(server.owners(), "");
}

TEST(Apply, fields_that_somebody_else_owns_stay) {
  Server server;
  ASSERT_TRUE(server.apply("m1", with(R"("spec":{"image":"a","size":1,"ports":[{"port":80}]})")));
  ASSERT_TRUE(server.apply("m2", with(R"("spec":{"image":"a","ports":[{"port":80,"name":"w"}]})")));
  ASSERT_TRUE(server.apply("m1", with("")));
  EXPECT_EQ(server.spec(), R"({"image":"a","ports":[{"port":80,"name":"w"}]})");
}

TEST(Apply, a_conflict_names_the_manager_and_the_field) {
  Server server;
  ASSERT_TRUE(server.apply("m1", with(R"("spec":{"image":"a"})")));
  const auto refused = server.apply("m2", with(R"("spec":{"image":"b"})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(to_json(refused.error()),
            R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)"
            R"("Apply failed with 1 conflict: conflict with \"m1\": .spec.image",)"
            R"("reason":"Conflict","details":{"causes":[{"reason":"FieldManagerConflict",)"
            R"("message":"conflict with \"m1\"","field":".spec.image"}]},"code":409})");
}

TEST(Apply, several_conflicts_are_grouped_by_manager) {
  Server server;
  ASSERT_TRUE(server.apply("m1", with(R"("spec":{"image":"a","selector":{"a":"b"}})")));
  server.write("edit", with(R"("spec":{"image":"a","selector":{"a":"b"},"size":2})"));
  const auto refused =
      server.apply("m2", with(R"("spec":{"image":"b","selector":{"a":"c"},"size":3})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "Apply failed with 3 conflicts: conflicts with \"edit\" using toys.example/v1:\n"
            "- .spec.size\nconflicts with \"m1\":\n- .spec.image\n- .spec.selector");
}

TEST(Apply, force_takes_over) {
  Server server;
  ASSERT_TRUE(server.apply("m1", with(R"("spec":{"image":"a","size":1})")));
  ASSERT_TRUE(server.apply("m2", with(R"("spec":{"image":"b"})"), true));
  EXPECT_EQ(server.owners(),
            "m1 Apply {\"f:spec\":{\"f:size\":{}}}\n"
            "m2 Apply {\"f:spec\":{\"f:image\":{}}}\n");
  EXPECT_EQ(server.spec(), R"({"image":"b","size":1})");
}

TEST(Apply, the_same_value_is_shared) {
  Server server;
  ASSERT_TRUE(server.apply("m1", with(R"("spec":{"image":"a"})")));
  ASSERT_TRUE(server.apply("m2", with(R"("spec":{"image":"a"})")));
  EXPECT_EQ(server.owners(),
            "m2 Apply {\"f:spec\":{\"f:image\":{}}}\n"
            "m1 Apply {\"f:spec\":{\"f:image\":{}}}\n");
}

TEST(Apply, the_same_again_changes_nothing) {
  Server server;
  const auto configuration = with(R"("spec":{"image":"a","ports":[{"port":80}]})");
  ASSERT_TRUE(server.apply("m1", configuration));
  const auto before = server.object;
  ASSERT_TRUE(server.apply("m1", configuration));
  EXPECT_EQ(server.object, before);
}

TEST(Apply, an_update_takes_what_it_changes) {
  Server server;
  ASSERT_TRUE(server.apply("m1", with(R"("spec":{"image":"a","size":1})")));
  auto wanted = server.object;
  wanted.at("spec").get_object()["image"] = "b";
  server.write("edit", wanted);
  EXPECT_EQ(server.owners(),
            "m1 Apply {\"f:spec\":{\"f:size\":{}}}\n"
            "edit Update {\"f:spec\":{\"f:image\":{}}}\n");
}

TEST(Apply, an_update_of_nothing_keeps_the_times) {
  Server server;
  server.write("m1", with(R"("spec":{"image":"a"})"));
  const auto before = server.object;
  server.write("m2", before);
  EXPECT_EQ(server.object, before);
  auto without = before;
  without.at("metadata").get_object().erase("managedFields");
  server.write("m2", without);
  EXPECT_EQ(server.object, before);
}

TEST(Apply, an_empty_list_of_managers_forgets_all) {
  for (const auto* text : {"[]", "[{}]"}) {
    Server server;
    server.write("m1", with(R"("spec":{"image":"a"})"));
    auto wanted = server.object;
    wanted.at("metadata").get_object()["managedFields"] = parse(text);
    server.write("m1", wanted);
    EXPECT_EQ(server.owners(), "");
    wanted = server.object;
    wanted.at("spec").get_object()["image"] = "b";
    server.write("m1", wanted);
    EXPECT_EQ(server.owners(), "") << "nobody is tracked before the first apply";
    ASSERT_TRUE(server.apply("m2", with(R"("spec":{"image":"b"})")));
    EXPECT_EQ(server.owners(),
              "m2 Apply {\"f:spec\":{\"f:image\":{}}}\n"
              "before-first-apply Update {\"f:spec\":{\"f:image\":{}}}\n");
  }
}

TEST(Apply, managers_that_make_no_sense_are_ignored) {
  for (const auto* text :
       {R"([{"manager":"x"}])", R"([{"manager":"x","operation":"Steal","apiVersion":"v1"}])",
        R"([{"manager":"x","operation":"Apply","apiVersion":"toys.example/v1",)"
        R"("fieldsType":"FieldsV1","fieldsV1":{"nonsense":{}}}])",
        R"([{"operation":"Apply","apiVersion":"toys.example/v1","fieldsType":"FieldsV2"}])"}) {
    Server server;
    server.write("m1", with(R"("spec":{"image":"a"})"));
    const auto before = server.owners();
    auto wanted = server.object;
    wanted.at("metadata").get_object()["managedFields"] = parse(text);
    server.write("m2", wanted);
    EXPECT_EQ(server.owners(), before);
  }
}

TEST(Apply, managers_may_be_handed_over) {
  Server server;
  server.write("client", with(R"("spec":{"image":"a"})"));
  auto wanted = server.object;
  auto& entry = wanted.at("metadata").at("managedFields").get_array()[0].get_object();
  entry["manager"] = "kubectl";
  entry["operation"] = "Apply";
  server.write("client", wanted);
  EXPECT_EQ(server.owners(), "kubectl Apply {\"f:spec\":{\"f:image\":{}}}\n");
  EXPECT_TRUE(server.apply("kubectl", with(R"("spec":{"image":"b"})")));
}

TEST(Apply, old_updates_become_ancient) {
  Server server;
  server.write("m0", with(R"("spec":{"size":0})"));
  for (int i = 1; i < 13; ++i) {
    auto wanted = server.object;
    codec::make_object_at(wanted, "metadata.labels")["l" + std::to_string(i)] = "x";
    server.write("m" + std::to_string(i), wanted);
  }
  const auto& entries = codec::array_at(server.object, "metadata.managedFields");
  ASSERT_EQ(entries.size(), 10);
  EXPECT_EQ(codec::string_at(entries[0], "manager"), "ancient-changes");
  EXPECT_EQ(codec::to_json(*codec::find(entries[0], "fieldsV1")),
            R"({"f:metadata":{"f:labels":{".":{},"f:l1":{},"f:l2":{},"f:l3":{}}},)"
            R"("f:spec":{"f:size":{}}})");
}

TEST(Apply, a_subresource_has_an_entry_of_its_own) {
  Server server;
  ASSERT_TRUE(server.apply("m1", with(R"("spec":{"image":"a"})")));
  ASSERT_TRUE(
      server.apply("m1", with(R"("spec":{"image":"z"},"status":{"phase":"on"})"), false, "status"));
  const auto& entries = codec::array_at(server.object, "metadata.managedFields");
  ASSERT_EQ(entries.size(), 2);
  EXPECT_EQ(codec::string_at(entries[1], "subresource"), "status");
  EXPECT_EQ(codec::to_json(*codec::find(entries[1], "fieldsV1")), R"({"f:status":{"f:phase":{}}})");
  const auto refused = server.apply("m2", with(R"("status":{"phase":"off"})"), false, "status");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "Apply failed with 1 conflict: conflict with \"m1\" with subresource \"status\": "
            ".status.phase");
}

TEST(Apply, lists_follow_the_order_that_is_applied) {
  Server server;
  server.write("m0", with(R"("spec":{"ports":[{"port":1},{"port":2},{"port":3},{"port":4}]})"));
  ASSERT_TRUE(server.apply("m1", with(R"("spec":{"ports":[{"port":9},{"port":3},{"port":1}]})")));
  EXPECT_EQ(server.spec(), R"({"ports":[{"port":2},{"port":9},{"port":3},{"port":4},{"port":1}]})");
}

TEST(Apply, what_does_not_fit_the_schema_is_refused) {
  constexpr std::string_view intro =
      "failed to create typed patch object (/t; toys.example/v1, Kind=Thing): ";
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"("nosuch":1)", ".nosuch: field not declared in schema"},
      {R"("spec":{"a":{"b":1}})", ".spec.a: field not declared in schema"},
      {R"("spec":[1])", ".spec: expected map, got &{[1]}"},
      {R"("spec":{"image":8080})",
       ".spec.image: expected string, got &value.valueUnstructured{Value:8080}"},
      {R"("spec":{"size":"a"})", ".spec.size: expected numeric (int or float), got string"},
      {R"("spec":{"args":"a"})", ".spec.args: expected list, got &{a}"},
      {R"("spec":{"ports":[{"port":1},{"port":1,"protocol":"TCP"}]})",
       R"(.spec.ports: duplicate entries for key [port=1,protocol="TCP"])"},
      {R"("spec":{"ports":[null]})",
       ".spec.ports: element 0: associative list with keys may not have a null element"},
      {R"("spec":{"image":1,"args":2})",
       "errors:\n  .spec.image: expected string, got &value.valueUnstructured{Value:1}\n"
       "  .spec.args: expected list, got &{2}"},
  };
  for (const auto& [members, problem] : cases) {
    Server server;
    const auto refused = server.apply("m1", with(members));
    ASSERT_FALSE(refused) << members;
    EXPECT_EQ(refused.error().code, 500);
    EXPECT_EQ(refused.error().reason, "");
    EXPECT_EQ(refused.error().message, std::string(intro) + std::string(problem));
  }
}

TEST(Apply, null_is_owned_and_takes_away) {
  Server server;
  server.write("m0", with(R"("spec":{"size":1})"));
  ASSERT_TRUE(server.apply("m1", with(R"("spec":{"size":null,"image":null})"), true));
  EXPECT_EQ(server.spec(), "{}");
}

TEST(Apply, one_more_than_a_thousand_managers_is_refused) {
  Server server;
  ASSERT_TRUE(server.apply("m", with(R"("spec":{"image":"a"})")));
  auto managed = *read_managed_fields(*codec::find(server.object, "metadata.managedFields"));
  const auto first = managed.begin()->second;
  for (int i = 1; i < 1000; ++i) {
    auto entry = first;
    entry.manager = cat("m", i);
    const auto identity = entry.identity();
    managed.emplace(identity, std::move(entry));
  }
  set_managed_fields(server.object, managed);
  EXPECT_TRUE(server.apply("m999", with(R"("spec":{"image":"a"})")));
  const auto refused = server.apply("m1000", with(R"("spec":{"image":"a"})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, 413);
  EXPECT_EQ(refused.error().message,
            "Request entity too large: an object may have 1000 managers, and would have 1001");
}

TEST(Apply, another_kind_is_refused) {
  Server server;
  auto other = with("");
  other.get_object()["kind"] = "Other";
  EXPECT_EQ(server.apply("m", other).error().message,
            "invalid object type: toys.example/v1, Kind=Other");
  other.get_object().erase("apiVersion");
  EXPECT_EQ(server.apply("m", other).error().message, "invalid object type: /, Kind=Other");
}

TEST(Apply, managed_fields_are_not_applied) {
  for (const auto* text : {"[]", R"([{"manager":"x"}])"}) {
    Server server;
    auto configuration = with("");
    configuration.at("metadata").get_object()["managedFields"] = parse(text);
    const auto refused = server.apply("m", configuration);
    EXPECT_EQ(refused.error().code, 400);
    EXPECT_EQ(refused.error().message, "metadata.managedFields must be nil");
  }
}

TEST(Apply, kubectl_takes_over_from_its_own_annotation) {
  const auto annotated = [](std::string_view image) {
    auto out = with(R"("spec":{"image":"a"})");
    out.at("spec").get_object()["image"] = image;
    const auto text = codec::to_json(out);
    codec::make_object_at(
        out, "metadata.annotations")["kubectl.kubernetes.io/last-applied-configuration"] = text;
    return out;
  };
  Server server;
  server.write("kubectl-client-side-apply", annotated("a"));
  EXPECT_FALSE(server.apply("other", with(R"("spec":{"image":"b"})")));
  ASSERT_TRUE(server.apply("kubectl", with(R"("spec":{"image":"b<"})")));
  EXPECT_EQ(server.spec(), R"({"image":"b<"})");
  EXPECT_EQ(codec::object_at(server.object, "metadata.annotations")
                .at("kubectl.kubernetes.io/last-applied-configuration")
                .get_string(),
            R"({"apiVersion":"toys.example/v1","kind":"Thing","metadata":{"name":"t"},)"
            R"("spec":{"image":"b\u003c"}})"
            "\n");
}

TEST(Apply, a_manager_is_named_by_the_request_or_the_program) {
  EXPECT_EQ(manager_name("me", "kubectl/v1"), "me");
  EXPECT_EQ(manager_name("", "kubectl/v1.30 (linux)"), "kubectl");
  EXPECT_EQ(manager_name("",
                         "a\x01\xFF"
                         "b/c"),
            "ab");
  EXPECT_EQ(manager_name("", ""), "unknown");
  EXPECT_EQ(manager_name("", std::string(127, 'a') + "\u00E9z").size(), 127);
}

}  // namespace
}  // namespace signet::machinery
