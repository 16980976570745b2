// A private key that stays where it was made: in a PKCS#11 token.
//
//   TRY(auto key, load_pkcs11_key({.uri = "pkcs11:token=hsm;object=signing",
//                                  .module = "/usr/lib/softhsm/libsofthsm2.so"}, pin));
//   TRY(auto signature, sign(key, Digest::sha256, message));      // as with any other PrivateKey
//
// Shape    the key signs through the token. What the module knows of the token lasts as long as the
//          process: once a session is lost, signing fails until the program is started anew.
// Errors   invalid: the URI or the module is no good, or the key no RSA or EC key of ours;
//          not_found: the token, the key or the right PIN is missing, which the library does not
//          tell apart; conflict: another module is in use. Never the PIN.
// Limits   one module a process; its keys sign one at a time, which their owner sees to.
// Threads  load_pkcs11_key() from any.
// Source   RFC 7512, PKCS#11 v2.40; through OpenSSL's ENGINE interface and libp11, as Debian 12 has
//          no provider for it. libp11 0.4.12 neither closes a module nor finds its slots again.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/key.h"

namespace signet::crypto {

struct Pkcs11Place {
  std::string uri;
  std::string module;  // path of the library that the token's maker gives
};

// Why this cannot be such a URI; a PIN in it is refused. Empty when it is fine.
std::string pkcs11_uri_problem(std::string_view uri);

Result<PrivateKey> load_pkcs11_key(const Pkcs11Place& place, const Secret& pin);

}  // namespace signet::crypto
