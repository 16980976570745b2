#include "access/rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <utility>

#include "access/request_for_tests.h"

namespace signet::access {
namespace {

using fixture::parse;
using kinds::PolicyRule;
using testing::ElementsAre;
using testing::IsEmpty;

using Texts = std::vector<std::string>;

PolicyRule rule(Texts verbs, Texts groups, Texts resources, Texts names = {}) {
  return {.verbs = std::move(verbs),
          .api_groups = std::move(groups),
          .resources = std::move(resources),
          .resource_names = std::move(names),
          .non_resource_urls = {}};
}
PolicyRule path_rule(Texts verbs, Texts paths) {
  return {.verbs = std::move(verbs),
          .api_groups = {},
          .resources = {},
          .resource_names = {},
          .non_resource_urls = std::move(paths)};
}

constexpr std::string_view pod = "/api/v1/namespaces/n/pods/p";
constexpr std::string_view log = "/api/v1/namespaces/n/pods/p/log";

TEST(Rule, covers_subresources_only_where_it_says_so) {
  const auto allows = [](std::string resource, std::string_view path) {
    return covers(rule({"get"}, {""}, {std::move(resource)}), parse("GET", path));
  };
  EXPECT_TRUE(allows("pods", pod));
  EXPECT_FALSE(allows("pods", log));
  EXPECT_TRUE(allows("pods/log", log));
  EXPECT_FALSE(allows("pods/log", pod));
  EXPECT_TRUE(allows("*/log", log));
  EXPECT_FALSE(allows("*/log", pod));
  EXPECT_TRUE(allows("*", log));
  EXPECT_TRUE(allows("*", pod));
  EXPECT_FALSE(allows("pods/*", log)) << "no wildcard";
  EXPECT_FALSE(allows("*/*", log)) << "no wildcard either";
  EXPECT_FALSE(allows("/log", log));
  EXPECT_FALSE(allows("log", log));
  EXPECT_FALSE(allows("xpods/log", log));
  EXPECT_FALSE(allows("", pod));
}

TEST(Rule, verb_and_group_are_equal_or_any) {
  const auto reader = rule({"get"}, {""}, {"pods"});
  EXPECT_FALSE(covers(reader, parse("DELETE", pod)));
  EXPECT_FALSE(covers(reader, parse("GET", "/apis/x/v1/namespaces/n/pods/p")));
  EXPECT_TRUE(
      covers(rule({"*"}, {"*"}, {"pods"}), parse("DELETE", "/apis/x/v1/namespaces/n/pods/p")));
  EXPECT_FALSE(covers(rule({"GET"}, {""}, {"pods"}), parse("GET", pod))) << "case matters";
  EXPECT_FALSE(covers(rule({"get"}, {""}, {"Pods"}), parse("GET", pod)));
  EXPECT_FALSE(covers(rule({"g*"}, {""}, {"pods"}), parse("GET", pod)));
}

TEST(Rule, names_never_cover_a_request_without_one) {
  const auto named = rule({"*"}, {""}, {"pods"}, {"a"});
  EXPECT_TRUE(covers(named, parse("GET", "/api/v1/namespaces/n/pods/a")));
  EXPECT_FALSE(covers(named, parse("GET", "/api/v1/namespaces/n/pods/b")));
  EXPECT_FALSE(covers(named, parse("GET", "/api/v1/namespaces/n/pods")));
  EXPECT_FALSE(covers(named, parse("POST", "/api/v1/namespaces/n/pods")));
  EXPECT_TRUE(
      covers(named, parse("GET", "/api/v1/namespaces/n/pods?fieldSelector=metadata.name=a")));
  EXPECT_FALSE(
      covers(rule({"*"}, {""}, {"pods"}, {""}), parse("GET", "/api/v1/namespaces/n/pods")));
  EXPECT_FALSE(covers(rule({"*"}, {""}, {"pods"}, {"*"}), parse("GET", pod))) << "no wildcard";
}

TEST(Rule, paths_are_equal_or_begin_with_what_stands_before_the_star) {
  const auto allows = [](std::string pattern, std::string_view path) {
    return covers(path_rule({"get"}, {std::move(pattern)}), parse("GET", path));
  };
  EXPECT_TRUE(allows("/api/*", "/api/v1"));
  EXPECT_FALSE(allows("/api/*", "/api"));
  EXPECT_TRUE(allows("/version", "/version"));
  EXPECT_FALSE(allows("/version", "/version/x"));
  EXPECT_TRUE(allows("*", "/whatever"));
  EXPECT_TRUE(allows("/api**", "/api"));
  EXPECT_FALSE(allows("/*/x", "/a/x")) << "a star counts at the end alone";
  EXPECT_FALSE(allows("*", pod)) << "paths say nothing about resources";
  EXPECT_FALSE(covers(rule({"*"}, {"*"}, {"*"}), parse("GET", "/metrics"))) << "nor they of paths";
}

TEST(Atoms, are_all_combinations) {
  const auto atoms = atoms_of(rule({"get", "list"}, {"", "apps"}, {"pods"}, {"a", "b"}));
  EXPECT_EQ(atoms.size(), 8U);
  EXPECT_THAT(atoms.front(), rule({"get"}, {""}, {"pods"}, {"a"}));
  EXPECT_THAT(atoms_of(path_rule({"get", "put"}, {"/x"})),
              ElementsAre(path_rule({"get"}, {"/x"}), path_rule({"put"}, {"/x"})));
  EXPECT_THAT(atoms_of(rule({}, {""}, {"pods"})), IsEmpty());
}

TEST(Atoms, are_counted_without_being_made) {
  const auto counted = [](const PolicyRule& one) {
    std::size_t bytes = 0;
    const auto atoms = atoms_of(one);
    for (const auto& atom : atoms) {
      for (const auto* texts : {&atom.verbs, &atom.api_groups, &atom.resources,
                                &atom.resource_names, &atom.non_resource_urls}) {
        for (const auto& text : *texts) bytes += text.size();
      }
    }
    return std::pair(atoms.size(), bytes);
  };
  auto both = rule({"get", "list"}, {"", "apps"}, {"pods", "secrets"}, {"a", "bcd", "e"});
  both.non_resource_urls = {"/x", "/yy"};
  for (const auto& one :
       {both, rule({"get"}, {""}, {"pods"}), path_rule({"get", "put"}, {"/x"}),
        rule({}, {""}, {"x"}), rule({"get"}, {}, {"pods"}, {"a"}), PolicyRule{}}) {
    const auto size = size_of_atoms(one);
    EXPECT_EQ(std::pair(size.count, size.bytes), counted(one)) << to_text(one);
  }
  const Texts many(100'000, "x");
  EXPECT_EQ(size_of_atoms(rule(many, many, many, many)).count,
            std::numeric_limits<std::size_t>::max());
}

TEST(Atoms, are_covered_one_by_one) {
  const auto held = rule({"get"}, {""}, {"pods", "*/scale"});
  EXPECT_TRUE(covers_atom(held, rule({"get"}, {""}, {"pods"})));
  EXPECT_TRUE(covers_atom(held, rule({"get"}, {""}, {"pods"}, {"a"}))) << "any name";
  EXPECT_TRUE(covers_atom(held, rule({"get"}, {""}, {"deployments/scale"})));
  EXPECT_TRUE(covers_atom(held, rule({"get"}, {""}, {"*/scale"})));
  EXPECT_FALSE(covers_atom(held, rule({"get"}, {""}, {"*"})));
  EXPECT_FALSE(covers_atom(held, rule({"*"}, {""}, {"pods"})));
  EXPECT_FALSE(covers_atom(held, rule({"get"}, {"*"}, {"pods"})));
  EXPECT_FALSE(covers_atom(held, rule({"get"}, {""}, {"pods/log"})));
  const auto named = rule({"get"}, {""}, {"pods"}, {"a"});
  EXPECT_TRUE(covers_atom(named, named));
  EXPECT_FALSE(covers_atom(named, rule({"get"}, {""}, {"pods"})));
  EXPECT_TRUE(covers_atom(path_rule({"get"}, {"/api*"}), path_rule({"get"}, {"/api/*"})));
  EXPECT_FALSE(covers_atom(path_rule({"get"}, {"/api/*"}), path_rule({"get"}, {"/api*"})));
}

TEST(Atoms, that_differ_by_verb_are_told_together) {
  const PolicyRule atoms[] = {rule({"get"}, {""}, {"pods"}),
                              rule({"get"}, {""}, {"secrets"}),
                              rule({"list"}, {""}, {"pods"}),
                              rule({"get"}, {""}, {"pods"}),
                              rule({"get"}, {""}, {"pods"}, {"a"}),
                              path_rule({"get"}, {"/x"}),
                              path_rule({"put"}, {"/x"})};
  EXPECT_THAT(merged_by_verb(atoms),
              ElementsAre(rule({"get", "list"}, {""}, {"pods"}), rule({"get"}, {""}, {"secrets"}),
                          rule({"get"}, {""}, {"pods"}, {"a"}), path_rule({"get"}, {"/x"}),
                          path_rule({"put"}, {"/x"})));
}

TEST(RuleText, is_as_go_prints_it) {
  EXPECT_EQ(to_text(rule({"get", "li\"st"}, {"", "apps"}, {"pods"}, {"a"})),
            R"({APIGroups:["" "apps"], Resources:["pods"], ResourceNames:["a"], )"
            R"(Verbs:["get" "li\"st"]})");
  EXPECT_EQ(to_text(path_rule({"get"}, {"/x"})), R"({NonResourceURLs:["/x"], Verbs:["get"]})");
  EXPECT_EQ(to_text({}), "{}");
}

}  // namespace
}  // namespace signet::access
