#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machinery/api_fixture_for_tests.h"
#include "machinery/api_kinds_for_tests.h"

namespace signet::machinery {
namespace {

using fixture::ApiFixture;
using fixture::Reply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view widgets = "/api/v1/namespaces/n/widgets";
constexpr std::string_view gadgets = "/apis/toys.example/v1/namespaces/n/gadgets";

std::string named(std::string_view name, std::string_view more = "") {
  return cat(R"({"metadata":{"name":")", name, "\"}", more, '}');
}

class ApiWrite : public testing::Test {
 protected:
  ApiFixture api{fake::api_registry()};

  std::string url(std::string_view name, std::string_view more = "") {
    return cat(widgets, '/', name, more);
  }
};

using Create = ApiWrite;
using UpdateObject = ApiWrite;
using PatchObject = ApiWrite;

TEST_F(Create, fills_in_what_the_server_says) {
  const auto made = api.post(
      widgets, R"({"metadata":{"name":"a","uid":"mine","creationTimestamp":"2001-01-01T00:00:00Z",)"
               R"("deletionTimestamp":"2001-01-01T00:00:00Z","deletionGracePeriodSeconds":3,)"
               R"("managedFields":[{"manager":"m"}]},"port":"http"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.body,
              MatchesRegex("\\{\"kind\":\"Widget\",\"apiVersion\":\"v1\",\"metadata\":\\{"
                           "\"name\":\"a\",\"namespace\":\"n\",\"uid\":\"[0-9a-f-]{36}\","
                           "\"resourceVersion\":\"1\",\"creationTimestamp\":"
                           "\"2023-11-14T22:13:20Z\",\"managedFields\":\\[\\{"
                           "\"manager\":\"unknown\",\"operation\":\"Update\","
                           "\"apiVersion\":\"v1\",\"time\":\"2023-11-14T22:13:20Z\","
                           "\"fieldsType\":\"FieldsV1\",\"fieldsV1\":\\{\"f:port\":"
                           "\\{\\}\\}\\}\\]\\},\"port\":\"http\"\\}\n"));
  EXPECT_EQ(api.get(url("a")).body, made.body);
}

TEST_F(Create, of_a_name_that_is_taken_is_refused) {
  api.post(widgets, named("a"));
  const auto second = api.post(widgets, named("a"));
  EXPECT_EQ(second.refusal(), R"(409 AlreadyExists widgets "a" already exists)");
  EXPECT_EQ(second.at("details"), R"({"name":"a","kind":"widgets"})");
}

TEST_F(Create, names_an_object_by_its_base_and_five_letters) {
  const auto made =
      api.post(widgets, cat(R"({"metadata":{"generateName":")", std::string(70, 'a'), "\"}}"));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.at("metadata.name").size(), 63U);
  EXPECT_THAT(made.at("metadata.name"), MatchesRegex("a{58}[bcdfghjklmnpqrstvwxz2456789]{5}"));
  EXPECT_EQ(made.at("metadata.generateName").size(), 70U);
}

TEST_F(Create, defaults_and_rules_of_the_kind_see_the_name_that_was_drawn) {
  const auto made = api.post("/api/v1/realms", R"({"metadata":{"generateName":"r-"}})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.at("metadata.labels.name"), made.at("metadata.name"));
}

TEST_F(Create, admission_sees_the_base_of_a_name_that_is_to_be_drawn) {
  std::string seen;
  std::string seen_in_object;
  api.admission().hook = [&](AdmissionRequest& request) {
    seen = request.name;
    seen_in_object = codec::string_at(*request.object, "metadata.name");
    return ApiResult<void>{};
  };
  api.post(widgets, R"({"metadata":{"generateName":"a-"}})");
  EXPECT_EQ(seen, "a-");
  EXPECT_EQ(seen_in_object, "");
}

TEST_F(Create, needs_a_name) {
  EXPECT_EQ(
      api.post(widgets, "{}").refusal(),
      R"(422 Invalid Widget "" is invalid: metadata.name: Required value: name or generateName is required)");
}

TEST_F(Create, a_bad_name_is_told_with_its_field) {
  const auto refused = api.post(widgets, named("Bad_Name"));
  EXPECT_THAT(refused.refusal(), HasSubstr("a lowercase RFC 1123 subdomain must consist of"));
  EXPECT_EQ(codec::string_at(codec::array_at(refused.json(), "details.causes")[0], "field"),
            "metadata.name");
}

TEST_F(Create, the_namespace_of_the_body_is_that_of_the_path) {
  const auto other = api.post(widgets, R"({"metadata":{"name":"a","namespace":"m"}})");
  EXPECT_EQ(other.refusal(),
            "400 BadRequest the namespace of the provided object does not match the namespace sent "
            "on the request");
  EXPECT_EQ(api.post(widgets, R"({"metadata":{"name":"a","namespace":"n"}})").status, 201);
  EXPECT_EQ(api.post("/api/v1/realms", R"({"metadata":{"name":"a","namespace":"n"}})").status, 201);
}

TEST_F(Create, with_a_resource_version_is_refused) {
  const auto refused = api.post(widgets, R"({"metadata":{"name":"a","resourceVersion":"1"}})");
  EXPECT_EQ(refused.refusal(),
            "500 (none) resourceVersion should not be set on objects to be created");
}

TEST_F(Create, a_dry_run_answers_without_version_and_keeps_nothing) {
  const auto tried = api.post(cat(widgets, "?dryRun=All"), named("a"));
  EXPECT_EQ(tried.status, 201);
  EXPECT_EQ(tried.at("metadata.resourceVersion"), "(none)");
  EXPECT_EQ(tried.at("metadata.uid").size(), 36U);
  EXPECT_EQ(api.get(url("a")).status, 404);
  api.post(widgets, named("a"));
  EXPECT_EQ(api.post(cat(widgets, "?dryRun=All"), named("a")).status, 409);
  EXPECT_THAT(api.post(cat(widgets, "?dryRun=Some"), named("b")).refusal(),
              StartsWith(R"(422 Invalid CreateOptions.meta.k8s.io "" is invalid: dryRun: )"));
}

TEST_F(Create, unknown_fields_warn_or_are_refused_or_pass_as_asked) {
  const std::string body = named("a", R"(,"colour":"red")");
  const auto warned = api.post(widgets, body);
  EXPECT_EQ(warned.status, 201);
  EXPECT_THAT(warned.warnings(), ElementsAre(R"(299 - "unknown field \"colour\"")"));
  EXPECT_EQ(warned.at("colour"), "(none)");

  const auto strict = api.post(cat(widgets, "?fieldValidation=Strict"), body);
  EXPECT_EQ(
      strict.refusal(),
      R"(400 BadRequest Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "colour")");
  EXPECT_THAT(api.post(cat(widgets, "?fieldValidation=Ignore"), named("b", R"(,"colour":"red")"))
                  .warnings(),
              IsEmpty());
  EXPECT_THAT(
      api.post(cat(widgets, "?fieldValidation=No"), body).refusal(),
      StartsWith(R"(422 Invalid CreateOptions.meta.k8s.io "" is invalid: fieldValidation)"));
  EXPECT_THAT(api.put(cat(url("a"), "?fieldValidation=No"), body).refusal(),
              StartsWith(R"(422 Invalid UpdateOptions.meta.k8s.io "" is invalid)"));
}

TEST_F(Create, another_kind_in_the_body_is_refused_in_kubernetes_words) {
  EXPECT_THAT(api.post(widgets, R"({"kind":"Realm","apiVersion":"v1"})").refusal(),
              StartsWith("400 BadRequest Realm in version \"v1\" cannot be handled as a Widget: "
                         "converting (v1.Realm) to "));
  EXPECT_THAT(api.post(widgets, R"({"kind":"Nobody","apiVersion":"v1"})").refusal(),
              HasSubstr(R"(no kind "Nobody" is registered for version "v1" in scheme)"));
  EXPECT_THAT(api.post(widgets, "").refusal(),
              StartsWith("400 BadRequest the object provided is "));
}

TEST_F(Create, happens_in_a_collection_only) {
  EXPECT_EQ(api.post("/api/v1/widgets", named("a")).refusal(),
            "405 MethodNotAllowed the server does not allow this method on the requested resource");
  EXPECT_EQ(api.post(url("a"), named("a")).status, 405);
  EXPECT_EQ(api.put(widgets, named("a")).status, 405);
  EXPECT_EQ(api.put("/api/v1/widgets/a", named("a")).status, 404) << "in no namespace";
  EXPECT_EQ(api.post("/api/v1/namespaces/n/realms", named("a")).status, 404)
      << "what belongs to the cluster is in no namespace";
}

TEST_F(Create, admission_may_refuse_and_may_change) {
  api.admission().hook = [](AdmissionRequest& request) -> ApiResult<void> {
    if (request.name == "no") return refuse(ApiError::forbidden({"", "widgets"}, "no", "because"));
    codec::make_object_at(*request.object, "metadata.annotations")["seen"] = "yes";
    request.warnings->push_back("careful");
    return {};
  };
  EXPECT_EQ(api.post(widgets, named("no")).refusal(),
            R"(403 Forbidden widgets "no" is forbidden: because)");
  const auto made = api.post(widgets, named("a"));
  EXPECT_EQ(made.at("metadata.annotations.seen"), "yes");
  EXPECT_THAT(made.warnings(), ElementsAre(R"(299 - "careful")"));
}

TEST_F(Create, fails_as_unavailable_when_the_store_has_stopped) {
  api.store().stop();
  EXPECT_THAT(api.post(widgets, named("a")).refusal(), StartsWith("503 ServiceUnavailable "));
  EXPECT_EQ(api.get(url("a")).status, 404);
}

TEST_F(UpdateObject, without_a_version_overwrites_and_grows_the_version) {
  const auto made = api.post(widgets, named("a", R"(,"port":1)"));
  const auto changed = api.put(url("a"), named("a", R"(,"port":2)"));
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.at("metadata.resourceVersion"), "2");
  EXPECT_EQ(changed.at("port"), "2");
  EXPECT_EQ(changed.at("metadata.uid"), made.at("metadata.uid"));
  EXPECT_EQ(changed.at("metadata.creationTimestamp"), made.at("metadata.creationTimestamp"));
}

TEST_F(UpdateObject, with_a_stale_version_is_a_conflict) {
  api.post(widgets, named("a"));
  api.put(url("a"), named("a", R"(,"port":2)"));
  const auto stale = R"({"metadata":{"name":"a","resourceVersion":"1"},"port":3})";
  EXPECT_EQ(
      api.put(url("a"), stale).refusal(),
      R"(409 Conflict Operation cannot be fulfilled on widgets "a": the object has been modified; please apply your changes to the latest version and try again)");
  EXPECT_EQ(api.put(url("a"), R"({"metadata":{"name":"a","resourceVersion":"2"},"port":3})").status,
            200);
}

TEST_F(UpdateObject, with_another_uid_is_a_conflict_that_names_both) {
  const auto uid = api.post(widgets, named("a")).at("metadata.uid");
  EXPECT_EQ(
      api.put(url("a"), R"({"metadata":{"name":"a","uid":"other"}})").refusal(),
      cat(R"(409 Conflict Operation cannot be fulfilled on widgets "a": StorageError: invalid )"
          "object, Code: 4, Key: /registry/widgets/n/a, ResourceVersion: 0, "
          "AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in "
          "object meta: ",
          uid));
}

TEST_F(UpdateObject, that_changes_nothing_keeps_the_version_and_tells_nobody) {
  const auto made = api.post(widgets, named("a", R"(,"port":1)"));
  auto watch = api.watch(cat(widgets, "?watch=true&resourceVersion=1"));
  const auto same = api.put(url("a"), made.body);
  EXPECT_EQ(same.status, 200);
  EXPECT_EQ(same.body, made.body);
  EXPECT_TRUE(watch->quiet());
}

TEST_F(UpdateObject, the_name_is_that_of_the_path) {
  api.post(widgets, named("a"));
  EXPECT_EQ(api.put(url("a"), named("zzz")).refusal(),
            "400 BadRequest the name of the object (zzz) does not match the name on the URL (a)");
  EXPECT_EQ(api.put(url("a"), "{}").refusal(),
            "400 BadRequest the name of the object (a based on URL) was undeterminable: name must "
            "be provided");
}

TEST_F(UpdateObject, of_a_missing_object_is_not_found_or_makes_it) {
  EXPECT_EQ(api.put(url("a"), named("a")).refusal(), R"(404 NotFound widgets "a" not found)");
  EXPECT_EQ(api.put("/api/v1/realms/a", named("a")).status, 201);
  EXPECT_EQ(api.put("/api/v1/realms/a", named("a", R"(,"port":1)")).status, 200);
}

TEST_F(UpdateObject, a_dry_run_changes_nothing) {
  const auto made = api.post(widgets, named("a"));
  const auto tried = api.put(url("a", "?dryRun=All"), named("a", R"(,"port":5)"));
  EXPECT_EQ(tried.status, 200);
  EXPECT_EQ(tried.at("port"), "5");
  EXPECT_EQ(api.get(url("a")).body, made.body);
}

TEST_F(UpdateObject, main_and_status_write_a_half_each_and_generation_counts_specs) {
  const auto at = cat(gadgets, "/g");
  EXPECT_EQ(api.post(gadgets, named("g", R"(,"spec":{"size":1})")).at("metadata.generation"), "1");
  const auto both = named("g", R"(,"spec":{"size":2},"status":{"phase":"P"})");
  const auto main = api.put(at, both);
  EXPECT_EQ(main.at("spec.size"), "2");
  EXPECT_EQ(main.at("status"), "{}");
  EXPECT_EQ(main.at("metadata.generation"), "2");
  const auto status =
      api.put(at + "/status", named("g", R"(,"spec":{"size":3},"status":{"phase":"P"})"));
  EXPECT_EQ(status.at("spec.size"), "2");
  EXPECT_EQ(status.at("status.phase"), "P");
  EXPECT_EQ(status.at("metadata.generation"), "2");
  EXPECT_EQ(api.get(at + "/status").status, 200);
  EXPECT_EQ(api.get(at + "/nothing").status, 404);
  EXPECT_EQ(api.del(at + "/status").status, 405);
}

TEST_F(PatchObject, merge_removes_what_is_null) {
  api.post(widgets, named("a", R"(,"data":{"a":"YQ==","b":"Yg=="})"));
  const auto changed = api.patch(url("a"), "merge-patch", R"({"data":{"a":null}})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.at("data"), R"({"b":"Yg=="})");
}

TEST_F(PatchObject, strategic_merges_lists_by_their_key) {
  api.post(widgets, named("a", R"(,"parts":[{"name":"x","count":1},{"name":"y"}])"));
  const auto changed =
      api.patch(url("a"), "strategic-merge-patch", R"({"parts":[{"name":"x","count":2}]})");
  EXPECT_EQ(changed.at("parts"), R"([{"name":"x","count":2},{"name":"y"}])");
}

TEST_F(PatchObject, json_applies_operations_or_says_nothing_of_why_not) {
  api.post(widgets, named("a", R"(,"port":1)"));
  const auto changed =
      api.patch(url("a"), "json-patch", R"([{"op":"replace","path":"/port","value":2}])");
  EXPECT_EQ(changed.at("port"), "2");
  const auto failed =
      api.patch(url("a"), "json-patch", R"([{"op":"test","path":"/port","value":3}])");
  EXPECT_EQ(failed.refusal(),
            "422 Invalid the server rejected our request due to an error in our request");
  EXPECT_EQ(failed.at("details"), "{}");
  EXPECT_EQ(api.patch(url("a"), "json-patch", "{}").status, 400);
}

TEST_F(PatchObject, of_another_type_is_refused_with_the_list_of_types) {
  api.post(widgets, named("a"));
  EXPECT_EQ(api.send("PATCH", url("a"), "{}", {{"content-type", "application/json"}}).refusal(),
            "415 UnsupportedMediaType the body of the request was in an unknown format - accepted "
            "media types include: application/json-patch+json, application/merge-patch+json, "
            "application/strategic-merge-patch+json, application/apply-patch+yaml");
  EXPECT_EQ(api.send("PATCH", url("a"), R"({"port":9})",
                     {{"content-type", "application/merge-patch+json; charset=utf-8"}})
                .status,
            200);
}

TEST_F(PatchObject, whose_result_has_the_wrong_type_is_refused) {
  api.post(widgets, named("a"));
  EXPECT_THAT(api.patch(url("a"), "merge-patch", R"({"ready":"yes"})").refusal(),
              StartsWith(R"(422 Invalid  "" is invalid: patch: Invalid value: )"));
}

TEST_F(PatchObject, unknown_fields_warn_or_are_refused_or_pass_as_asked) {
  api.post(widgets, named("a"));
  const auto patched = [&](std::string_view query, std::string_view type, std::string body) {
    return api.patch(url("a", query), type, std::move(body));
  };
  const auto warned = patched("", "merge-patch", R"({"colour":"red","port":7})");
  EXPECT_EQ(warned.status, 200);
  EXPECT_THAT(warned.warnings(), ElementsAre(R"(299 - "unknown field \"colour\"")"));
  EXPECT_EQ(warned.at("port"), "7");
  for (const auto* type : {"merge-patch", "strategic-merge-patch"}) {
    const auto strict = patched("?fieldValidation=Strict", type, R"({"colour":"red"})").refusal();
    EXPECT_THAT(strict, StartsWith(R"(422 Invalid  "" is invalid: patch: Invalid value: )"));
    EXPECT_THAT(strict, HasSubstr(R"(strict decoding error: unknown field "colour")"));
  }
  const auto silent = patched("?fieldValidation=Ignore", "merge-patch", R"({"colour":"red"})");
  EXPECT_EQ(silent.status, 200);
  EXPECT_THAT(silent.warnings(), IsEmpty());
}

TEST_F(PatchObject, may_not_be_forced_and_needs_the_object) {
  EXPECT_EQ(
      api.patch(url("a", "?force=true"), "merge-patch", "{}").refusal(),
      R"(422 Invalid PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch)");
  EXPECT_EQ(api.patch(url("a"), "merge-patch", "{}").status, 404);
}

TEST_F(PatchObject, with_a_stale_version_is_a_conflict) {
  api.post(widgets, named("a"));
  api.put(url("a"), named("a", R"(,"port":2)"));
  EXPECT_EQ(
      api.patch(url("a"), "merge-patch", R"({"metadata":{"resourceVersion":"1"},"port":3})").status,
      409);
}

TEST_F(PatchObject, may_not_change_who_the_object_is) {
  api.post(widgets, named("a"));
  EXPECT_EQ(api.patch(url("a"), "merge-patch", R"({"metadata":{"name":"b"}})").refusal(),
            "400 BadRequest the name of the object (b) does not match the name on the URL (a)");
  EXPECT_EQ(api.patch(url("a"), "merge-patch", R"({"metadata":{"namespace":"m"}})").refusal(),
            "400 BadRequest the namespace of the provided object does not match the namespace sent "
            "on the request");
}

// Writes to the same object between the server's read and its commit, `times` times.
void meddle(ApiFixture& api, int times) {
  auto left = std::make_shared<int>(times);
  api.admission().hook = [&api, left](AdmissionRequest& request) -> ApiResult<void> {
    if (request.operation != Operation::update || (*left)-- <= 0) return {};
    const auto object = api.view().current()->find_shared(fake::widget(), "n/a");
    auto changed = object->parse();
    codec::make_object_at(changed, "metadata.annotations")["meddled"] = std::to_string(*left);
    changed.as_object()["metadata"].as_object().erase("resourceVersion");
    std::promise<void> done;
    api.store().commit({.key = store_key(fake::widget(), "n/a"),
                        .value = codec::to_json(changed),
                        .expected = object->revision(),
                        .attachment = nullptr},
                       [&](const auto& outcome) {
                         EXPECT_TRUE(outcome);
                         done.set_value();
                       });
    done.get_future().get();
    return {};
  };
}

TEST_F(PatchObject, is_tried_again_when_somebody_else_was_first_and_keeps_both_changes) {
  api.post(widgets, named("a"));
  meddle(api, 4);
  const auto changed = api.patch(url("a"), "merge-patch", R"({"port":7})");
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.at("port"), "7");
  EXPECT_EQ(changed.at("metadata.annotations.meddled"), "0");
}

TEST_F(PatchObject, gives_up_after_five_attempts) {
  api.post(widgets, named("a"));
  meddle(api, 5);
  const auto refused = api.patch(url("a"), "merge-patch", R"({"port":7})");
  EXPECT_THAT(refused.refusal(), StartsWith("409 Conflict Operation cannot be fulfilled on"));
}

TEST_F(UpdateObject, with_a_version_never_overwrites_what_somebody_else_wrote_meanwhile) {
  api.post(widgets, named("a"));
  meddle(api, 1);
  EXPECT_EQ(api.put(url("a"), R"({"metadata":{"name":"a","resourceVersion":"1"},"port":3})").status,
            409);
}

TEST(ApiConcurrency, every_acknowledged_write_is_visible_to_every_reader_at_once) {
  constexpr std::size_t loops = 3;
  constexpr int each = 60;
  ApiFixture api(fake::api_registry(), loops);
  std::vector<std::thread> writers;
  for (std::size_t i = 0; i < loops; ++i) {
    writers.emplace_back([&api, i] {
      for (int n = 0; n < each; ++n) {
        const auto name = cat("w-", i, '-', n);
        const auto made = api.send("POST", widgets, named(name), {}, i);
        ASSERT_EQ(made.status, 201) << made.body;
        const auto seen = api.get(cat(widgets, '/', name), (i + 1) % loops);
        ASSERT_EQ(seen.body, made.body);
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(codec::array_at(api.get(widgets).json(), "items").size(), loops * each);
}

TEST(ApiConcurrency, no_increment_is_lost) {
  constexpr std::size_t loops = 3;
  ApiFixture api(fake::api_registry(), loops);
  const auto at = cat(widgets, "/counter");
  api.post(widgets, named("counter", R"(,"port":1)"));
  std::vector<std::thread> writers;
  std::atomic<int> done = 0;
  for (std::size_t i = 0; i < loops; ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; n < 40; ++n) {
        for (;;) {
          const auto seen = api.get(at, i).json();
          const auto next = codec::int_at(seen, "port").value_or(-1) + 1;
          const auto reply = api.send(
              "PUT", at,
              cat(R"({"metadata":{"name":"counter","resourceVersion":")",
                  codec::string_at(seen, "metadata.resourceVersion"), R"("},"port":)", next, '}'),
              {}, i);
          if (reply.status == 200) break;
          ASSERT_EQ(reply.status, 409) << reply.body;
        }
        ++done;
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(api.get(at).at("port"), std::to_string(1 + done.load()));
}

class ApiOwnWrites : public testing::Test {
 protected:
  ApiFixture api{fake::api_registry()};

  Task<ApiResult<ObjectPtr>> make(std::string name) {
    auto parsed =
        codec::parse_json(cat(R"({"metadata":{"name":")", name, R"(","namespace":"n"}})"), {});
    return api.api().create(fake::widget(), std::move(parsed->value));
  }
};

TEST_F(ApiOwnWrites, create_goes_the_way_of_a_client) {
  const auto made = api.thread().await([&] { return make("a"); });
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->revision(), 1);
  EXPECT_EQ(api.get(cat(widgets, "/a")).status, 200);
  const auto again = api.thread().await([&] { return make("a"); });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().reason, "AlreadyExists");
}

TEST_F(ApiOwnWrites, amend_changes_what_no_client_may_and_nothing_when_nothing_changes) {
  api.post(widgets, named("a"));
  const auto amend = [&](std::string key, std::string uid) {
    return api.thread().await([&] {
      return api.api().amend(fake::widget(), key,
                             [uid](const codec::Json& current) -> ApiResult<codec::Json> {
                               auto wanted = current;
                               codec::make_object_at(wanted, "metadata")["uid"] = uid;
                               return wanted;
                             });
    });
  };
  const auto changed = amend("n/a", "new");
  ASSERT_TRUE(changed);
  EXPECT_EQ((*changed)->revision(), 2);
  EXPECT_EQ((*amend("n/a", "new"))->revision(), 2);
  EXPECT_EQ(amend("n/b", "new").error().message, R"(widgets "b" not found)");
}

TEST_F(ApiOwnWrites, actions_are_asked_with_the_verbs_of_their_subresource) {
  api.thread().run([&] {
    api.api().add_action(fake::widget(), "ask", [](ActionRequest request) -> Task<net::Response> {
      co_return respond(201, cat("\"", request.info.name, "\""), Format::json);
    });
  });
  EXPECT_EQ(api.post(cat(widgets, "/a/ask"), "{}").body, "\"a\"\n");
  EXPECT_EQ(api.get(cat(widgets, "/a/ask")).refusal(),
            "405 MethodNotAllowed the server does not allow this method on the requested resource");
  EXPECT_EQ(api.get("/api/v1/nothing").refusal(),
            "404 NotFound the server could not find the requested resource");
  EXPECT_EQ(api.post("/apis/review.example/v1/widgetreviews", "{}").status, 405);
}

TEST(WhoMayOnlyChange, makes_nothing_by_put_or_apply) {
  ApiFixture api(fake::api_registry());
  const token::UserInfo changer{.username = "changer", .uid = {}, .groups = {}, .extra = {}};
  constexpr std::string_view body = R"({"apiVersion":"v1","kind":"Realm","metadata":{"name":"r"}})";
  const auto put = [&] {
    return api.send("PUT", "/api/v1/realms/r", std::string(body), {}, 0, changer);
  };
  const auto apply = [&] {
    return api.send("PATCH", "/api/v1/realms/r?fieldManager=m", std::string(body),
                    {{"content-type", "application/apply-patch+yaml"}}, 0, changer);
  };
  EXPECT_EQ(put().refusal(), R"(403 Forbidden realms "r" is forbidden: no creating)");
  EXPECT_EQ(apply().refusal(), R"(403 Forbidden realms "r" is forbidden: no creating)");
  EXPECT_EQ(api.put("/api/v1/realms/r", std::string(body)).status, 201);
  EXPECT_EQ(put().status, 200);
  EXPECT_EQ(apply().status, 200);
}

}  // namespace
}  // namespace signet::machinery
