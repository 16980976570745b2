#include "identity/key_set.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/cat.h"
#include "base/files.h"
#include "base/try.h"
#include "jose/jws.h"

namespace signet::identity {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t key_file_bytes_max = std::size_t{1} << 20U;
// Sorts before what later rotations write; the newest name signs.
constexpr std::string_view first_key_name = "0001.key";

Result<crypto::PrivateKey> load_private(const std::string& path) {
  TRY(const auto pem, read_file(path, key_file_bytes_max));
  auto key = crypto::PrivateKey::parse_pem(pem);
  if (!key) return in_context(path, key.error());
  return key;
}

Result<KeySetPtr> from_directory(const KeyFiles& files) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(files.directory, error)) {
    if (entry.path().extension() == ".key") paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  if (paths.empty()) {
    TRY(auto key, crypto::PrivateKey::generate(files.new_key));
    TRY_VOID(make_directory(files.directory, 0700));
    const auto path = cat(files.directory, '/', first_key_name);
    TRY_VOID(write_file_durably(path, key.to_pem().reveal(), 0600));
    const auto public_key = key.public_key();
    return make_key_set(std::move(key), {public_key});
  }
  std::vector<crypto::PublicKey> verification;
  for (const auto& path : paths) {
    TRY(const auto key, load_private(path));
    verification.push_back(key.public_key());
  }
  TRY(auto signing, load_private(paths.back()));
  return make_key_set(std::move(signing), verification);
}

}  // namespace

KeySetPtr make_key_set(crypto::PrivateKey signing_key,
                       const std::vector<crypto::PublicKey>& verification) {
  const auto signing = jose::verification_key(signing_key.public_key());
  std::vector<jose::VerificationKey> keys;
  keys.reserve(verification.size());
  for (const auto& key : verification) keys.push_back(jose::verification_key(key));
  return std::make_shared<const KeySet>(KeySet{
      .signing = SigningKey{.key = std::move(signing_key),
                            .algorithm = signing.algorithm,
                            .encoded_header = jose::encode_header(signing.algorithm, signing.kid)},
      .verification = std::move(keys)});
}

Result<KeySetPtr> load_key_set(const KeyFiles& files) {
  if (files.signing_key_file.empty()) return from_directory(files);
  TRY(auto signing, load_private(files.signing_key_file));
  std::vector<crypto::PublicKey> verification;
  for (const auto& path : files.verification_key_files) {
    TRY(const auto pem, read_file(path, key_file_bytes_max));
    auto keys = crypto::parse_public_keys(pem);
    if (!keys) return in_context(path, keys.error());
    verification.insert(verification.end(), keys->begin(), keys->end());
  }
  if (verification.empty()) {
    return fail(ErrorKind::invalid,
                "--service-account-signing-key-file needs --service-account-key-file: the keys "
                "that verify are not taken from the key that signs");
  }
  return make_key_set(std::move(signing), verification);
}

}  // namespace signet::identity
