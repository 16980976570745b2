#include "identity/token_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/rfc3339.h"
#include "identity/identity_fixture_for_tests.h"

namespace signet::identity {
namespace {

using fixture::bound;
using fixture::claims_of;
using fixture::World;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::string claim(const fixture::Reply& reply, std::string_view path) {
  const auto claims = claims_of(reply.at("status.token"));
  const codec::Json* at = &claims;
  if (path.starts_with("kubernetes.io/")) {
    at = claims.as_object().if_contains("kubernetes.io");
    path.remove_prefix(std::string_view("kubernetes.io/").size());
  }
  const auto* found = at == nullptr ? nullptr : codec::find(*at, path);
  if (found == nullptr) return "(none)";
  return found->is_string() ? std::string(found->as_string()) : codec::to_json(*found);
}

std::int64_t lifetime(const fixture::Reply& reply) {
  return std::stoll(claim(reply, "exp")) - std::stoll(claim(reply, "iat"));
}

TEST(TokenRequest, without_the_account_is_not_found) {
  World world;
  EXPECT_EQ(world.request("{}").refusal(),
            R"(404 NotFound serviceaccounts "test-svcacct" not found)");
}

TEST(TokenRequest, with_nothing_asked_gets_an_hour_for_the_api) {
  World world;
  const auto uid = world.make_account();
  const auto reply =
      world.api.post(cat(fixture::core, "/serviceaccounts/test-svcacct/token"), "{}");
  ASSERT_EQ(reply.status, 201) << reply.body;
  EXPECT_THAT(reply.body,
              StartsWith(cat(R"({"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1",)"
                             R"("metadata":{"name":"test-svcacct","namespace":"myns","uid":")",
                             uid,
                             R"(","creationTimestamp":"2023-11-14T22:13:20Z"},"spec":{"audiences":)"
                             R"(["api"],"expirationSeconds":3600,"boundObjectRef":null},)"
                             R"("status":{"token":")")));
  EXPECT_EQ(reply.at("status.expirationTimestamp"), "2023-11-14T23:13:20Z");
  EXPECT_EQ(claim(reply, "sub"), "system:serviceaccount:myns:test-svcacct");
  EXPECT_EQ(claim(reply, "aud"), R"(["api"])");
  EXPECT_EQ(claim(reply, "iss"), fixture::issuer_url);
  EXPECT_EQ(claim(reply, "nbf"), claim(reply, "iat"));
  EXPECT_EQ(claim(reply, "kubernetes.io/serviceaccount.uid"), uid);
  for (const auto* absent : {"pod", "secret", "node", "warnafter"}) {
    EXPECT_EQ(claim(reply, cat("kubernetes.io/", absent)), "(none)") << absent;
  }
}

TEST(TokenRequest, keeps_audiences_in_their_order_and_as_they_are_spelled) {
  World world;
  world.make_account();
  const auto reply = world.request(R"({"audiences":["2","1","a&b",""]})");
  EXPECT_EQ(claim(reply, "aud"), R"(["2","1","a&b",""])");
  EXPECT_THAT(reply.body, HasSubstr(R"("audiences":["2","1","a\u0026b",""])"));
}

TEST(TokenRequest, lifetimes_have_bounds) {
  World world({.api_audiences = {"api"}, .lifetime = {}});
  world.make_account();
  const auto ask = [&](std::string_view seconds) {
    return world.request(cat(R"({"expirationSeconds":)", seconds, '}'));
  };
  const auto short_one = ask("599");
  EXPECT_EQ(
      short_one.refusal(),
      R"(422 Invalid TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes)");
  EXPECT_EQ(
      short_one.at("details"),
      R"({"group":"authentication.k8s.io","kind":"TokenRequest","causes":[{"reason":"FieldValueInvalid","message":"Invalid value: 599: may not specify a duration less than 10 minutes","field":"spec.expirationSeconds"}]})");
  EXPECT_EQ(lifetime(ask("600")), 600);
  EXPECT_EQ(ask("0").status, 422);
  EXPECT_EQ(lifetime(ask("4294967296")), 4294967296);
  EXPECT_THAT(ask("4294967297").refusal(), HasSubstr("a duration larger than 2^32 seconds"));
}

TEST(TokenRequest, what_is_above_the_maximum_is_shortened_with_a_warning) {
  World world;
  world.make_account();
  const auto below = world.request(R"({"expirationSeconds":6600})");
  EXPECT_EQ(below.at("spec.expirationSeconds"), "6600");
  EXPECT_EQ(lifetime(below), 6600);
  EXPECT_THAT(below.warnings(), IsEmpty());
  const auto above = world.request(R"({"expirationSeconds":7800})");
  EXPECT_EQ(above.at("spec.expirationSeconds"), "7200");
  EXPECT_EQ(lifetime(above), 7200);
  EXPECT_THAT(
      above.warnings(),
      ElementsAre(R"(299 - "requested expiration of 7800 seconds shortened to 7200 seconds")"));
}

TEST(TokenRequest, the_metadata_must_be_of_this_account) {
  World world;
  const auto uid = world.make_account();
  EXPECT_EQ(
      world.request("{}", R"({"name":"invalid-name"})").refusal(),
      R"(422 Invalid TokenRequest.authentication.k8s.io "test-svcacct" is invalid: metadata.name: Invalid value: "invalid-name": must match the service account name if specified)");
  EXPECT_EQ(world.request("{}", R"({"namespace":"invalid-namespace"})").refusal(),
            "400 BadRequest the namespace of the provided object does not match the namespace sent "
            "on the request");
  EXPECT_EQ(
      world.request("{}", R"({"uid":"nope"})").refusal(),
      cat(R"(409 Conflict Operation cannot be fulfilled on TokenRequest.authentication.k8s.io )"
          R"("test-svcacct": the UID in the token request (nope) does not match the UID of )"
          "the service account (",
          uid, ")"));
  EXPECT_EQ(
      world.request("{}", cat(R"({"name":"test-svcacct","namespace":"myns","uid":")", uid, "\"}"))
          .status,
      201);
}

TEST(TokenRequest, a_pod_must_be_there_be_that_one_and_run_as_the_account) {
  World world;
  world.make_account();
  EXPECT_EQ(world.request(bound("Pod", "test-pod")).refusal(),
            R"(404 NotFound pods "test-pod" not found)");
  const auto uid = world.make_pod();
  const auto good = world.request(bound("Pod", "test-pod", uid));
  EXPECT_EQ(good.status, 201);
  EXPECT_EQ(claim(good, "kubernetes.io/node"), "(none)") << "no node yet";
  EXPECT_EQ(good.at("spec.boundObjectRef"),
            cat(R"({"kind":"Pod","apiVersion":"v1","name":"test-pod","uid":")", uid, "\"}"));
  const auto wrong = world.request(bound("Pod", "test-pod", "wrong"));
  EXPECT_EQ(
      wrong.refusal(),
      R"(409 Conflict Operation cannot be fulfilled on Pod "test-pod": the UID in the bound object reference (wrong) does not match the UID in record. The object might have been deleted and then recreated)");
  EXPECT_EQ(wrong.at("details"), R"({"name":"test-pod","kind":"Pod"})");
  EXPECT_EQ(claim(world.request(bound("Pod", "test-pod")), "kubernetes.io/pod.uid"), uid);
  EXPECT_EQ(world.request(bound("Pod", "test-pod", uid, "", "")).status, 201) << "core as well";
}

TEST(TokenRequest, a_pod_of_another_account_is_refused_before_its_uid_is_compared) {
  World world;
  world.make_account();
  world.make_pod("other");
  EXPECT_EQ(
      world.request(bound("Pod", "test-pod", "wrong")).refusal(),
      R"(400 BadRequest cannot bind token for serviceaccount "test-svcacct" to pod running with different serviceaccount name.)");
}

TEST(TokenRequest, a_pod_on_a_node_carries_the_node_with_its_uid_if_there_is_one) {
  World world;
  world.make_account();
  world.make_pod("test-svcacct", "test-node");
  EXPECT_EQ(claim(world.request(bound("Pod", "test-pod")), "kubernetes.io/node"),
            R"({"name":"test-node"})");
  const auto uid = world.make_node();
  EXPECT_EQ(claim(world.request(bound("Pod", "test-pod")), "kubernetes.io/node"),
            cat(R"({"name":"test-node","uid":")", uid, "\"}"));
}

TEST(TokenRequest, secrets_and_nodes_can_be_bound_to) {
  World world;
  world.make_account();
  EXPECT_EQ(world.request(bound("Secret", "test-secret")).refusal(),
            R"(404 NotFound secrets "test-secret" not found)");
  const auto secret = world.make_secret();
  EXPECT_EQ(claim(world.request(bound("Secret", "test-secret")), "kubernetes.io/secret.uid"),
            secret);
  EXPECT_EQ(world.request(bound("Secret", "test-secret", secret)).status, 201);
  EXPECT_THAT(
      world.request(bound("Secret", "test-secret", "x")).refusal(),
      StartsWith(R"(409 Conflict Operation cannot be fulfilled on Secret "test-secret": )"));

  EXPECT_EQ(world.request(bound("Node", "test-node")).refusal(),
            R"(404 NotFound nodes "test-node" not found)");
  const auto node = world.make_node();
  const auto reply = world.request(bound("Node", "test-node", node));
  EXPECT_EQ(claim(reply, "kubernetes.io/node.uid"), node);
  EXPECT_EQ(claim(reply, "kubernetes.io/pod"), "(none)");
  EXPECT_THAT(world.request(bound("Node", "test-node", "x")).refusal(),
              StartsWith(R"(409 Conflict Operation cannot be fulfilled on Node "test-node": )"));
}

TEST(TokenRequest, nothing_else_can_be_bound_to) {
  World world;
  world.make_account();
  const auto refusal = [&](std::string spec) { return world.request(std::move(spec)).refusal(); };
  EXPECT_EQ(refusal(bound("ConfigMap", "x")),
            "400 BadRequest cannot bind token to object of type /v1, Kind=ConfigMap");
  EXPECT_EQ(refusal(bound("pod", "x")),
            "400 BadRequest cannot bind token to object of type /v1, Kind=pod");
  EXPECT_EQ(refusal(bound("Deployment", "x", "", "", "apps/v1")),
            "400 BadRequest cannot bind token to object of type apps/v1, Kind=Deployment");
  EXPECT_EQ(refusal(R"({"boundObjectRef":{}})"),
            "400 BadRequest cannot bind token to object of type /, Kind=");
  EXPECT_EQ(refusal(bound("Pod", "")), "400 BadRequest Name parameter required.");
}

TEST(TokenRequest, exactly_3607_seconds_for_a_pod_and_the_api_live_a_year) {
  World world;
  world.make_account();
  world.make_pod();
  const auto ask = [&](std::string_view seconds, std::string_view audiences = R"(["api"])") {
    return world.request(
        bound("Pod", "test-pod", "",
              cat(R"(,"expirationSeconds":)", seconds, R"(,"audiences":)", audiences)));
  };
  const auto extended = ask("3607");
  EXPECT_EQ(lifetime(extended), 31'536'000);
  EXPECT_EQ(claim(extended, "kubernetes.io/warnafter"), "1700003607");
  EXPECT_EQ(extended.at("spec.expirationSeconds"), "3607");
  EXPECT_EQ(extended.at("status.expirationTimestamp"), "2023-11-14T23:13:27Z");

  for (const auto& plain :
       {ask("3607", R"(["not-the-api","api"])"), world.request(R"({"expirationSeconds":3607})")}) {
    EXPECT_EQ(lifetime(plain), 3607);
    EXPECT_EQ(claim(plain, "kubernetes.io/warnafter"), "(none)");
  }
  EXPECT_EQ(lifetime(ask("3606")), 3606);
  EXPECT_EQ(lifetime(ask("3608")), 3608);
}

TEST(TokenRequest, a_lower_maximum_or_the_operator_prevents_the_extension) {
  const auto spec = bound("Pod", "test-pod", "", R"(,"expirationSeconds":3607)");
  World shorter({.api_audiences = {"api"}, .lifetime = {.maximum = std::chrono::seconds{3600}}});
  shorter.make_account();
  shorter.make_pod();
  EXPECT_EQ(lifetime(shorter.request(spec)), 3600);

  World disabled({.api_audiences = {"api"}, .lifetime = {.extend = false}});
  disabled.make_account();
  disabled.make_pod();
  EXPECT_EQ(lifetime(disabled.request(spec)), 3607);
}

TEST(TokenRequest, every_token_has_an_id_of_its_own) {
  World world;
  world.make_account();
  EXPECT_NE(claim(world.request("{}"), "jti"), claim(world.request("{}"), "jti"));
}

TEST(TokenRequest, is_a_post_of_a_token_request) {
  World world;
  world.make_account();
  const auto at = cat(fixture::core, "/serviceaccounts/test-svcacct/token");
  const auto get = world.api.get(at);
  EXPECT_EQ(get.refusal(),
            "405 MethodNotAllowed the server does not allow this method on the requested resource");
  EXPECT_EQ(get.at("details"), "{}");
  EXPECT_THAT(world.api.post(at, R"({"kind":"TokenRequest","apiVersion":"v1"})").refusal(),
              StartsWith("400 BadRequest TokenRequest in version \"v1\" cannot be handled as a "
                         "TokenRequest: no kind \"TokenRequest\" is registered for version "));
  EXPECT_THAT(
      world.api.post(at, R"({"kind":"Pod","apiVersion":"v1"})").refusal(),
      StartsWith("400 BadRequest Pod in version \"v1\" cannot be handled as a TokenRequest: "
                 "converting (v1.Pod) to (authentication.TokenRequest): unknown "));
  EXPECT_EQ(world.api.post(at, "").status, 400);
  EXPECT_EQ(world.api.post(at, "{").status, 400);
  EXPECT_EQ(world.api.send("POST", at, "{}", {{"content-type", "text/plain"}}).status, 415);
  EXPECT_EQ(world.api.send("POST", at, "{}", {{"accept", "text/html"}}).status, 406);
  EXPECT_EQ(world.api.post(at, R"({"spec":{"x":1}})").warnings().size(), 1U);
  EXPECT_EQ(world.api.post(cat(at, "?fieldValidation=Strict"), R"({"spec":{"x":1}})").status, 400);
  EXPECT_EQ(world.api.post(cat(at, "?dryRun=All"), "{}").status, 201);
}

// Every line fails everything below it as well; the first failure is told.
TEST(TokenRequest, checks_come_in_the_specified_order) {
  World world;
  world.api.admission().hook =
      [](machinery::AdmissionRequest& request) -> machinery::ApiResult<void> {
    if (request.subresource != "token") return {};
    return machinery::refuse(
        machinery::ApiError::forbidden({"", "serviceaccounts"}, request.name, "admission"));
  };
  const std::string bad_spec = bound("Pod", "", "", R"(,"expirationSeconds":1)");
  EXPECT_EQ(world.request(bad_spec, R"({"namespace":"other","name":"other"})").status, 400);
  EXPECT_THAT(world.request(bad_spec, R"({"name":"other"})").refusal(), HasSubstr("admission"));
  world.api.admission().hook = nullptr;
  EXPECT_THAT(world.request(bad_spec, R"({"name":"other","uid":"x"})").refusal(),
              HasSubstr("must match the service account name"));
  EXPECT_EQ(world.request(bad_spec, R"({"uid":"x"})").status, 404);
  world.make_account();
  EXPECT_EQ(world.request(bad_spec, R"({"uid":"x"})").status, 409);
  EXPECT_EQ(world.request(bad_spec).status, 422);
  EXPECT_EQ(world.request(bound("Pod", "")).status, 400);
}

TEST(TokenRequest, of_a_terminating_account_is_still_answered) {
  World world;
  ASSERT_EQ(world.api
                .post(cat(fixture::core, "/serviceaccounts"),
                      R"({"metadata":{"name":"test-svcacct","finalizers":["x.io/y"]}})")
                .status,
            201);
  world.remove("serviceaccounts/test-svcacct");
  EXPECT_EQ(world.request("{}").status, 201);
}

}  // namespace
}  // namespace signet::identity
