#include "machinery/selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::machinery {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

std::string parsed(std::string_view text) {
  const auto selector = LabelSelector::parse(text);
  if (selector) return "fine";
  EXPECT_EQ(selector.error().code, 400);
  return selector.error().message;
}

struct Match {
  std::string_view selector;
  bool matches;
};

TEST(LabelSelectors, match) {
  const Labels labels = {{"app", "web"}, {"empty", ""}, {"n", "5"}, {"tier", "x"}};
  constexpr Match cases[] = {
      {"", true},
      {"app", true},
      {"none", false},
      {"!none", true},
      {"!app", false},
      {"app=web", true},
      {"app==web", true},
      {"app = web , tier", true},
      {"app=db", false},
      {"app!=db", true},
      {"app!=web", false},
      {"none!=x", true},
      {"none=", false},
      {"empty=", true},
      {"empty==,app", true},
      {"app in (db,web)", true},
      {"app in (db)", false},
      {"app notin (db)", true},
      {"none notin (db)", true},
      {"none in (db)", false},
      {"empty in (,db)", true},
      {"empty in ()", true},
      {"app in (web,)", true},
      {"n>4", true},
      {"n>5", false},
      {"n<6", true},
      {"n<5", false},
      {"app>4", false},
      {"none<4", false},
      {"in in (in)", false},
      {"app in (b,web),!d", true},
  };
  for (const Match& c : cases) {
    const auto selector = LabelSelector::parse(c.selector);
    ASSERT_TRUE(selector) << c.selector << ": " << selector.error().message;
    EXPECT_EQ(selector->matches(labels), c.matches) << c.selector;
  }
}

TEST(LabelSelectors, are_refused_in_the_words_of_kubernetes) {
  EXPECT_EQ(parsed("==="), "found '==', expected: !, identifier, or 'end of string'");
  EXPECT_EQ(parsed(","), "found ',', expected: !, identifier, or 'end of string'");
  EXPECT_EQ(parsed("a,"), "found '', expected: identifier after ','");
  EXPECT_EQ(parsed("a b"),
            "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt");
  EXPECT_EQ(parsed("a=b c"), "found 'c', expected: ',' or 'end of string'");
  EXPECT_EQ(parsed("!"), "unable to parse requirement: found '', expected: identifier");
  EXPECT_EQ(parsed("!a=b"), "found '=', expected: ',' or 'end of string'");
  EXPECT_EQ(parsed("a in b"), "unable to parse requirement: found 'b' expected: '('");
  EXPECT_EQ(parsed("a in (b"), "unable to parse requirement: found '', expected: ',' or ')'");
  EXPECT_EQ(parsed("a in (b c)"), "unable to parse requirement: found 'c', expected: ',' or ')'");
  EXPECT_EQ(parsed("a in (="),
            "unable to parse requirement: found '=', expected: ',', ')' or identifier");
  EXPECT_EQ(parsed("a=("), "unable to parse requirement: found '(', expected: identifier");
  EXPECT_EQ(parsed("n>x"),
            "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' "
            "operators, the value must be an integer");
  EXPECT_THAT(parsed("-a=b"),
              testing::StartsWith("unable to parse requirement: <nil>: Invalid value: \"-a\": name "
                                  "part must consist of"));
  EXPECT_THAT(parsed("a=b@"),
              testing::StartsWith("unable to parse requirement: values[0][a]: Invalid value: "
                                  "\"b@\": a valid label must be an empty string"));
}

TEST(LabelSelectors, have_limits) {
  std::string many = "k0";
  for (int i = 1; i < 64; ++i) append(many, ",k", i);
  EXPECT_EQ(parsed(many), "fine");
  EXPECT_EQ(parsed(many + ",k64"), "a label selector may have at most 64 requirements");
  EXPECT_EQ(parsed(std::string(4096, ' ')), "fine");
  EXPECT_EQ(parsed(std::string(4097, ' ')), "a label selector may have at most 4096 bytes");
}

constexpr std::string_view pod_fields[] = {"status.phase", "spec.nodeName"};

Kind service_account() {
  Kind kind;
  kind.kind = "ServiceAccount";
  return kind;
}
Kind pod() {
  Kind kind;
  kind.kind = "Pod";
  kind.selectable = pod_fields;
  return kind;
}

std::string field_problem(const Kind& kind, std::string_view text) {
  const auto selector = FieldSelector::parse(kind, text);
  if (selector) return "fine";
  EXPECT_EQ(selector.error().code, 400);
  return selector.error().message;
}

TEST(FieldSelectors, match) {
  const Kind kind = pod();
  const auto object =
      Object::create(kind, codec::parse_json(R"({"metadata":{"name":"a","namespace":"ns"},)"
                                             R"("status":{"phase":"Run,ning"}})",
                                             {})
                               .value()
                               .value);
  constexpr Match cases[] = {
      {"", true},
      {"metadata.name=a", true},
      {"metadata.name==a", true},
      {"metadata.name!=a", false},
      {"metadata.namespace=ns,metadata.name!=b", true},
      {"metadata.namespace=other", false},
      {"status.phase=Run\\,ning", true},
      {"status.phase!=Run\\,ning", false},
      {"spec.nodeName=", true},
      {"spec.nodeName!=", false},
      {"spec.nodeName=n1", false},
      {",,", true},
  };
  for (const Match& c : cases) {
    const auto selector = FieldSelector::parse(kind, c.selector);
    ASSERT_TRUE(selector) << c.selector << ": " << selector.error().message;
    EXPECT_EQ(selector->matches(*object), c.matches) << c.selector;
  }
}

TEST(FieldSelectors, tell_what_every_match_must_have) {
  const Kind kind = pod();
  const auto selector = FieldSelector::parse(
      kind, "metadata.name=a,metadata.namespace!=x,spec.nodeName=n1,status.phase!=y");
  ASSERT_TRUE(selector);
  EXPECT_EQ(selector->required_name(), "a");
  EXPECT_EQ(selector->required("metadata.namespace"), std::nullopt);
  EXPECT_EQ(selector->required("spec.nodeName"), "n1");
  EXPECT_EQ(selector->required("status.phase"), std::nullopt);
  EXPECT_FALSE(selector->empty());
}

TEST(FieldSelectors, are_refused_in_the_words_of_kubernetes) {
  EXPECT_EQ(field_problem(service_account(), "spec.foo=bar"),
            "\"spec.foo\" is not a known field selector: only \"metadata.name\", "
            "\"metadata.namespace\"");
  EXPECT_EQ(field_problem(pod(), "spec.bogus=1"), "field label not supported: spec.bogus");
  EXPECT_EQ(field_problem(pod(), "metadata.name"),
            "invalid selector: 'metadata.name'; can't understand 'metadata.name'");
  EXPECT_EQ(field_problem(pod(), "metadata.name=a=b"),
            "invalid field selector: unescaped character in value: 61");
  EXPECT_EQ(field_problem(pod(), "metadata.name=a\\b"),
            "invalid field selector: invalid escape sequence: \\b");
  EXPECT_EQ(field_problem(pod(), "metadata.name=a\\"),
            "invalid field selector: invalid escape sequence: \\");
}

TEST(FieldSelectors, of_cluster_kinds_with_fields_of_their_own_know_no_namespace) {
  Kind node = pod();
  node.scope = Scope::cluster;
  EXPECT_EQ(field_problem(node, "metadata.namespace=x"),
            "field label not supported: metadata.namespace");
  EXPECT_EQ(field_problem(node, "metadata.name=x"), "fine");
}

TEST(FieldSelectors, have_limits) {
  std::string many = "metadata.name=a";
  for (int i = 1; i < 64; ++i) many += ",metadata.name=a";
  EXPECT_EQ(field_problem(pod(), many), "fine");
  EXPECT_EQ(field_problem(pod(), many + ",metadata.name=a"),
            "a field selector may have at most 64 requirements");
  EXPECT_EQ(field_problem(pod(), std::string(4096, ',')), "fine");
  EXPECT_EQ(field_problem(pod(), std::string(4097, ',')),
            "a field selector may have at most 4096 bytes");
}

}  // namespace
}  // namespace signet::machinery
