#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/base64.h"
#include "machinery/api_fixture_for_tests.h"
#include "machinery/api_kinds_for_tests.h"
#include "machinery/meta_schema.h"
#include "machinery/protobuf.h"

namespace signet::machinery {
namespace {

using fixture::ApiFixture;
using fixture::Headers;
using fixture::Reply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::string_view widgets = "/api/v1/namespaces/n/widgets";
constexpr std::string_view gadgets = "/apis/toys.example/v1/namespaces/n/gadgets";

std::vector<std::string> names(const Reply& list) {
  std::vector<std::string> out;
  const auto document = list.json();
  for (const auto& item : codec::array_at(document, "items")) {
    out.emplace_back(codec::string_at(item, "metadata.name"));
  }
  return out;
}

class ApiRead : public testing::Test {
 protected:
  ApiFixture api{fake::api_registry()};

  void make(std::string_view name, std::string_view ns = "n", std::string_view labels = "") {
    const auto made =
        api.post(cat("/api/v1/namespaces/", ns, "/widgets"),
                 cat(R"({"metadata":{"name":")", name, R"(","labels":{)", labels, "}}}"));
    ASSERT_EQ(made.status, 201) << made.body;
  }
};

using Get = ApiRead;
using List = ApiRead;

// The body of a protobuf answer, as JSON with what its envelope says in front.
std::string from_protobuf(const Reply& reply, const Schema& schema) {
  const auto envelope = open_envelope(reply.body);
  if (!envelope) return cat("no envelope: ", reply.body);
  const auto object = decode_protobuf(schema, envelope->raw);
  return cat(envelope->api_version, ' ', envelope->kind, ' ',
             object ? codec::to_json(*object) : object.error().message);
}

const Headers wants_protobuf = {{"accept", "application/vnd.kubernetes.protobuf,application/json"}};

TEST_F(Get, in_protobuf_is_the_same_object) {
  make("a");
  const auto plain = api.get(cat(widgets, "/a"));
  const auto encoded = api.send("GET", cat(widgets, "/a"), {}, wants_protobuf);
  const auto object = from_protobuf(encoded, *fake::widget().schema);
  EXPECT_THAT(object, StartsWith(R"(v1 Widget {"metadata":{"name":"a")"));
  EXPECT_THAT(object, HasSubstr(cat(R"("uid":")", plain.at("metadata.uid"), '"')));
  EXPECT_THAT(object, HasSubstr(R"("resourceVersion":"1")"));
}

TEST_F(Get, refuses_in_protobuf_too) {
  const auto refused = api.send("GET", cat(widgets, "/a"), {}, wants_protobuf);
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(from_protobuf(refused, status_schema),
            R"(v1 Status {"metadata":{},"status":"Failure","message":"widgets \"a\" not found",)"
            R"("reason":"NotFound","details":{"name":"a","kind":"widgets"},"code":404})");
}

TEST_F(List, in_protobuf_has_the_version_and_every_object) {
  make("a");
  make("b");
  const Field fields[] = {message(1, "metadata", list_meta),
                          list(2, "items", *fake::widget().schema)};
  const Schema widget_list{"WidgetList", fields};
  const auto page =
      from_protobuf(api.send("GET", cat(widgets, "?limit=1"), {}, wants_protobuf), widget_list);
  EXPECT_THAT(page, StartsWith(R"(v1 WidgetList {"metadata":{"resourceVersion":"2","continue":")"));
  EXPECT_THAT(page, HasSubstr(R"("remainingItemCount":1},"items":[{"metadata":{"name":"a")"));
  const auto metadata = from_protobuf(
      api.send("GET", widgets, {},
               {{"accept",
                 "application/"
                 "vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}}),
      widget_list);
  EXPECT_THAT(metadata, StartsWith("meta.k8s.io/v1 PartialObjectMetadataList {"));
  EXPECT_THAT(metadata, HasSubstr(R"({"metadata":{"name":"b")"));
}

TEST_F(Get, of_a_missing_object_is_not_found) {
  const auto refused = api.get(cat(widgets, "/a"));
  EXPECT_EQ(refused.refusal(), R"(404 NotFound widgets "a" not found)");
  EXPECT_EQ(refused.at("details"), R"({"name":"a","kind":"widgets"})");
}

TEST_F(Get, takes_any_version_that_was_and_none_that_will_be) {
  make("a");
  EXPECT_EQ(api.get(cat(widgets, "/a?resourceVersion=0")).status, 200);
  EXPECT_EQ(api.get(cat(widgets, "/a?resourceVersion=1")).status, 200);
  const auto early = api.get(cat(widgets, "/a?resourceVersion=2"));
  EXPECT_EQ(early.refusal(), "504 Timeout Timeout: Too large resource version: 2, current: 1");
  EXPECT_EQ(
      early.at("details"),
      R"({"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSeconds":1})");
  EXPECT_THAT(api.get(cat(widgets, "/a?resourceVersion=abc")).refusal(),
              HasSubstr(R"(strconv.ParseUint: parsing "abc": invalid syntax)"));
}

TEST_F(Get, answers_in_the_form_that_is_asked) {
  make("a");
  const auto table = api.send("GET", cat(widgets, "/a"), {},
                              {{"accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});
  EXPECT_EQ(table.at("kind"), "Table");
  EXPECT_EQ(codec::to_json(codec::array_at(table.json(), "rows")[0].at("cells")), R"(["a",0])");
  const auto bare = api.send("GET", cat(widgets, "/a?includeObject=None"), {},
                             {{"accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});
  EXPECT_THAT(bare.body, testing::Not(HasSubstr("PartialObjectMetadata")));
  const auto metadata =
      api.send("GET", cat(widgets, "/a"), {},
               {{"accept", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}});
  EXPECT_EQ(metadata.at("kind"), "PartialObjectMetadata");
  EXPECT_THAT(api.get(cat(widgets, "/a?pretty=true")).body, StartsWith("{\n  \"kind\""));
  EXPECT_EQ(api.send("GET", cat(widgets, "/a"), {}, {{"accept", "text/html"}}).status, 406);
}

TEST_F(List, is_in_order_and_without_kind_in_the_items) {
  make("b");
  make("a");
  make("z", "m");
  const auto list = api.get(widgets);
  EXPECT_THAT(list.body, StartsWith(R"({"kind":"WidgetList","apiVersion":"v1","metadata":)"
                                    R"({"resourceVersion":"3"},"items":[{"metadata":{"name":"a")"));
  EXPECT_THAT(names(list), ElementsAre("a", "b"));
  EXPECT_THAT(names(api.get("/api/v1/widgets")), ElementsAre("z", "a", "b"));
}

TEST_F(List, of_nothing_is_an_empty_list) {
  EXPECT_EQ(
      api.get("/api/v1/namespaces/nosuch/widgets").body,
      R"({"kind":"WidgetList","apiVersion":"v1","metadata":{"resourceVersion":"0"},"items":[]})"
      "\n");
}

TEST_F(List, a_namespace_is_not_a_prefix_of_another) {
  make("a", "n");
  make("b", "nn");
  EXPECT_THAT(names(api.get(widgets)), ElementsAre("a"));
}

TEST_F(List, selects_by_labels_and_fields) {
  make("a", "n", R"("x":"1")");
  make("b", "n", R"("x":"2","d":"")");
  make("c", "n");
  EXPECT_THAT(names(api.get(cat(widgets, "?labelSelector=x"))), ElementsAre("a", "b"));
  EXPECT_THAT(names(api.get(cat(widgets, "?labelSelector=x%20in%20(1,2),!d"))), ElementsAre("a"));
  EXPECT_THAT(names(api.get(cat(widgets, "?labelSelector=x!=1"))), ElementsAre("b", "c"));
  EXPECT_EQ(api.get(cat(widgets, "?labelSelector===")).status, 400);
  EXPECT_THAT(names(api.get(cat(widgets, "?fieldSelector=metadata.name=b"))), ElementsAre("b"));
  EXPECT_EQ(
      api.get(cat(widgets, "?fieldSelector=data.x=1")).refusal(),
      R"(400 BadRequest "data.x" is not a known field selector: only "metadata.name", "metadata.namespace")");
}

TEST_F(List, an_absent_boolean_is_selected_as_false_and_an_absent_text_as_empty) {
  api.post(gadgets, R"({"metadata":{"name":"off"}})");
  api.post(gadgets, R"({"metadata":{"name":"on"},"spec":{"on":true,"owner":"o"}})");
  EXPECT_THAT(names(api.get(cat(gadgets, "?fieldSelector=spec.on=false"))), ElementsAre("off"));
  EXPECT_THAT(names(api.get(cat(gadgets, "?fieldSelector=spec.on=true"))), ElementsAre("on"));
  EXPECT_THAT(names(api.get(cat(gadgets, "?fieldSelector=spec.owner="))), ElementsAre("off"));
}

TEST_F(List, pages_concatenate_to_the_whole_as_of_the_first_page) {
  for (const auto* name : {"a", "b", "c", "d", "e"}) make(name);
  auto page = api.get(cat(widgets, "?limit=2"));
  EXPECT_THAT(names(page), ElementsAre("a", "b"));
  EXPECT_EQ(page.at("metadata.remainingItemCount"), "3");
  api.del(cat(widgets, "/c"));
  make("cc");
  page = api.get(cat(widgets, "?limit=2&continue=", page.at("metadata.continue")));
  EXPECT_THAT(names(page), ElementsAre("c", "d"));
  EXPECT_EQ(page.at("metadata.resourceVersion"), "5");
  page = api.get(cat(widgets, "?limit=2&continue=", page.at("metadata.continue")));
  EXPECT_THAT(names(page), ElementsAre("e"));
  EXPECT_EQ(page.at("metadata.continue"), "(none)");
  EXPECT_EQ(page.at("metadata.remainingItemCount"), "(none)");
}

TEST_F(List, a_page_that_holds_exactly_all_has_no_next) {
  make("a");
  make("b");
  EXPECT_EQ(api.get(cat(widgets, "?limit=2")).at("metadata.continue"), "(none)");
  EXPECT_NE(api.get(cat(widgets, "?limit=1")).at("metadata.continue"), "(none)");
  EXPECT_EQ(api.get(cat(widgets, "?limit=1&labelSelector=!x")).at("metadata.remainingItemCount"),
            "(none)")
      << "with a selector nobody counts";
}

TEST_F(List, a_limit_is_a_whole_number_and_none_unless_positive) {
  make("a");
  make("b");
  for (const auto* all : {"0", "-1", "9223372036854775807"}) {
    EXPECT_THAT(names(api.get(cat(widgets, "?limit=", all))), ElementsAre("a", "b"));
  }
  EXPECT_EQ(api.get(cat(widgets, "?limit=1x")).refusal(),
            R"(400 BadRequest strconv.ParseInt: parsing "1x": invalid syntax)");
  EXPECT_EQ(api.get(cat(widgets, "?limit=9223372036854775808")).refusal(),
            "400 BadRequest strconv.ParseInt: parsing \"9223372036854775808\": value out of range");
  EXPECT_EQ(api.get(cat(widgets, "?timeoutSeconds=x")).status, 400);
}

TEST_F(List, a_page_of_a_version_is_of_exactly_that_version) {
  make("a");
  make("b");
  EXPECT_THAT(names(api.get(cat(widgets, "?resourceVersion=1&limit=9"))), ElementsAre("a"));
  EXPECT_THAT(names(api.get(cat(widgets, "?resourceVersion=0&limit=9"))), ElementsAre("a", "b"));
}

TEST_F(List, that_may_be_old_is_given_whole) {
  make("a");
  make("b");
  EXPECT_THAT(names(api.get(cat(widgets, "?limit=1&resourceVersion=0"))), ElementsAre("a", "b"));
  const auto token = api.get(cat(widgets, "?limit=1")).at("metadata.continue");
  EXPECT_EQ(api.get(cat(widgets, "?limit=1&resourceVersion=0&continue=", token)).status, 200);
}

TEST_F(List, a_continue_token_that_is_none_is_refused) {
  for (const auto& token :
       {std::string("xx"), std::string("!!"), codec::base64url_encode("{}"),
        codec::base64url_encode(R"({"v":"meta.k8s.io/v2","rv":1,"start":"a"})"),
        codec::base64url_encode(R"({"v":"meta.k8s.io/v1","rv":1,"start":""})")}) {
    EXPECT_THAT(api.get(cat(widgets, "?continue=", token)).refusal(),
                StartsWith("400 BadRequest invalid continue token: continue key is not valid: "));
  }
  make("a");
  make("b");
  const auto token = api.get(cat(widgets, "?limit=1")).at("metadata.continue");
  EXPECT_EQ(api.get(cat(widgets, "?limit=1&resourceVersion=1&continue=", token)).refusal(),
            "400 BadRequest specifying resource version is not allowed when using continue");
}

TEST_F(List, a_continue_token_cannot_leave_its_namespace) {
  make("a", "m");
  make("a");
  make("b", "z");
  const auto token = codec::base64url_encode(R"({"v":"meta.k8s.io/v1","rv":-1,"start":"../m/a"})");
  EXPECT_EQ(api.get(cat(widgets, "?continue=", token)).refusal(),
            "400 BadRequest invalid continue token: continue key is not valid: ../m/a");
}

TEST_F(List, an_expired_continue_token_is_gone_with_another_to_go_on_without_consistency) {
  for (const auto* name : {"a", "b", "c"}) make(name);
  const auto token = api.get(cat(widgets, "?limit=1")).at("metadata.continue");
  make("d");
  api.view().start_history();
  const auto expired = api.get(cat(widgets, "?limit=1&continue=", token));
  EXPECT_THAT(expired.refusal(),
              StartsWith("410 Expired The provided continue parameter is too old to display"));
  const auto next = expired.at("metadata.continue");
  EXPECT_THAT(codec::base64url_decode(next).value_or(""), HasSubstr(R"("rv":-1)"));
  EXPECT_THAT(names(api.get(cat(widgets, "?continue=", next))), ElementsAre("b", "c", "d"));
}

TEST_F(List, at_an_exact_version_shows_what_was) {
  make("a");
  make("b");
  EXPECT_THAT(names(api.get(cat(widgets, "?resourceVersion=1&resourceVersionMatch=Exact"))),
              ElementsAre("a"));
  EXPECT_THAT(names(api.get(cat(widgets, "?resourceVersion=1&resourceVersionMatch=NotOlderThan"))),
              ElementsAre("a", "b"));
  EXPECT_THAT(names(api.get(cat(widgets, "?resourceVersion=1"))), ElementsAre("a", "b"));
  EXPECT_EQ(api.get(cat(widgets, "?resourceVersion=9")).status, 504);
  api.view().start_history();
  EXPECT_EQ(api.get(cat(widgets, "?resourceVersion=1&resourceVersionMatch=Exact")).refusal(),
            "410 Expired The resourceVersion for the provided list is too old.");
}

TEST_F(List, parameters_that_do_not_go_together_are_refused) {
  EXPECT_THAT(api.get(cat(widgets, "?resourceVersionMatch=Exact")).refusal(),
              HasSubstr("resourceVersionMatch is forbidden unless resourceVersion is provided"));
  EXPECT_THAT(api.get(cat(widgets, "?resourceVersion=0&resourceVersionMatch=Exact")).refusal(),
              HasSubstr(R"(resourceVersionMatch "exact" is forbidden for resourceVersion "0")"));
  EXPECT_THAT(api.get(cat(widgets, "?resourceVersion=1&resourceVersionMatch=Bogus")).refusal(),
              HasSubstr(R"(supported values: "Exact", "NotOlderThan", "")"));
  EXPECT_THAT(api.get(cat(widgets, "?sendInitialEvents=true")).refusal(),
              HasSubstr("sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"));
}

TEST_F(List, answers_as_table_and_as_metadata) {
  make("a");
  const auto table =
      api.send("GET", widgets, {}, {{"accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});
  EXPECT_EQ(table.at("metadata.resourceVersion"), "1");
  EXPECT_EQ(codec::array_at(table.json(), "rows").size(), 1U);
  const auto metadata =
      api.send("GET", widgets, {},
               {{"accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}});
  EXPECT_THAT(metadata.body,
              StartsWith(R"({"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1")"));
  EXPECT_THAT(metadata.body, HasSubstr(R"("items":[{"kind":"PartialObjectMetadata")"));
}

}  // namespace
}  // namespace signet::machinery
