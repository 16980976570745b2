// The keys of `signet signer`: one signs, all verify.
//
//   TRY(auto keys, SigningKeys::load({.key_files = {"signing.key", "old.pub"}}, clock));
//   keys->current()->keys ...
//   TRY(auto signature, keys->sign(*keys->current(), input));
//   keys->look();                               // the files may have changed
//
// Shape    the first key file holds the private key that signs, unless a PKCS#11 token does; all
//          keys of all files verify, and those of `unpublished_files` are not shown to relying
//          parties. Key ids are ours (tokens.md 3.2), so that an authority that moves its key here
//          goes on with the tokens it has. Good new files are in force at once; bad ones change
//          nothing and are logged. A key in a token is looked up at the start only.
// Errors   load(): the file and what is wrong with it. sign(): unavailable once the token lost us.
// Limits   64 keys; a file 1 MiB.
// Threads  current() and sign() from any; look() from one.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "crypto/pkcs11.h"
#include "crypto/signer.h"
#include "jose/jwk.h"

namespace signet::signer {

struct ServedKeys {
  std::string encoded_header;             // of what the first key signs
  std::optional<crypto::PrivateKey> key;  // none: it is in a token
  jose::Algorithm algorithm = jose::Algorithm::rs256;
  std::vector<jose::VerificationKey> keys;
  std::size_t unpublished = 0;  // how many of the last of them
  Instant since;                // when this set came into force
};
using ServedKeysPtr = std::shared_ptr<const ServedKeys>;

class SigningKeys {
 public:
  struct Options {
    std::vector<std::string> key_files;
    std::vector<std::string> unpublished_files;
    std::optional<crypto::Pkcs11Place> token;
    std::string pin_file;  // of the token
  };

  static Result<std::unique_ptr<SigningKeys>> load(Options options, const Clock& clock);

  ServedKeysPtr current() const;
  Result<std::string> sign(const ServedKeys& keys, std::string_view input);
  // The token does not sign any more, and will not before a new start.
  bool lost_token() const { return lost_token_.load(); }

  void look();

 private:
  SigningKeys(Options options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

  Result<void> open_token();
  Result<std::vector<std::string>> read_files() const;
  Result<ServedKeysPtr> build(const std::vector<std::string>& texts) const;

  Options options_;
  const Clock& clock_;
  std::optional<crypto::PublicKey> token_key_;
  Guarded<std::optional<crypto::Signer>> token_signer_;  // one signature at a time
  std::atomic<bool> lost_token_ = false;
  Guarded<ServedKeysPtr> current_;

  crypto::Sha256 content_{};  // of the files as they were last read, good or bad
  bool readable_ = true;
};

}  // namespace signet::signer
