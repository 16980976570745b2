#include "machinery/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/cat.h"
#include "codec/json.h"
#include "machinery/discovery_schema.h"
#include "machinery/fake_kinds.h"
#include "machinery/protobuf.h"

namespace signet::machinery {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

constexpr std::string_view aggregated_accept =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
constexpr std::string_view beta_accept =
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
constexpr std::string_view openapi_protobuf =
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

const Discovery& discovery() {
  static const Discovery discovery(fake::registry(), "127.0.0.1:6443");
  return discovery;
}

net::Request get(std::string_view accept = "") {
  net::Request request;
  request.method = "GET";
  if (!accept.empty()) request.headers.emplace_back("accept", accept);
  return request;
}

std::string body(std::string_view path, std::string_view accept = "") {
  const auto response = discovery().answer(get(accept), path);
  return response ? std::string(response->bytes()) : "none";
}

std::string header(const net::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

TEST(LegacyDiscovery, names_the_versions_of_the_core_group) {
  EXPECT_EQ(body("/api"), R"({"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":)"
                          R"([{"clientCIDR":"0.0.0.0/0","serverAddress":"127.0.0.1:6443"}]})"
                          "\n");
}

TEST(LegacyDiscovery, names_the_other_groups) {
  constexpr std::string_view group =
      R"("name":"review.example","versions":[{"groupVersion":"review.example/v1","version":"v1"}],)"
      R"("preferredVersion":{"groupVersion":"review.example/v1","version":"v1"}})";
  EXPECT_EQ(body("/apis"),
            cat(R"({"kind":"APIGroupList","apiVersion":"v1","groups":[{)", group, "]}\n"));
  EXPECT_EQ(body("/apis/review.example"),
            cat(R"({"kind":"APIGroup","apiVersion":"v1",)", group, '\n'));
}

TEST(LegacyDiscovery, lists_resources_and_subresources_by_name) {
  EXPECT_EQ(body("/api/v1"),
            R"({"kind":"APIResourceList","groupVersion":"v1","resources":[)"
            R"({"name":"widgets","singularName":"widget","namespaced":true,"kind":"Widget",)"
            R"("verbs":["create","delete","deletecollection","get","list","patch","update",)"
            R"("watch"],"shortNames":["wd"],"categories":["all"],)"
            R"("storageVersionHash":"/wyQ7lsBVOo="},)"
            R"({"name":"widgets/ask","singularName":"","namespaced":true,)"
            R"("group":"review.example","version":"v1","kind":"WidgetReview",)"
            R"("verbs":["create"]},)"
            R"({"name":"widgets/status","singularName":"","namespaced":true,"kind":"Widget",)"
            R"("verbs":["get","patch","update"]}]})"
            "\n");
  EXPECT_EQ(body("/apis/review.example/v1"),
            R"({"kind":"APIResourceList","apiVersion":"v1","groupVersion":"review.example/v1",)"
            R"("resources":[{"name":"widgetreviews","singularName":"widgetreview",)"
            R"("namespaced":false,"kind":"WidgetReview","verbs":["create"]}]})"
            "\n");
}

TEST(LegacyDiscovery, is_found_with_a_final_slash_and_nowhere_else) {
  EXPECT_EQ(body("/api/"), body("/api"));
  EXPECT_EQ(body("/apis/review.example/v1/"), body("/apis/review.example/v1"));
  for (const std::string_view path :
       {"", "/", "/api//", "/api/v2", "/apis/nosuch", "/apis/nosuch/v1", "/apis/review.example/v2",
        "/api/v1/widgets", "/openapi", "/openapi/v3/api", "/openapi/v3/api/v2"}) {
    EXPECT_EQ(body(path), "none") << path;
  }
}

TEST(LegacyDiscovery, is_indented_for_people_and_yaml_on_request) {
  auto request = get("*/*");
  request.headers.emplace_back("user-agent", "curl/8");
  EXPECT_THAT(std::string(discovery().answer(request, "/api")->bytes()),
              testing::StartsWith("{\n  \"kind\": \"APIVersions\",\n"));
  EXPECT_EQ(discovery().answer(get("application/yaml"), "/api/v1")->content_type,
            "application/yaml");
  EXPECT_EQ(discovery().answer(get("text/html"), "/api")->status, 406);
}

TEST(LegacyDiscovery, is_plain_json_for_old_clients) {
  for (const std::string_view accept : {"", "application/json, */*", "application/json"}) {
    const auto response = discovery().answer(get(accept), "/apis");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->content_type, "application/json");
  }
}

TEST(AggregatedDiscovery, has_everything_about_the_core_group) {
  EXPECT_EQ(body("/api", aggregated_accept),
            R"({"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2",)"
            R"("metadata":{},"items":[{"metadata":{},"versions":[{"version":"v1","resources":[)"
            R"({"resource":"widgets","responseKind":{"group":"","version":"v1","kind":"Widget"},)"
            R"("scope":"Namespaced","singularResource":"widget",)"
            R"("verbs":["create","delete","deletecollection","get","list","patch","update",)"
            R"("watch"],"shortNames":["wd"],"categories":["all"],"subresources":[)"
            R"({"subresource":"ask","responseKind":{"group":"review.example","version":"v1",)"
            R"("kind":"WidgetReview"},"verbs":["create"]},)"
            R"({"subresource":"status","responseKind":{"group":"","version":"v1",)"
            R"("kind":"Widget"},"verbs":["get","patch","update"]}]}],"freshness":"Current"}]}]})"
            "\n");
}

TEST(AggregatedDiscovery, has_everything_about_the_other_groups) {
  EXPECT_EQ(body("/apis", aggregated_accept),
            R"({"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2",)"
            R"("metadata":{},"items":[{"metadata":{"name":"review.example"},)"
            R"("versions":[{"version":"v1","resources":[{"resource":"widgetreviews",)"
            R"("responseKind":{"group":"review.example","version":"v1","kind":"WidgetReview"},)"
            R"("scope":"Cluster","singularResource":"widgetreview","verbs":["create"]}],)"
            R"("freshness":"Current"}]}]})"
            "\n");
}

TEST(AggregatedDiscovery, is_labelled_with_the_version_that_was_asked) {
  const auto label = [](std::string_view accept) {
    return discovery().answer(get(accept), "/apis")->content_type;
  };
  EXPECT_EQ(label(aggregated_accept),
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  EXPECT_EQ(label(beta_accept),
            "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList");
  EXPECT_THAT(body("/apis", beta_accept), HasSubstr(R"("apidiscovery.k8s.io/v2beta1")"));
  EXPECT_EQ(label("application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList,*/*"),
            "application/json");
  EXPECT_EQ(label("application/json,application/json;g=apidiscovery.k8s.io;v=v2;as="
                  "APIGroupDiscoveryList;q=0.9"),
            "application/json");
  EXPECT_EQ(label("application/vnd.kubernetes.protobuf;g=apidiscovery.k8s.io;v=v2;as="
                  "APIGroupDiscoveryList,application/json"),
            "application/json");
}

TEST(AggregatedDiscovery, is_only_at_the_two_roots) {
  EXPECT_EQ(body("/api/v1", aggregated_accept), body("/api/v1"));
}

TEST(Discovery, is_cacheable_by_tag) {
  for (const std::string_view path : {"/api", "/apis", "/api/v1", "/openapi/v2", "/openapi/v3",
                                      "/openapi/v3/apis/review.example/v1"}) {
    auto request = get();
    const auto first = discovery().answer(request, path);
    const auto tag = header(*first, "etag");
    EXPECT_EQ(tag.size(), 130U) << path;
    EXPECT_THAT(first->headers, Contains(Pair("vary", "Accept")));

    request.headers.emplace_back("if-none-match", tag);
    const auto second = discovery().answer(request, path);
    EXPECT_EQ(second->status, 304) << path;
    EXPECT_EQ(second->bytes(), "");
    EXPECT_EQ(header(*second, "etag"), tag);

    request.headers.back().second = "\"0000000000000000\"";
    EXPECT_EQ(discovery().answer(request, path)->status, 200) << path;
  }
}

TEST(Discovery, gives_each_form_its_own_tag) {
  const auto tag = [](std::string_view accept) {
    return header(*discovery().answer(get(accept), "/api"), "etag");
  };
  EXPECT_NE(tag(""), tag(aggregated_accept));
  EXPECT_NE(tag(beta_accept), tag(aggregated_accept));
  EXPECT_THAT(discovery().answer(get(beta_accept), "/api")->headers,
              Contains(Pair("cache-control", "public")));
}

TEST(Discovery, is_only_read) {
  auto request = get();
  request.method = "HEAD";
  EXPECT_EQ(discovery().answer(request, "/api")->status, 200);
  request.method = "POST";
  for (const std::string_view path : {"/api", "/apis", "/api/v1", "/openapi/v2", "/openapi/v3"}) {
    EXPECT_EQ(discovery().answer(request, path)->status, 405) << path;
  }
  EXPECT_FALSE(discovery().answer(request, "/api/v1/widgets"));
}

TEST(OpenApiV2, is_protobuf_under_a_type_that_kubectl_can_parse) {
  const auto response = discovery().answer(get(openapi_protobuf), "/openapi/v2");
  EXPECT_EQ(response->content_type, "application/octet-stream");
  EXPECT_TRUE(
      response->bytes().starts_with("\x0a\x03"
                                    "2.0"));
  const auto modern = get("application/com.github.proto-openapi.spec.v2.v1.0+protobuf;q=0.9");
  EXPECT_EQ(discovery().answer(modern, "/openapi/v2")->content_type, "application/octet-stream");
}

TEST(OpenApiV2, is_json_for_everybody_else) {
  for (const std::string_view accept : {"", "*/*", "application/json", "text/html"}) {
    EXPECT_EQ(discovery().answer(get(accept), "/openapi/v2")->content_type, "application/json");
  }
  EXPECT_THAT(body("/openapi/v2"), testing::StartsWith(R"({"swagger":"2.0",)"));
}

TEST(OpenApiV3, index_leads_to_every_group_version) {
  const auto index = codec::parse_json(body("/openapi/v3"), {}).value().value;
  const auto& paths = codec::object_at(index, "paths");
  ASSERT_EQ(paths.size(), 2U);
  for (const std::string_view path : {"api/v1", "apis/review.example/v1"}) {
    const auto url = codec::string_at(*paths.if_contains(path), "serverRelativeURL");
    EXPECT_TRUE(url.starts_with(cat("/openapi/v3/", path, "?hash="))) << url;
    EXPECT_NE(body(url.substr(0, url.find('?'))), "none");
  }
}

TEST(OpenApiV3, at_an_address_with_its_hash_may_be_kept_for_ever) {
  const auto index = codec::parse_json(body("/openapi/v3"), {}).value().value;
  const auto url = codec::string_at(*codec::object_at(index, "paths").if_contains("api/v1"),
                                    "serverRelativeURL");
  auto request = get();
  request.query = cat(url.substr(url.find('?') + 1), "&timeout=32s");
  const auto kept = discovery().answer(request, "/openapi/v3/api/v1");
  EXPECT_EQ(kept->status, 200);
  EXPECT_THAT(kept->headers,
              Contains(Pair("cache-control", "public, immutable, max-age=31536000")));
  request.query = "hash=AA";
  const auto moved = discovery().answer(request, "/openapi/v3/api/v1");
  EXPECT_EQ(moved->status, 301);
  EXPECT_EQ(header(*moved, "location"), url);
  EXPECT_EQ(header(*discovery().answer(get(), "/openapi/v3/api/v1"), "cache-control"), "");
  EXPECT_EQ(discovery().answer(get("text/html"), "/openapi/v3/api/v1")->status, 406);
}

TEST(OpenApi, is_rendered_once_whoever_asks_first) {
  const Discovery fresh(fake::registry(), "127.0.0.1:6443");
  std::vector<std::string> seen(8);
  {
    std::vector<std::jthread> clients;
    for (auto& mine : seen) {
      clients.emplace_back([&] { mine = fresh.answer(get(), "/openapi/v3")->bytes(); });
    }
  }
  EXPECT_THAT(seen, testing::Each(seen.front()));
}

TEST(LegacyDiscovery, is_protobuf_for_those_who_prefer_it) {
  const auto decoded = [](std::string_view path, const Schema& schema) {
    const auto bytes = body(path, "application/vnd.kubernetes.protobuf");
    const auto envelope = open_envelope(bytes);
    return envelope
               ? cat(envelope->kind, ' ', codec::to_json(*decode_protobuf(schema, envelope->raw)))
               : envelope.error().message;
  };
  EXPECT_EQ(decoded("/api", api_versions_schema),
            R"(APIVersions {"versions":["v1"],"serverAddressByClientCIDRs":)"
            R"([{"clientCIDR":"0.0.0.0/0","serverAddress":"127.0.0.1:6443"}]})");
  EXPECT_EQ(decoded("/apis/review.example", api_group_schema),
            R"(APIGroup {"name":"review.example",)"
            R"("versions":[{"groupVersion":"review.example/v1","version":"v1"}],)"
            R"("preferredVersion":{"groupVersion":"review.example/v1","version":"v1"}})");
  EXPECT_EQ(decoded("/apis/review.example/v1", api_resource_list_schema),
            R"(APIResourceList {"groupVersion":"review.example/v1","resources":[)"
            R"({"name":"widgetreviews","singularName":"widgetreview","kind":"WidgetReview",)"
            R"("verbs":["create"]}]})");
  EXPECT_THAT(decoded("/apis", api_group_list_schema), testing::StartsWith("APIGroupList {"));
}

TEST(Discovery, names_every_path_it_answers) {
  EXPECT_THAT(discovery().paths(), testing::UnorderedElementsAre(
                                       "/api", "/api/v1", "/apis", "/apis/review.example",
                                       "/apis/review.example/v1", "/openapi/v2", "/openapi/v3",
                                       "/openapi/v3/api/v1", "/openapi/v3/apis/review.example/v1"));
  for (const auto& path : discovery().paths()) EXPECT_NE(body(path), "none") << path;
}

}  // namespace
}  // namespace signet::machinery
