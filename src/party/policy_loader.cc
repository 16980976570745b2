#include "party/policy_loader.h"

#include <tuple>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "party/policy.h"

namespace signet::party {
namespace {

void warn_of_any_audience(const Policy& policy) {
  for (const auto& route : policy.routes()) {
    if (!route.rules.any_audience) continue;
    log::warn("a route accepts tokens for any audience", {{"route", route.rules.name}});
  }
}

}  // namespace

Result<void, std::vector<std::string>> PolicyLoader::failed(std::vector<std::string> problems) {
  const auto now = parts_.moments.now().wall;
  parts_.metrics.count_reload(false, now);
  const bool news = status_.with([&](PolicyStatus& status) {
    status.failed_at = now;
    const bool other = std::exchange(status.problems, problems) != problems;
    return other && status.generation != 0;  // whoever starts with none in force says so
  });
  if (news) {
    for (const auto& problem : problems) {
      log::error("the policy stays as it was", {{"problem", problem}});
    }
  }
  return std::unexpected(std::move(problems));
}

PolicyLoader::Reviewers PolicyLoader::reviewers_for(const Policy& policy,
                                                    Problems& problems) const {
  Reviewers reviewers;
  for (const auto& issuer : policy.issuers()) {
    if (issuer.mode == Mode::oidc || reviewers.contains(issuer.cluster)) continue;
    const auto kept = reviewers_.find(issuer.cluster);
    if (kept != reviewers_.end() && kept->second.source == issuer.review) {
      reviewers.emplace(issuer.cluster, kept->second);
      continue;
    }
    auto made = parts_.make_reviews(issuer.cluster, issuer.review);
    if (made) {
      reviewers.emplace(issuer.cluster,
                        Reviewing{.source = issuer.review, .reviews = *std::move(made)});
    } else {
      problems.add({.file = issuer.file, .line = issuer.line}, "spec.review", made.error().message);
    }
  }
  return reviewers;
}

Result<void, std::vector<std::string>> PolicyLoader::put_in_force(const PolicyPtr& policy,
                                                                  Problems& problems) {
  auto reviewers = reviewers_for(*policy, problems);
  if (!problems.empty()) return failed(problems.texts());
  // Keys first: those of an issuer that is gone cannot be used from here on.
  if (auto configured = parts_.engine.configure(policy->key_sources()); !configured) {
    return failed(std::move(configured).error());
  }
  Live live{.policy = policy};
  for (const auto& [cluster, reviewing] : reviewers)
    live.reviews.emplace(cluster, reviewing.reviews);
  reviewers_ = std::move(reviewers);
  parts_.live.replace(std::move(live));
  parts_.changed();
  const auto now = parts_.moments.now().wall;
  parts_.metrics.count_reload(true, now);
  status_.with([&](PolicyStatus& status) {
    status = {.generation = parts_.live.generation(), .loaded_at = now};
  });
  log::info("the policy is in force", {{"path", path_}});
  warn_of_any_audience(*policy);
  return {};
}

Result<void, std::vector<std::string>> PolicyLoader::load_marked(const PolicyMark& mark) {
  tried_ = mark;
  const auto files = read_policy_files(mark);
  if (!files) return failed({files.error().message});
  Documents documents;
  Problems problems;
  for (const auto& file : *files) read_documents(file.text, file.path, documents, problems);
  // What was misread would only be said to be missing.
  if (!problems.empty()) return failed(problems.texts());
  const auto policy = compile_policy(std::move(documents), problems);
  if (policy == nullptr) return failed(problems.texts());
  return put_in_force(policy, problems);
}

Result<void, std::vector<std::string>> PolicyLoader::load() {
  const std::scoped_lock lock(mutex_);
  const auto mark = mark_policy(path_);
  if (!mark) return failed({mark.error().message});
  marked_ = *mark;
  return load_marked(*mark);
}

void PolicyLoader::look() {
  const std::scoped_lock lock(mutex_);
  auto mark = mark_policy(path_);
  if (!mark) {
    // Once for as long as it stays away.
    if (tried_) std::ignore = failed({mark.error().message});
    tried_.reset();
    marked_.reset();
    return;
  }
  const bool stands_still = marked_ == *mark;
  marked_ = *std::move(mark);
  if (stands_still && tried_ != marked_) std::ignore = load_marked(*marked_);
}

PolicyStatus PolicyLoader::status() const {
  return status_.with([](const PolicyStatus& status) { return status; });
}

}  // namespace signet::party
