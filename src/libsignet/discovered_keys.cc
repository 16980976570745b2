#include "libsignet/discovered_keys.h"

#include <algorithm>
#include <future>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/log.h"
#include "crypto/key.h"
#include "jose/jws.h"
#include "net/address.h"
#include "token/claims.h"
#include "verify/https_url.h"

namespace signet {
namespace {

constexpr std::chrono::milliseconds patience_max{2000};

verify::IssuerSource source_of(const Discovery& discovery) {
  verify::IssuerSource source{.issuer = discovery.issuer,
                              .jwks_hosts = discovery.jwks_hosts,
                              .ca_file = discovery.ca_file,
                              .allowed_cidrs = discovery.allowed_cidrs,
                              .hard_ttl = discovery.hard_ttl};
  if (!verify::is_https_url(discovery.issuer, verify::Query::refuse)) return source;
  const auto place = verify::host_and_port(discovery.issuer);
  if (!discovery.token_file.empty()) {
    source.credentials_file = discovery.token_file;
    source.credentials_origin = cat("https://", place);
  }
  // The program's owner named it, and nothing else ever does.
  const auto port = net::parse_host_port(place).value_or(net::HostPort{}).port;
  if (std::ranges::count(source.ports, port) == 0) source.ports.push_back(port);
  return source;
}

std::optional<UnixTime> issued_at(const jose::Jws& jws) {
  const auto parsed = token::parse_claims(jws.payload);
  if (!parsed || parsed->bound() == nullptr) return std::nullopt;
  return parsed->bound()->issued_at;
}

std::shared_ptr<const verify::KeySnapshot> snapshot_of(const verify::KeySet& keys) {
  verify::KeySnapshot snapshot;
  for (const auto& record : keys.records()) {
    auto key = crypto::PublicKey::from_spki(record.spki_der);
    if (!key) continue;
    snapshot.keys.push_back(
        {.kid = record.kid, .algorithm = record.algorithm, .key = *std::move(key)});
  }
  return std::make_shared<const verify::KeySnapshot>(std::move(snapshot));
}

}  // namespace

DiscoveredKeys::DiscoveredKeys(std::string directory)
    : engine_({.directory = std::move(directory)}, fetcher_, moments_, random_, metrics_),
      thread_(engine_) {}

Result<std::shared_ptr<DiscoveredKeys>> DiscoveredKeys::create(const Discovery& discovery) {
  // The standard error of a program is its own.
  log::set_level(log::Level::off);
  auto made = std::make_shared<DiscoveredKeys>(discovery.directory);
  if (auto configured = made->engine_.configure({source_of(discovery)}); !configured) {
    std::string problems;
    for (const auto& problem : configured.error()) {
      append(problems, problems.empty() ? "" : "\n", problem);
    }
    return fail(ErrorKind::invalid, std::move(problems));
  }
  made->issuer_ = discovery.issuer;
  made->slot_ = made->engine_.board().take()->issuers().front().slot;
  return made;
}

std::shared_ptr<const verify::KeySnapshot> DiscoveredKeys::current() const {
  if (slot_->mark_used()) engine_.board().ring(slot_->unit());
  auto keys = slot_->keys();
  if (keys == nullptr) return nullptr;
  return held_.with([&](Held& held) {
    if (held.keys != keys) {
      held.snapshot = snapshot_of(*keys);
      held.keys = std::move(keys);
    }
    return held.snapshot;
  });
}

std::string DiscoveredKeys::last_error() const {
  auto status = engine_.status(issuer_);
  return status ? std::move(status->last_error) : std::string();
}

verify::KeyAnswer DiscoveredKeys::look_for_key_of(std::string_view token,
                                                  std::chrono::milliseconds patience) {
  const auto jws = jose::parse_jws(token);
  if (!jws || !jws->algorithm) return verify::KeyAnswer::unknown_key;
  const verify::KeyQuestion question{
      .issuer = issuer_,
      .kid = jws->kid,
      .algorithm = *jws->algorithm,
      .issued_at = issued_at(*jws),
      .patience = std::clamp(patience, std::chrono::milliseconds(1), patience_max),
      .when_late = verify::KeyAnswer::keys_unavailable};
  if (patience <= std::chrono::milliseconds(0)) {
    engine_.wait_for(question, [](verify::KeyAnswer) {});
    return verify::KeyAnswer::keys_unavailable;
  }
  std::promise<verify::KeyAnswer> answered;
  auto answer = answered.get_future();
  engine_.wait_for(question, [answered = std::move(answered)](verify::KeyAnswer given) mutable {
    answered.set_value(given);
  });
  return answer.get();
}

}  // namespace signet
