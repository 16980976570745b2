#include <gtest/gtest.h>

#include <string>

#include "base/cat.h"
#include "machinery/body.h"

namespace signet::machinery {
namespace {

using namespace std::string_view_literals;

ApiResult<DeleteOptions> from_body(std::string_view body, std::string_view type = "") {
  net::Request request;
  request.headers.emplace_back("content-type", type);
  request.body = body;
  return decode_delete_options(request, {});
}

ApiResult<DeleteOptions> from_query(std::string_view query) {
  return decode_delete_options({}, codec::Query::parse(query).value());
}

template <typename T>
std::string refusal(const ApiResult<T>& result) {
  return result ? "accepted" : cat(result.error().code, ' ', result.error().message);
}

TEST(DeleteOptions, are_empty_by_default) {
  for (const auto& options : {from_query(""), from_body("{}"), from_body("null")}) {
    ASSERT_TRUE(options);
    EXPECT_FALSE(options->grace_seconds);
    EXPECT_EQ(options->propagation, "");
    EXPECT_EQ(options->precondition_uid, "");
    EXPECT_FALSE(options->dry_run);
  }
}

TEST(DeleteOptions, come_from_the_body) {
  const auto options =
      from_body(R"({"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,)"
                R"("propagationPolicy":"Foreground","dryRun":["All"],)"
                R"("preconditions":{"uid":"u","resourceVersion":"7"}})");
  ASSERT_TRUE(options);
  EXPECT_EQ(options->grace_seconds, 0);
  EXPECT_EQ(options->propagation, "Foreground");
  EXPECT_EQ(options->precondition_uid, "u");
  EXPECT_EQ(options->precondition_revision, "7");
  EXPECT_TRUE(options->dry_run);
}

TEST(DeleteOptions, come_from_a_protobuf_body) {
  const auto body =
      "k8s\0\x0a\x13\x0a\x02v1\x12\x0d"
      "DeleteOptions"
      "\x12\x09\x08\x1e\x12\x03\x0a\x01u\x18\x00"sv;  // 30 s, uid "u", no orphans
  const auto options = from_body(body, "application/vnd.kubernetes.protobuf");
  ASSERT_TRUE(options) << refusal(options);
  EXPECT_EQ(options->grace_seconds, 30);
  EXPECT_EQ(options->precondition_uid, "u");
  EXPECT_EQ(options->propagation, "Background");
}

TEST(DeleteOptions, of_any_group_version_are_understood) {
  EXPECT_TRUE(from_body(R"({"kind":"DeleteOptions","apiVersion":"policy/v1beta1"})"));
  EXPECT_TRUE(from_body(R"({"kind":"DeleteOptions","apiVersion":"meta.k8s.io/v1"})"));
  EXPECT_EQ(refusal(from_body(R"({"kind":"Pod","apiVersion":"v1"})")),
            "400 converting (v1.Pod) to (core.DeleteOptions): unknown conversion");
}

TEST(DeleteOptions, that_are_none_are_refused_in_a_word) {
  EXPECT_EQ(refusal(from_body("{")),
            "400 couldn't get version/kind; json parse error: unexpected end of JSON input");
  EXPECT_EQ(refusal(from_body(R"({"gracePeriodSeconds":"1"})")),
            "400 json: cannot unmarshal string into Go struct field "
            "DeleteOptions.gracePeriodSeconds of type int64");
}

TEST(DeleteOptions, come_from_the_query_where_there_is_no_body) {
  const auto options = from_query("gracePeriodSeconds=-5&propagationPolicy=Orphan&dryRun=All");
  ASSERT_TRUE(options);
  EXPECT_EQ(options->grace_seconds, -5);
  EXPECT_EQ(options->propagation, "Orphan");
  EXPECT_TRUE(options->dry_run);
}

TEST(DeleteOptions, a_body_makes_the_query_silent) {
  net::Request request;
  request.body = "{}";
  const auto options =
      decode_delete_options(request, codec::Query::parse("gracePeriodSeconds=1").value());
  ASSERT_TRUE(options);
  EXPECT_FALSE(options->grace_seconds);
}

TEST(DeleteOptions, understand_the_old_word_for_orphans) {
  EXPECT_EQ(from_query("orphanDependents=true")->propagation, "Orphan");
  EXPECT_EQ(from_query("orphanDependents=false")->propagation, "Background");
  EXPECT_EQ(from_body(R"({"orphanDependents":true})")->propagation, "Orphan");
  EXPECT_TRUE(from_query("orphanDependents=false")->cascade_asked);
  EXPECT_FALSE(from_query("orphanDependents=true")->cascade_asked);
  EXPECT_FALSE(from_query("propagationPolicy=Background")->cascade_asked);
}

TEST(DeleteOptions, are_checked) {
  EXPECT_EQ(refusal(from_body(R"({"propagationPolicy":"Bogus"})")),
            "422 DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: "
            "\"Bogus\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"");
  EXPECT_EQ(refusal(from_body(R"({"propagationPolicy":"Background","orphanDependents":true})")),
            "422 DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: "
            "\"Background\": orphanDependents and deletionPropagation cannot be both set");
  EXPECT_EQ(refusal(from_query("dryRun=Some")),
            "422 DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: "
            "[\"Some\"]: supported values: \"All\"");
  EXPECT_EQ(refusal(from_query("dryRun=All&dryRun=")).substr(0, 3), "422");
}

TEST(DeleteOptions, take_whole_numbers_only) {
  EXPECT_EQ(refusal(from_query("gracePeriodSeconds=abc")),
            "400 strconv.ParseInt: parsing \"abc\": invalid syntax");
  EXPECT_EQ(refusal(from_query("gracePeriodSeconds=1x")),
            "400 strconv.ParseInt: parsing \"1x\": invalid syntax");
  EXPECT_EQ(refusal(from_query("gracePeriodSeconds=9223372036854775807")), "accepted");
  EXPECT_EQ(refusal(from_query("gracePeriodSeconds=9223372036854775808")),
            "400 strconv.ParseInt: parsing \"9223372036854775808\": value out of range");
  EXPECT_EQ(from_body(R"({"gracePeriodSeconds":1.5})").error().code, 400);
}

}  // namespace
}  // namespace signet::machinery
