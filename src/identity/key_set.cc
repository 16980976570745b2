#include "identity/key_set.h"

#include <filesystem>
#include <utility>

#include "base/cat.h"
#include "base/files.h"
#include "base/secret.h"
#include "base/try.h"
#include "crypto/digest.h"
#include "jose/jws.h"

namespace signet::identity {
namespace {

constexpr std::size_t key_file_bytes_max = std::size_t{1} << 20U;

Result<crypto::PrivateKey> load_private(const std::string& path) {
  TRY(const auto pem, read_key_file(path));
  auto key = crypto::PrivateKey::parse_pem(pem);
  if (!key) return in_context(path, key.error());
  return key;
}

}  // namespace

Result<std::string> read_key_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return fail(ErrorKind::invalid, cat(path, ": no regular file"));
  }
  return read_file(path, key_file_bytes_max);
}

KeySetPtr make_key_set(crypto::PrivateKey signing_key,
                       const std::vector<crypto::PublicKey>& verification,
                       std::shared_ptr<KeyUse> use) {
  const auto signing = jose::verification_key(signing_key.public_key());
  std::vector<jose::VerificationKey> keys;
  keys.reserve(verification.size());
  for (const auto& key : verification) keys.push_back(jose::verification_key(key));
  return std::make_shared<const KeySet>(KeySet{
      .signing = SigningKey{.key = std::move(signing_key),
                            .algorithm = signing.algorithm,
                            .encoded_header = jose::encode_header(signing.algorithm, signing.kid),
                            .use = std::move(use)},
      .verification = std::move(keys)});
}

Result<KeySetPtr> load_key_set(const KeyFiles& files) {
  TRY(auto signing, load_private(files.signing_key_file));
  std::vector<crypto::PublicKey> verification;
  for (const auto& path : files.verification_key_files) {
    TRY(const auto pem, read_key_file(path));
    auto keys = crypto::parse_public_keys(pem);
    if (!keys) return in_context(path, keys.error());
    verification.insert(verification.end(), keys->begin(), keys->end());
  }
  if (verification.empty()) {
    return fail(ErrorKind::invalid,
                "--service-account-signing-key-file needs --service-account-key-file: the keys "
                "that verify are not taken from the key that signs");
  }
  if (verification.size() > KeyFiles::keys_max) {
    return fail(ErrorKind::exhausted,
                cat("the files of --service-account-key-file hold ", verification.size(),
                    " keys, more than ", KeyFiles::keys_max));
  }
  return make_key_set(std::move(signing), verification);
}

Result<std::string> fingerprint(const KeyFiles& files) {
  std::string digests;
  const auto add = [&digests](const std::string& path) -> Result<void> {
    TRY(auto text, read_key_file(path));
    const Secret wiped(std::move(text));
    const auto digest = crypto::sha256(wiped.reveal());
    for (const auto byte : digest) digests.push_back(static_cast<char>(byte));
    return {};
  };
  TRY_VOID(add(files.signing_key_file));
  for (const auto& path : files.verification_key_files) TRY_VOID(add(path));
  return digests;
}

}  // namespace signet::identity
