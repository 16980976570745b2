#include "verify/source_plan.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/cat.h"
#include "verify/key_fetch.h"

namespace signet::verify {
namespace {

constexpr std::size_t sources_max = 100'000;

void put(std::string& out, std::string_view text) {
  append(out, text.size(), ':', text);
}

// Unambiguous, as every part says its length.
crypto::Sha256 identity_of(const IssuerSource& source) {
  std::string out;
  // Keys at a URL of the operator's are the same whoever they are for.
  put(out, source.jwks_uri.empty() ? source.issuer : std::string_view());
  for (const auto* text :
       {&source.discovery_url, &source.jwks_uri, &source.jwks, &source.ca_file, &source.ca_pem,
        &source.spki_pin, &source.credentials_file, &source.credentials_origin}) {
    put(out, *text);
  }
  for (const auto* list : {&source.jwks_hosts, &source.allowed_cidrs}) {
    append(out, list->size(), ';');
    for (const auto& text : *list) put(out, text);
  }
  append(out, source.ports.size(), ';');
  for (const auto port : source.ports) append(out, port, ',');
  out += source.verify_kid_hash ? 'h' : '-';
  out += source.rfc8414 ? '8' : '-';
  return crypto::sha256(out);
}

KeyLifecycle::Rules rules_of(const IssuerSource& source) {
  return {.soft_ttl = source.soft_ttl,
          .soft_ttl_max = source.soft_ttl_max,
          .hard_ttl = source.hard_ttl,
          .kid_miss_interval = source.kid_miss_interval};
}

// Soon is strict for a TTL, seldom for a budget.
void tighten(KeyLifecycle::Rules& rules, const KeyLifecycle::Rules& other) {
  rules.soft_ttl = std::min(rules.soft_ttl, other.soft_ttl);
  rules.soft_ttl_max = std::min(rules.soft_ttl_max, other.soft_ttl_max);
  rules.hard_ttl = std::min(rules.hard_ttl, other.hard_ttl);
  rules.kid_miss_interval = std::max(rules.kid_miss_interval, other.kid_miss_interval);
}

class Planner {
 public:
  void add(IssuerSource source) {
    if (const auto checked = check(source); !checked) {
      mistakes_.push_back(cat("issuer ", source.issuer, ": ", checked.error().message));
      return;
    }
    const auto identity = identity_of(source);
    const auto [known, added] = of_issuer_.try_emplace(source.issuer, identity);
    if (!added && known->second != identity) {
      mistakes_.push_back(cat("issuer ", source.issuer, ": twice, with different sources"));
      return;
    }
    const auto [at, is_new] = sets_.try_emplace(identity, plans_.size());
    if (is_new) {
      begin(identity, std::move(source));
      return;
    }
    join(at->second, std::move(source), added);
  }

  Result<std::vector<PlannedSet>, std::vector<std::string>> finish() {
    if (!mistakes_.empty()) return std::unexpected(std::move(mistakes_));
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      plans_[i].source = std::make_shared<const IssuerSource>(std::move(merged_[i]));
    }
    return std::move(plans_);
  }

 private:
  void begin(const crypto::Sha256& identity, IssuerSource source) {
    PlannedSet plan{.identity = identity,
                    .source = nullptr,
                    .trust = trust_of(source),
                    .rules = rules_of(source),
                    .issuers = {source.issuer},
                    .fixed = {}};
    if (!source.jwks.empty()) {
      plan.fixed = records_of(source.jwks).value_or(std::vector<KeyRecord>());
      source.jwks.clear();
      source.jwks.shrink_to_fit();
    }
    source.ca_pem.clear();
    source.ca_pem.shrink_to_fit();
    plans_.push_back(std::move(plan));
    merged_.push_back(std::move(source));
  }
  std::shared_ptr<const net::FetchTrust> trust_of(const IssuerSource& source) {
    auto& trust = trusts_[{source.ca_pem, source.spki_pin}];
    if (trust == nullptr) {
      trust = std::make_shared<const net::FetchTrust>(
          net::FetchTrust{.ca_pem = source.ca_pem, .spki_pin = source.spki_pin});
    }
    return trust;
  }
  void join(std::size_t index, IssuerSource source, bool new_issuer) {
    auto& plan = plans_[index];
    tighten(plan.rules, rules_of(source));
    if (new_issuer) plan.issuers.push_back(std::move(source.issuer));
    auto& refused = merged_[index].refused_kids;
    for (auto& kid : source.refused_kids) {
      if (std::ranges::find(refused, kid) == refused.end()) refused.push_back(std::move(kid));
    }
  }

  std::unordered_map<std::string, crypto::Sha256> of_issuer_;
  std::map<crypto::Sha256, std::size_t> sets_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const net::FetchTrust>> trusts_;
  std::vector<PlannedSet> plans_;
  std::vector<IssuerSource> merged_;  // beside plans_
  std::vector<std::string> mistakes_;
};

}  // namespace

Result<std::vector<PlannedSet>, std::vector<std::string>> plan_sources(
    std::vector<IssuerSource> sources) {
  if (sources.size() > sources_max) {
    return std::unexpected(std::vector<std::string>{"more than 100,000 issuers"});
  }
  Planner planner;
  for (auto& source : sources) planner.add(std::move(source));
  return planner.finish();
}

}  // namespace signet::verify
