#include "machinery/body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/cat.h"
#include "machinery/fake_kinds.h"

namespace signet::machinery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;
using namespace std::string_view_literals;

constexpr std::string_view yaml = "application/yaml";
constexpr std::string_view protobuf = "application/vnd.kubernetes.protobuf";

net::Request with_body(std::string_view body, std::string_view type = "application/json") {
  net::Request request;
  if (!type.empty()) request.headers.emplace_back("content-type", type);
  request.body = body;
  return request;
}

ExpectedKind widget() {
  return {.api_version = "v1",
          .kind = "Widget",
          .group = "",
          .schema = &fake::widget_schema,
          .registry = &fake::registry()};
}

ExpectedKind review() {
  return {.api_version = "review.example/v1",
          .kind = "WidgetReview",
          .group = "review.example",
          .schema = &fake::part,
          .registry = &fake::registry()};
}

std::string outcome(const net::Request& request, const ExpectedKind& expected) {
  const auto body = decode_body(request, expected);
  if (!body) return cat(body.error().code, ' ', body.error().message);
  return codec::to_json(body->object);
}

// A field of bytes in protobuf.
std::string field(unsigned number, std::string_view bytes) {
  return cat(static_cast<char>(number << 3U | 2U), static_cast<char>(bytes.size()), bytes);
}

std::string enveloped(std::string_view api_version, std::string_view kind, std::string_view raw) {
  return cat("k8s\0"sv, field(1, cat(field(1, api_version), field(2, kind))), field(2, raw));
}

constexpr std::string_view small = R"({"kind":"Widget","apiVersion":"v1","metadata":{"name":"w"}})";

TEST(Body, is_json_without_a_content_type) {
  EXPECT_EQ(outcome(with_body(small, ""), widget()), small);
  EXPECT_EQ(outcome(with_body(small, "Application/JSON; charset=utf-8"), widget()), small);
}

TEST(Body, may_be_yaml) {
  EXPECT_EQ(
      outcome(with_body("apiVersion: v1\nkind: Widget\nmetadata:\n  name: w\n", yaml), widget()),
      small);
  EXPECT_EQ(outcome(with_body(small, yaml), widget()), small);
}

TEST(Body, may_be_protobuf_and_skips_what_it_does_not_know) {
  const auto metadata = field(1, cat(field(1, "w"), field(2, ""), field(3, "")));
  const auto raw = cat(metadata, field(2, cat(field(1, "p"), "\x10\x05")), field(14, "new"));
  const auto decoded = decode_body(with_body(enveloped("v1", "Widget", raw), protobuf), widget());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(codec::to_json(decoded->object),
            R"({"kind":"Widget","apiVersion":"v1","metadata":{"name":"w"},)"
            R"("parts":[{"name":"p","count":5}]})");
  EXPECT_THAT(decoded->unknown, IsEmpty());
}

TEST(Body, gets_kind_and_version_from_the_url_where_it_has_none) {
  for (const std::string_view body :
       {R"({"metadata":{"name":"w"}})", R"({"metadata":{"name":"w"},"kind":"Widget"})",
        R"({"apiVersion":"v1","metadata":{"name":"w"}})",
        R"({"apiVersion":null,"kind":"","metadata":{"name":"w"}})"}) {
    EXPECT_EQ(outcome(with_body(body), widget()), small) << body;
  }
  EXPECT_EQ(outcome(with_body("{}"), review()),
            R"({"kind":"WidgetReview","apiVersion":"review.example/v1","name":""})");
  EXPECT_EQ(outcome(with_body("null"), review()), outcome(with_body("{}"), review()));
  EXPECT_EQ(outcome(with_body(enveloped("", "", field(1, "x")), protobuf), review()),
            R"({"kind":"WidgetReview","apiVersion":"review.example/v1","name":"x"})");
}

TEST(Body, of_another_kind_is_refused_in_kubernetes_words) {
  EXPECT_EQ(outcome(with_body(R"({"kind":"Widget","apiVersion":"v1"})"), review()),
            "400 Widget in version \"v1\" cannot be handled as a WidgetReview: converting "
            "(v1.Widget) to (review.WidgetReview): unknown conversion");
  EXPECT_EQ(
      outcome(with_body(R"({"kind":"WidgetReview","apiVersion":"review.example/v1"})"), widget()),
      "400 WidgetReview in version \"v1\" cannot be handled as a Widget: converting "
      "(v1.WidgetReview) to (core.Widget): unknown conversion");
  EXPECT_EQ(outcome(with_body(R"({"kind":"Widget","apiVersion":"v2"})"), widget()),
            "400 Widget in version \"v2\" cannot be handled as a Widget: no kind \"Widget\" is "
            "registered for version \"v2\" in scheme \"signet\"");
  EXPECT_EQ(
      outcome(with_body(R"({"kind":"WidgetReview","apiVersion":"other.example/v1"})"), review()),
      "400 WidgetReview in version \"v1\" cannot be handled as a WidgetReview: no kind "
      "\"WidgetReview\" is registered for version \"other.example/v1\" in scheme \"signet\"");
  EXPECT_EQ(outcome(with_body(enveloped("v1", "Gadget", ""), protobuf), widget()),
            "400 Gadget in version \"v1\" cannot be handled as a Widget: no kind \"Gadget\" is "
            "registered for version \"v1\" in scheme \"signet\"");
}

TEST(Body, without_a_registry_counts_kinds_of_the_same_version_as_known) {
  auto expected = widget();
  expected.registry = nullptr;
  EXPECT_EQ(outcome(with_body(R"({"kind":"Secret","apiVersion":"v1"})"), expected),
            "400 Secret in version \"v1\" cannot be handled as a Widget: converting (v1.Secret) to "
            "(core.Widget): unknown conversion");
}

struct MalformedCase {
  const char* name;
  std::string_view body;
  std::string_view type;
  std::string_view expected;  // after "(must be of type Widget): "
};
class MalformedBody : public testing::TestWithParam<MalformedCase> {};

TEST_P(MalformedBody, is_refused_with_the_first_bytes) {
  const auto& row = GetParam();
  EXPECT_EQ(
      outcome(with_body(row.body, row.type), widget()),
      cat("400 the object provided is unrecognized (must be of type Widget): ", row.expected));
}

constexpr std::string_view json = "application/json";
constexpr MalformedCase malformed_cases[] = {
    {"empty", "", json,
     "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"},
    {"empty_yaml", "", yaml,
     "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"},
    {"cut", R"({"apiVersion": )", json,
     "couldn't get version/kind; json parse error: unexpected end of JSON input "
     "({\"apiVersion\": )"},
    {"thirty_bytes", "{aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", json,
     "couldn't get version/kind; json parse error: invalid character 'a' looking for beginning of "
     "object key string ({aaaaaaaaaaaaaaaaaaaaaaaaaaaaa)"},
    {"more_than_thirty_bytes", "{aaaaaaaaaaaaaaaaaaaaaaaaaaaaabcd", json,
     "couldn't get version/kind; json parse error: invalid character 'a' looking for beginning of "
     "object key string ({aaaaaaaaaaaaaaaaaaaaaaaaaaaaa ...)"},
    {"cut_inside_a_character", "{aaaaaaaaaaaaaaaaaaaaaaaaaaaaé", json,
     "couldn't get version/kind; json parse error: invalid character 'a' looking for beginning of "
     "object key string ({aaaaaaaaaaaaaaaaaaaaaaaaaaaa\uFFFD ...)"},
    {"not_an_object", "[1]", json,
     "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of "
     R"(type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string )"
     R"("json:\"kind,omitempty\"" } (5b315d))"},
    {"kind_is_a_number", R"({"kind":1})", json,
     "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct "
     R"(field .kind of type string ({"kind":1}))"},
    {"version_of_three_parts", R"({"apiVersion":"a/b/c"})", json,
     R"(unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"}))"},
};
INSTANTIATE_TEST_SUITE_P(, MalformedBody, testing::ValuesIn(malformed_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Body, that_is_no_yaml_or_protobuf_is_refused) {
  EXPECT_THAT(outcome(with_body("a: [", yaml), widget()),
              StartsWith("400 the object provided is unrecognized (must be of type Widget): error "
                         "converting YAML to JSON: yaml: "));
  EXPECT_THAT(outcome(with_body("a: &x 1\nb: *x", yaml), widget()), StartsWith("400 "));
  EXPECT_THAT(outcome(with_body("", protobuf), widget()), StartsWith("400 "));
  EXPECT_THAT(outcome(with_body("k8s", protobuf), widget()), StartsWith("400 "));
  EXPECT_THAT(outcome(with_body(small, protobuf), widget()), StartsWith("400 "));
  const auto broken = enveloped("v1", "Widget", "\x0a\x7f");
  EXPECT_THAT(outcome(with_body(broken, protobuf), widget()),
              StartsWith("400 Widget in version \"v1\" cannot be handled as a Widget: "));
}

TEST(Body, every_prefix_of_a_protobuf_body_is_answered) {
  const auto whole = enveloped("v1", "Widget", field(1, field(1, "w")));
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const auto decoded =
        decode_body(with_body(std::string_view(whole).substr(0, length), protobuf), widget());
    if (!decoded) EXPECT_EQ(decoded.error().code, 400) << length;
  }
}

TEST(Body, of_the_wrong_type_is_refused_in_gos_words) {
  EXPECT_THAT(outcome(with_body(R"({"metadata":{"name":1}})"), widget()),
              StartsWith("400 Widget in version \"v1\" cannot be handled as a Widget: json: cannot "
                         "unmarshal number into Go struct field "));
}

TEST(Body, of_an_unknown_media_type_is_unsupported) {
  for (const std::string_view type : {"text/plain", "application/x-www-form-urlencoded",
                                      "application/jsonx", "application/*", "json"}) {
    const auto body = decode_body(with_body("{}", type), widget());
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code, 415);
    EXPECT_EQ(body.error().reason, "UnsupportedMediaType");
    EXPECT_EQ(body.error().message,
              "the body of the request was in an unknown format - accepted media types include: "
              "application/json, application/yaml, application/vnd.kubernetes.protobuf");
  }
}

TEST(Body, of_protobuf_without_a_schema_is_unsupported) {
  auto expected = widget();
  expected.schema = nullptr;
  EXPECT_THAT(outcome(with_body(enveloped("v1", "Widget", ""), protobuf), expected),
              StartsWith("415 "));
  EXPECT_EQ(outcome(with_body(R"({"x":1})"), expected),
            R"({"kind":"Widget","apiVersion":"v1","x":1})");
}

TEST(Body, of_three_mebibytes_is_the_largest) {
  const std::string head = R"({"data":{"a":")";
  const std::string tail = R"("}})";
  // A multiple of four, so that the value is base64; what is missing is white space.
  const auto room = (body_bytes_max - head.size() - tail.size()) / 4 * 4;
  auto body = cat(head, std::string(room, 'A'), tail);
  body.resize(body_bytes_max, ' ');
  EXPECT_TRUE(decode_body(with_body(body), widget()));
  body += ' ';
  EXPECT_EQ(outcome(with_body(body), widget()), "413 Request entity too large: limit is 3145728");
}

TEST(Body, nested_too_deep_is_refused) {
  const auto deep = cat(R"({"x":)", std::string(100'000, '['), std::string(100'000, ']'), '}');
  EXPECT_THAT(outcome(with_body(deep), widget()), StartsWith("400 "));
}

TEST(Body, does_not_repeat_a_long_kind) {
  const auto body = cat(R"({"kind":")", std::string(100'000, 'K'), R"("})");
  EXPECT_LT(outcome(with_body(body), widget()).size(), 200U);
}

TEST(FieldValidation, names_four_values) {
  EXPECT_EQ(field_validation(""), FieldValidation::warn);
  EXPECT_EQ(field_validation("Warn"), FieldValidation::warn);
  EXPECT_EQ(field_validation("Ignore"), FieldValidation::ignore);
  EXPECT_EQ(field_validation("Strict"), FieldValidation::strict);
  const auto bogus = field_validation("strict", "PatchOptions");
  ASSERT_FALSE(bogus);
  EXPECT_EQ(bogus.error().code, 422);
  EXPECT_EQ(bogus.error().message,
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: "
            "\"strict\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"");
}

class FieldReport : public testing::Test {
 protected:
  DecodedBody body_ =
      decode_body(with_body(R"({"ready":true,"ready":false,"foo":1,"parts":[{"name":"p","x":1}]})"),
                  widget())
          .value();
  std::vector<std::string> warnings_;
};

TEST_F(FieldReport, drops_unknown_fields_and_takes_the_last_of_duplicates) {
  EXPECT_EQ(codec::to_json(body_.object),
            R"({"kind":"Widget","apiVersion":"v1","metadata":{},"parts":[{"name":"p"}],)"
            R"("ready":false})");
  EXPECT_THAT(body_.unknown, testing::UnorderedElementsAre("foo", "parts[0].x"));
  EXPECT_THAT(body_.duplicates, ElementsAre("ready"));
}

TEST_F(FieldReport, warns_once_for_each) {
  ASSERT_TRUE(report_fields(body_, FieldValidation::warn, widget(), warnings_));
  EXPECT_THAT(warnings_, testing::UnorderedElementsAre(R"(unknown field "foo")",
                                                       R"(unknown field "parts[0].x")",
                                                       R"(duplicate field "ready")"));
}

TEST_F(FieldReport, refuses_when_strict) {
  const DecodedBody body{
      .object = {}, .unknown = {"spec.foo"}, .duplicates = {"spec.bar"}, .repeated_keys = {}};
  const auto report = report_fields(body, FieldValidation::strict, widget(), warnings_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, 400);
  EXPECT_EQ(report.error().message,
            "Widget in version \"v1\" cannot be handled as a Widget: strict decoding error: "
            "unknown field \"spec.foo\", duplicate field \"spec.bar\"");
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(FieldReport, takes_what_is_unknown_for_one_problem_whatever_is_in_it) {
  const auto decoded = decode_body(
      with_body(R"({"foo":{"a":1,"a":2},"foo":1,"parts":[{"x":1,"x":2,"name":"p","name":"q"}]})"),
      widget());
  ASSERT_TRUE(decoded);
  EXPECT_THAT(decoded->unknown, testing::UnorderedElementsAre("foo", "parts[0].x"));
  EXPECT_THAT(decoded->duplicates, ElementsAre("parts[0].name"));
}

TEST_F(FieldReport, tells_of_keys_that_yaml_repeats_by_their_lines) {
  const auto decoded =
      decode_body(with_body("ready: true\nready: false\nz: 1\nfoo: 1\nz: 2\n", yaml), widget());
  ASSERT_TRUE(decoded);
  ASSERT_TRUE(report_fields(*decoded, FieldValidation::warn, widget(), warnings_));
  EXPECT_THAT(warnings_, ElementsAre(R"(line 2: key "ready" already set in map)",
                                     R"(line 5: key "z" already set in map)",
                                     R"(unknown field "foo")", R"(unknown field "z")"));
  EXPECT_EQ(report_fields(*decoded, FieldValidation::strict, widget(), warnings_).error().message,
            "Widget in version \"v1\" cannot be handled as a Widget: strict decoding error: yaml: "
            "unmarshal errors:\n  line 2: key \"ready\" already set in map\n  line 5: key \"z\" "
            "already set in map, unknown field \"foo\", unknown field \"z\"");
}

TEST_F(FieldReport, says_nothing_when_told_to_ignore_or_when_all_is_well) {
  EXPECT_TRUE(report_fields(body_, FieldValidation::ignore, widget(), warnings_));
  EXPECT_TRUE(report_fields({}, FieldValidation::strict, widget(), warnings_));
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST(Patch, is_json) {
  EXPECT_EQ(codec::to_json(decode_patch(R"([{"op":"test"}])", "")->patch), R"([{"op":"test"}])");
  EXPECT_EQ(decode_patch("{", "").error().message, "unexpected end of JSON input");
  EXPECT_EQ(decode_patch("{", "wrong: ").error().message, "wrong: unexpected end of JSON input");
  EXPECT_EQ(decode_patch("a:\n- 1\n", "").error().code, 400);
  EXPECT_EQ(decode_patch(std::string(body_bytes_max + 1, ' '), "").error().code, 413);
  EXPECT_THAT(decode_patch(R"({"a":{"b":1,"b":2}})", "")->duplicates, ElementsAre("a.b"));
}

TEST(Configuration, is_yaml_and_tells_of_repeated_keys_by_line) {
  const auto once = decode_configuration(R"({"a":1})");
  ASSERT_TRUE(once);
  EXPECT_THAT(once->repeated_keys, IsEmpty());
  for (const std::string_view body : {"a: 1\na: 2\n", "{\"a\":1,\n\"a\":2}"}) {
    const auto decoded = decode_configuration(body);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(codec::to_json(decoded->object), R"({"a":2})");
    EXPECT_THAT(decoded->repeated_keys, ElementsAre(R"(line 2: key "a" already set in map)"));
  }
  EXPECT_EQ(codec::to_json(decode_configuration("")->object), "{}");
  EXPECT_EQ(decode_configuration("[]").error().code, 400);
  EXPECT_EQ(decode_configuration(std::string(body_bytes_max + 1, ' ')).error().code, 413);
}

TEST(WrongKind, is_told_in_the_words_of_a_decoder) {
  const auto wrong = [](std::string_view object) {
    return wrong_kind(codec::parse_json(object, {})->value, widget()).value_or("right");
  };
  EXPECT_EQ(wrong("{}"), "right");
  EXPECT_EQ(wrong(R"({"kind":"Widget","apiVersion":"v1"})"), "right");
  EXPECT_EQ(wrong(R"({"kind":"Gadget","apiVersion":"v1"})"),
            R"(no kind "Gadget" is registered for version "v1" in scheme "signet")");
  EXPECT_EQ(wrong(R"({"kind":"Widget","apiVersion":"v2"})"),
            R"(no kind "Widget" is registered for version "v2" in scheme "signet")");
  EXPECT_EQ(wrong(R"({"apiVersion":"a/b/c"})"), "unexpected GroupVersion string: a/b/c");
  EXPECT_EQ(wrong(R"({"kind":1})"),
            "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go "
            "struct field .kind of type string");
}

}  // namespace
}  // namespace signet::machinery
