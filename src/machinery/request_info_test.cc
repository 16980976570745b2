#include "machinery/request_info.h"

#include <gtest/gtest.h>

#include <string>

#include "base/cat.h"

namespace signet::machinery {
namespace {

struct ResourceCase {
  const char* name;
  const char* method;
  const char* path;
  const char* query;
  // verb group/version namespace resource/subresource name
  const char* expected;
};

std::string describe(const RequestInfo& info) {
  if (!info.is_resource) return cat(info.verb, " path ", info.path);
  return cat(info.verb, ' ', info.group, '/', info.version, ' ', info.namespace_name, ' ',
             info.resource, '/', info.subresource, ' ', info.name,
             info.has_extra_parts ? " +" : "");
}

std::string describe(std::string_view method, std::string_view path, std::string_view query) {
  const auto info = RequestInfo::parse(method, path, query);
  return info ? describe(*info) : cat(info.error().code, ' ', info.error().message);
}

class RequestInfoOfResource : public testing::TestWithParam<ResourceCase> {};

TEST_P(RequestInfoOfResource, is_read_off_the_url) {
  const auto& row = GetParam();
  EXPECT_EQ(describe(row.method, row.path, row.query), row.expected);
}

constexpr ResourceCase resource_cases[] = {
    {"get", "GET", "/api/v1/namespaces/n/pods/p", "", "get /v1 n pods/ p"},
    {"head", "HEAD", "/api/v1/namespaces/n/pods/p", "", "get /v1 n pods/ p"},
    {"list", "GET", "/api/v1/namespaces/n/pods", "", "list /v1 n pods/ "},
    {"list_everywhere", "GET", "/api/v1/pods", "limit=500", "list /v1  pods/ "},
    {"final_slash", "GET", "/api/v1/pods/", "", "list /v1  pods/ "},
    {"create", "POST", "/api/v1/namespaces/n/pods", "", "create /v1 n pods/ "},
    {"update", "PUT", "/api/v1/namespaces/n/pods/p", "", "update /v1 n pods/ p"},
    {"patch", "PATCH", "/api/v1/namespaces/n/pods/p", "", "patch /v1 n pods/ p"},
    {"remove", "DELETE", "/api/v1/namespaces/n/pods/p", "", "delete /v1 n pods/ p"},
    {"remove_all", "DELETE", "/api/v1/namespaces/n/pods", "", "deletecollection /v1 n pods/ "},
    {"other_method", "OPTIONS", "/api/v1/pods", "", " /v1  pods/ "},
    {"lower_case", "get", "/api/v1/namespaces/n/pods/p", "", " /v1 n pods/ p"},
    {"mixed_case", "Delete", "/api/v1/namespaces/n/pods/p", "", " /v1 n pods/ p"},
    {"verb_as_method", "LIST", "/api/v1/namespaces/n/secrets/s", "", " /v1 n secrets/ s"},
    {"watch_as_method", "WATCH", "/api/v1/secrets", "", " /v1  secrets/ "},
    {"group", "GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/x", "",
     "get rbac.authorization.k8s.io/v1  clusterroles/ x"},
    {"group_namespaced", "POST", "/apis/g/v1/namespaces/n/roles", "", "create g/v1 n roles/ "},
    {"subresource", "GET", "/api/v1/namespaces/n/pods/p/log", "", "get /v1 n pods/log p"},
    {"action", "POST", "/api/v1/namespaces/n/serviceaccounts/s/token", "",
     "create /v1 n serviceaccounts/token s"},
    {"below_subresource", "GET", "/api/v1/namespaces/n/pods/p/proxy/x/y", "",
     "get /v1 n pods/proxy p +"},
    {"namespaces", "GET", "/api/v1/namespaces", "", "list /v1  namespaces/ "},
    {"one_namespace", "GET", "/api/v1/namespaces/n", "", "get /v1 n namespaces/ n"},
    {"namespace_status", "PUT", "/api/v1/namespaces/n/status", "",
     "update /v1 n namespaces/status n"},
    {"namespace_finalize", "PUT", "/api/v1/namespaces/n/finalize", "",
     "update /v1 n namespaces/finalize n"},
    {"watch", "GET", "/api/v1/pods", "watch=true", "watch /v1  pods/ "},
    {"watch_maybe", "GET", "/api/v1/pods", "watch=maybe", "watch /v1  pods/ "},
    {"watch_bare", "GET", "/api/v1/pods", "watch", "watch /v1  pods/ "},
    {"watch_zero", "GET", "/api/v1/pods", "watch=0", "list /v1  pods/ "},
    {"watch_false", "GET", "/api/v1/pods", "watch=False", "list /v1  pods/ "},
    {"watch_of_one_is_get", "GET", "/api/v1/nodes/x", "watch=true", "get /v1  nodes/ x"},
    {"old_watch", "GET", "/api/v1/watch/namespaces/n/pods", "", "watch /v1 n pods/ "},
    {"old_watch_of_one", "GET", "/api/v1/watch/namespaces/n/pods/p", "", "watch /v1 n pods/ p"},
    {"old_watch_post", "POST", "/api/v1/watch/pods", "", " /v1  pods/ "},
    {"old_watch_delete", "DELETE", "/api/v1/watch/pods", "", " /v1  pods/ "},
    {"by_name", "GET", "/api/v1/pods", "fieldSelector=metadata.name%3Dp", "list /v1  pods/ p"},
    {"by_name_twice_equal", "GET", "/api/v1/pods", "fieldSelector=a%3Db,metadata.name%3D%3Dp",
     "list /v1  pods/ p"},
    {"watch_by_name", "GET", "/api/v1/pods", "watch=1&fieldSelector=metadata.name=p",
     "watch /v1  pods/ p"},
    {"by_other_name", "GET", "/api/v1/pods", "fieldSelector=metadata.name!%3Dp",
     "list /v1  pods/ "},
    {"by_no_name", "GET", "/api/v1/pods", "fieldSelector=metadata.name%3D..", "list /v1  pods/ "},
    {"by_path", "GET", "/api/v1/pods", "fieldSelector=metadata.name%3Da%2Fb", "list /v1  pods/ "},
    {"delete_ignores_selector", "DELETE", "/api/v1/pods", "fieldSelector=metadata.name%3Dp",
     "deletecollection /v1  pods/ "},
    {"encoded_slash_separates", "GET", "/api/v1/namespaces/n/pods/p%2Flog", "",
     "get /v1 n pods/log p"},
    {"encoded_name", "GET", "/apis/g/v1/clusterroles/system%3Anode", "",
     "get g/v1  clusterroles/ system:node"},
    {"plus_stays", "GET", "/api/v1/nodes/a+b", "", "get /v1  nodes/ a+b"},
    {"dots_are_names", "GET", "/api/v1/namespaces/../pods", "", "list /v1 .. pods/ "},
};
INSTANTIATE_TEST_SUITE_P(, RequestInfoOfResource, testing::ValuesIn(resource_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(RequestInfo, other_paths_are_not_resources) {
  EXPECT_EQ(describe("GET", "/healthz", ""), "get path /healthz");
  EXPECT_EQ(describe("POST", "/healthz", ""), "post path /healthz");
  for (const std::string_view path :
       {"/", "/api", "/api/", "/api/v1", "/api/v1/", "/apis", "/apis/g", "/apis/g/v1",
        "/apis/g/v1/", "/apix/v1/pods", "/API/v1/pods"}) {
    EXPECT_EQ(describe("GET", path, ""), cat("get path ", path));
  }
}

TEST(RequestInfo, paths_with_empty_segments_are_not_resources) {
  for (const std::string_view path :
       {"//api/v1/pods", "/api//v1/pods", "/api/v1//pods", "/api/v1/pods//",
        "/api/v1/namespaces//pods", "api/v1/pods"}) {
    EXPECT_EQ(describe("GET", path, ""), cat("get path ", path));
  }
  EXPECT_EQ(describe("GET", "/api/v1/namespaces/%2F/pods", ""),
            "get path /api/v1/namespaces///pods");
}

TEST(RequestInfo, a_name_in_the_path_is_told_from_a_selected_one) {
  const auto by_path = RequestInfo::parse("GET", "/api/v1/nodes/x", "");
  ASSERT_TRUE(by_path);
  EXPECT_TRUE(by_path->has_name_in_path);
  const auto by_field = RequestInfo::parse("GET", "/api/v1/nodes", "fieldSelector=metadata.name=x");
  ASSERT_TRUE(by_field);
  EXPECT_EQ(by_field->name, "x");
  EXPECT_FALSE(by_field->has_name_in_path);
}

TEST(RequestInfo, refuses_what_does_not_decode) {
  for (const std::string_view path :
       {"/api/v1/%", "/api/v1/%2", "/api/v1/%zz", "/api/v1/pods/%00", "/api/v1/pods/a%0Ab",
        "/api/v1/pods/%7F", "/%ff", "/api/v1/pods/%c0%af"}) {
    const auto info = RequestInfo::parse("GET", path, "");
    ASSERT_FALSE(info) << path;
    EXPECT_EQ(info.error().code, 400);
  }
  EXPECT_EQ(RequestInfo::parse("GET", "/api/v1/pods", "a=%zz").error().code, 400);
}

TEST(RequestInfo, reads_very_long_paths_in_one_pass) {
  const auto info = RequestInfo::parse("GET", "/api/v1/pods/" + std::string(1'000'000, 'a'), "");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->name.size(), 1'000'000U);
  std::string deep = "/api/v1/pods";
  for (int i = 0; i < 100'000; ++i) deep += "/x";
  EXPECT_TRUE(RequestInfo::parse("GET", deep, "")->has_extra_parts);
}

}  // namespace
}  // namespace signet::machinery
