#include "signer/signing_keys.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/files.h"
#include "base/log.h"
#include "base/try.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "identity/key_set.h"
#include "jose/jws.h"
#include "signer/key_answer.h"

namespace signet::signer {
namespace {

constexpr std::size_t pin_bytes_max = 256;

// Kubernetes wants `typ` of a signer and has none in its own tokens.
std::string encode_header(const jose::VerificationKey& key) {
  std::string json = cat(R"({"alg":")", jose::to_string(key.algorithm), R"(","kid":)");
  codec::append_json_string(json, key.kid);
  json += R"(,"typ":"JWT"})";
  return codec::base64url_encode(json);
}

Result<Secret> read_pin(const std::string& path) {
  TRY(auto text, read_file(path, pin_bytes_max));
  if (text.ends_with('\n')) text.pop_back();
  if (text.empty()) return fail(ErrorKind::invalid, cat(path, " holds no PIN"));
  return Secret(std::move(text));
}

Result<void> append_keys(std::vector<jose::VerificationKey>& keys, const std::string& path,
                         const std::string& text) {
  const auto found = crypto::parse_public_keys(text);
  if (found) {
    for (const auto& key : *found) keys.push_back(jose::verification_key(key));
    return {};
  }
  // Kubernetes' reading of such files leaves out EC keys in PKCS#8.
  const auto whole = crypto::PrivateKey::parse_pem(text);
  if (!whole) return in_context(path, found.error());
  keys.push_back(jose::verification_key(whole->public_key()));
  return {};
}

crypto::Sha256 content_of(const std::vector<std::string>& texts) {
  std::string digests;
  for (const auto& text : texts) digests += crypto::as_bytes(crypto::sha256(text));
  return crypto::sha256(digests);
}

}  // namespace

Result<std::unique_ptr<SigningKeys>> SigningKeys::load(Options options, const Clock& clock) {
  std::unique_ptr<SigningKeys> made(new SigningKeys(std::move(options), clock));
  TRY_VOID(made->open_token());
  TRY(const auto texts, made->read_files());
  made->content_ = content_of(texts);
  TRY(auto keys, made->build(texts));
  made->current_.with([&](ServedKeysPtr& held) { held = std::move(keys); });
  return made;
}

Result<void> SigningKeys::open_token() {
  if (!options_.token) return {};
  TRY(const auto pin, read_pin(options_.pin_file));
  TRY(const auto key, crypto::load_pkcs11_key(*options_.token, pin));
  token_key_ = key.public_key();
  const auto digest = jose::row(jose::algorithm_of(key.type())).scheme.digest;
  TRY(auto signer, crypto::Signer::create(key, digest));
  // A token that lets us in need not let us sign.
  if (!signer.sign("")) {
    return fail(ErrorKind::invalid, cat("the token does not sign with ", options_.token->uri));
  }
  token_signer_.with([&](auto& held) { held = std::move(signer); });
  return {};
}

Result<std::vector<std::string>> SigningKeys::read_files() const {
  std::vector<std::string> texts;
  for (const auto* files : {&options_.key_files, &options_.unpublished_files}) {
    for (const auto& path : *files) {
      TRY(auto text, identity::read_key_file(path));
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

Result<ServedKeysPtr> SigningKeys::build(const std::vector<std::string>& texts) const {
  ServedKeys set;
  set.since = clock_.now();
  if (token_key_) {
    set.keys.push_back(jose::verification_key(*token_key_));
  } else {
    auto key = crypto::PrivateKey::parse_pem(texts.front());
    if (!key) return in_context(options_.key_files.front(), key.error());
    set.keys.push_back(jose::verification_key(key->public_key()));
    set.key = *std::move(key);
  }
  set.algorithm = set.keys.front().algorithm;
  set.encoded_header = encode_header(set.keys.front());
  const std::string signing_kid = set.keys.front().kid;

  std::vector<jose::VerificationKey> others;
  const auto published = options_.key_files.size();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool shown = i < published;
    const auto& path = shown ? options_.key_files[i] : options_.unpublished_files[i - published];
    TRY_VOID(append_keys(shown ? set.keys : others, path, texts[i]));
  }
  // The signing key stands first already.
  std::erase_if(set.keys, [&, first = true](const auto& key) mutable {
    return !std::exchange(first, false) && key.kid == signing_kid;
  });
  if (std::ranges::find(others, signing_kid, &jose::VerificationKey::kid) != others.end()) {
    return fail(ErrorKind::invalid, "the key that signs is excluded from discovery");
  }
  set.unpublished = others.size();
  std::ranges::move(others, std::back_inserter(set.keys));
  if (set.keys.size() > remote_keys_max) {
    return fail(ErrorKind::invalid,
                cat("there are ", set.keys.size(), " keys, more than ", remote_keys_max));
  }
  return std::make_shared<const ServedKeys>(std::move(set));
}

ServedKeysPtr SigningKeys::current() const {
  return current_.with([](const ServedKeysPtr& keys) { return keys; });
}

Result<std::string> SigningKeys::sign(const ServedKeys& keys, std::string_view input) {
  if (keys.key) return crypto::sign(*keys.key, jose::row(keys.algorithm).scheme.digest, input);
  auto signature = token_signer_.with([&](auto& signer) { return signer->sign(input); });
  if (signature) return signature;
  if (!lost_token_.exchange(true)) {
    log::error("the PKCS#11 token does not sign any more: its module needs a new start");
  }
  return fail(ErrorKind::unavailable, "the PKCS#11 token does not sign any more");
}

void SigningKeys::look() {
  auto texts = read_files();
  if (!texts) {
    // Once for as long as it stays away.
    if (std::exchange(readable_, false)) {
      log::error("keys cannot be read and stay as they were", {{"reason", texts.error().message}});
    }
    return;
  }
  readable_ = true;
  const auto content = content_of(*texts);
  if (std::exchange(content_, content) == content) return;
  auto keys = build(*texts);
  if (!keys) {
    log::error("keys stay as they were", {{"reason", keys.error().message}});
    return;
  }
  log::info("keys changed", {{"kid", (*keys)->keys.front().kid}});
  current_.with([&](ServedKeysPtr& held) { held = *std::move(keys); });
}

}  // namespace signet::signer
