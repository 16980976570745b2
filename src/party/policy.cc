#include "party/policy.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "base/cat.h"
#include "codec/go_quote.h"
#include "party/glob.h"
#include "token/claims.h"

namespace signet::party {
namespace {

bool holds(const std::vector<std::string>& list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

}  // namespace

bool Route::believes(const IssuerDocument& issuer) const {
  return (rules.issuers.empty() || holds(rules.issuers, issuer.name)) &&
         (rules.clusters.empty() || holds(rules.clusters, issuer.cluster));
}

std::optional<std::string> Route::subject_refusal(const Caller& caller) const {
  bool other_uid = false;
  for (const auto& rule : rules.subjects) {
    if (!glob_matches(rule.cluster, caller.cluster) || !glob_matches(rule.ns, caller.ns) ||
        !glob_matches(rule.name, caller.name)) {
      continue;
    }
    if (rule.uid.empty() || rule.uid == caller.uid) return std::nullopt;
    other_uid = true;
  }
  return other_uid ? "the account has another uid than the one that was let in"
                   : "the account is not among the subjects";
}

bool Route::only_old(const std::vector<std::string>& matched) const {
  return !rules.any_audience && rules.phase != Phase::current &&
         std::ranges::none_of(matched, [&](const std::string& audience) {
           return holds(rules.new_audiences, audience);
         });
}

const IssuerDocument* Policy::issuer_of(std::string_view url) const {
  const auto found = issuers_by_url_.find(url);
  return found == issuers_by_url_.end() ? nullptr : found->second;
}

const Route* Policy::route(std::string_view name) const {
  const auto found = routes_by_name_.find(name);
  return found == routes_by_name_.end() ? nullptr : found->second;
}

std::vector<verify::IssuerSource> Policy::key_sources() const {
  std::vector<verify::IssuerSource> sources;
  for (const auto& issuer : issuers_) {
    if (issuer.mode != Mode::review) sources.push_back(issuer.keys);
  }
  return sources;
}

class PolicyCompiler {
 public:
  PolicyCompiler(Documents documents, Problems& problems)
      : documents_(std::move(documents)), problems_(problems) {}

  PolicyPtr run() {
    auto policy = std::make_shared<Policy>();
    issuers(*policy);
    policy->routes_.reserve(documents_.routes.size());
    for (auto& document : documents_.routes) route(*policy, std::move(document));
    if (policy->routes_.empty()) problems_.add({}, "", "the policy has no Route");
    for (const auto& made : policy->routes_) {
      if (!policy->routes_by_name_.emplace(made.rules.name, &made).second) {
        problem(made.rules, "metadata.name",
                cat("there is a Route \"", made.rules.name, "\" already"));
      }
    }
    return problems_.empty() ? policy : nullptr;
  }

 private:
  template <typename Document>
  void problem(const Document& document, std::string_view path, std::string_view what) {
    problems_.add({.file = document.file, .line = document.line}, path, what);
  }

  void issuers(Policy& policy);
  void check_source(const IssuerDocument& issuer);
  void route(Policy& policy, RouteDocument document);
  void legacy(const RouteDocument& document, Route& made);

  Documents documents_;
  Problems& problems_;
  std::map<std::string_view, const IssuerDocument*> by_name_;
  std::map<std::string_view, const IssuerDocument*> reviewers_;  // the first of each cluster
  std::set<std::string_view> clusters_;
};

void PolicyCompiler::check_source(const IssuerDocument& issuer) {
  if (issuer.keys.issuer == token::legacy_issuer) {
    problem(issuer, "spec.url",
            "is what every cluster's legacy tokens say: use legacyTokensFrom of a Route");
  } else if (issuer.keys.issuer.size() > 2'048) {
    problem(issuer, "spec.url", "must have at most 2048 bytes");
  } else if (issuer.mode != Mode::review) {
    if (const auto checked = verify::check(issuer.keys); !checked) {
      problem(issuer, "spec", checked.error().message);
    }
  }
  if (issuer.mode == Mode::oidc) return;
  const auto [first, fresh] = reviewers_.emplace(issuer.cluster, &issuer);
  if (!fresh && first->second->review != issuer.review) {
    problem(issuer, "spec.review",
            cat("differs from that of Issuer \"", first->second->name, "\" of the same cluster"));
  }
}

void PolicyCompiler::issuers(Policy& policy) {
  policy.issuers_ = std::move(documents_.issuers);
  for (const auto& issuer : policy.issuers_) {
    check_source(issuer);
    clusters_.insert(issuer.cluster);
    if (!by_name_.emplace(issuer.name, &issuer).second) {
      problem(issuer, "metadata.name", cat("there is an Issuer \"", issuer.name, "\" already"));
    }
    if (!policy.issuers_by_url_.emplace(issuer.keys.issuer, &issuer).second) {
      problem(issuer, "spec.url", "is that of another Issuer, too");
    }
  }
  if (policy.issuers_.empty()) problems_.add({}, "", "the policy has no Issuer");
}

void PolicyCompiler::legacy(const RouteDocument& document, Route& made) {
  if (document.legacy_tokens_from.empty()) return;
  const auto found = by_name_.find(document.legacy_tokens_from);
  if (found == by_name_.end()) {
    problem(document, "spec.legacyTokensFrom", "names no Issuer");
  } else if (found->second->mode == Mode::oidc) {
    problem(document, "spec.legacyTokensFrom", "names an Issuer whose cluster is never asked");
  } else if (!made.believes(*found->second)) {
    problem(document, "spec.legacyTokensFrom", "names an Issuer that the route does not believe");
  } else {
    made.legacy_issuer = found->second;
  }
}

void PolicyCompiler::route(Policy& policy, RouteDocument document) {
  Route made;
  made.id = static_cast<std::uint32_t>(policy.routes_.size());
  for (const auto& name : document.issuers) {
    if (!by_name_.contains(name)) {
      problem(document, "spec.issuers", cat("there is no Issuer ", codec::go_quote(name)));
    }
  }
  for (const auto& name : document.clusters) {
    if (!clusters_.contains(name)) {
      problem(document, "spec.clusters", cat("no Issuer is of cluster ", codec::go_quote(name)));
    }
  }
  for (const auto& audience : document.new_audiences) {
    if (holds(document.old_audiences, audience)) {
      problem(document, "spec.audiences", "has an audience that is both old and new");
    }
  }
  if (document.phase != Phase::old) made.audiences = document.new_audiences;
  if (document.phase != Phase::current) {
    std::ranges::copy(document.old_audiences, std::back_inserter(made.audiences));
  }
  if (!document.condition.empty()) {
    auto condition = Condition::compile(document.condition);
    if (condition) {
      made.condition = *std::move(condition);
    } else {
      problem(document, "spec.condition", condition.error().message);
    }
  }
  made.rules = std::move(document);
  legacy(made.rules, made);
  policy.routes_.push_back(std::move(made));
}

PolicyPtr compile_policy(Documents documents, Problems& problems) {
  return PolicyCompiler(std::move(documents), problems).run();
}

}  // namespace signet::party
