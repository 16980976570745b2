#include "party/caller.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>

#include "base/cat.h"
#include "base/random.h"

namespace signet::party {
namespace {

std::string random_name(Random& random) {
  constexpr std::string_view letters = "ab-.";
  std::string name;
  for (auto left = 1 + uniform(random, 4); left != 0; --left) {
    name += letters[uniform(random, letters.size())];
  }
  return name;
}

TEST(CanonicalSubject, is_different_for_every_account_and_reads_back) {
  SeededRandom random(58);
  std::set<std::tuple<std::string, std::string, std::string>> accounts;
  std::set<std::string> subjects;
  for (int i = 0; i < 10'000; ++i) {
    const auto cluster = random_name(random);
    const auto ns = random_name(random);
    const auto name = random_name(random);
    const auto subject = canonical_subject(cluster, ns, name);
    accounts.emplace(cluster, ns, name);
    subjects.insert(subject);
    const auto parts = parse_subject(subject);
    ASSERT_TRUE(parts) << subject;
    EXPECT_EQ(*parts, (SubjectParts{.cluster = cluster, .ns = ns, .name = name}));
  }
  EXPECT_EQ(subjects.size(), accounts.size());
  EXPECT_GT(accounts.size(), 5'000U);
}

TEST(CanonicalSubject, does_not_read_what_it_did_not_write) {
  for (const auto* text :
       {"", "k8s", "k8s/c", "k8s/c/ns/n", "k8s/c/ns/n/sa/", "k8s//ns/n/sa/a", "k8s/c/ns//sa/a",
        "k8s/c/ns/n/sa/a/b", "K8s/c/ns/n/sa/a", "k8s/c/d/ns/n/sa/a", "k8s/c/sa/a/ns/n"}) {
    EXPECT_FALSE(parse_subject(text)) << text;
  }
}

}  // namespace
}  // namespace signet::party
