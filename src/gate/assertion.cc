#include "gate/assertion.h"

#include <array>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "jose/jwk.h"
#include "jose/jws.h"

namespace signet::gate {
namespace {

constexpr std::string_view type = "k8s-assert+jwt";

std::string header_of(std::string_view kid) {
  std::string header = R"({"alg":"ES256","typ":")";
  append(header, type, R"(","kid":)");
  codec::append_json_string(header, kid);
  header += '}';
  return codec::base64url_encode(header);
}

codec::JsonObject kubernetes_claims(const party::Caller& caller) {
  codec::JsonObject account{{"name", caller.name}};
  if (!caller.uid.empty()) account["uid"] = caller.uid;
  codec::JsonObject claims{
      {"cluster", caller.cluster}, {"namespace", caller.ns}, {"serviceaccount", account}};
  if (caller.pod) {
    codec::JsonObject pod{{"name", caller.pod->name}};
    if (!caller.pod->uid.empty()) pod["uid"] = caller.pod->uid;
    claims["pod"] = pod;
  }
  return claims;
}

}  // namespace

Result<std::unique_ptr<Assertions>> Assertions::create(std::string issuer, Random& random) {
  TRY(auto key, crypto::PrivateKey::generate(crypto::NewKey::p256));
  return std::unique_ptr<Assertions>(new Assertions(std::move(issuer), std::move(key), random));
}

Assertions::Assertions(std::string issuer, crypto::PrivateKey key, Random& random)
    : issuer_(std::move(issuer)), key_(std::move(key)), random_(random) {
  const std::array keys{jose::verification_key(key_.public_key())};
  header_ = header_of(keys.front().kid);
  jwks_ = jose::to_jwks(keys);
}

std::string Assertions::make(const party::Caller& caller, std::string_view route, Instant now) {
  const auto at = whole_seconds(now);
  Key key{route, caller.subject};
  auto kept = made_.with([&](const auto& made) -> std::string {
    const auto found = made.find(key);
    if (found == made.end() || at < found->second.issued_at ||
        at >= found->second.issued_at + life / 2 || found->second.caller != caller) {
      return {};
    }
    return found->second.text;
  });
  if (!kept.empty()) return kept;
  auto text = sign(caller, route, at);
  made_.with([&](auto& made) {
    if (made.size() >= remembered_max) {
      std::erase_if(made,
                    [at](const auto& entry) { return at >= entry.second.issued_at + life / 2; });
    }
    if (text.empty() || (made.size() >= remembered_max && !made.contains(key))) return;
    made.insert_or_assign(std::move(key), Made{.caller = caller, .issued_at = at, .text = text});
  });
  return text;
}

std::string Assertions::sign(const party::Caller& caller, std::string_view route, UnixTime now) {
  const auto seconds = now.time_since_epoch().count();
  const codec::JsonObject claims{{"iss", issuer_},
                                 {"sub", caller.subject},
                                 {"aud", route},
                                 {"iat", seconds},
                                 {"exp", seconds + life.count()},
                                 {"jti", uuid_v4(random_)},
                                 {"k8s", kubernetes_claims(caller)}};
  auto text = jose::sign_compact(key_, header_, codec::to_json(claims));
  if (text) return *std::move(text);
  log::error("an assertion cannot be signed", {{"error", text.error().message}});
  return {};
}

}  // namespace signet::gate
