#include "crypto/pkcs11.h"

// Deprecated in OpenSSL 3; what replaces it for PKCS#11 is not in Debian 12.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/engine.h>

#include <memory>
#include <utility>

#include "base/cat.h"
#include "base/guarded.h"
#include "base/try.h"
#include "crypto/native.h"

namespace signet::crypto {

// The process has one engine of this name, with one module in it, until its end.
class Pkcs11Module {
 public:
  Result<void> open(const std::string& path);
  Result<PrivateKey> load(const std::string& uri, const Secret& pin);

 private:
  std::string path_;
  ENGINE* engine_ = nullptr;
};

Result<void> Pkcs11Module::open(const std::string& path) {
  if (engine_ != nullptr) {
    if (path == path_) return {};
    return fail(ErrorKind::conflict, cat("the PKCS#11 module ", path_, " is in use"));
  }
  ENGINE* engine = ENGINE_by_id("pkcs11");
  if (engine == nullptr) {
    return fail(ErrorKind::invalid,
                "OpenSSL has no engine pkcs11: install libengine-pkcs11-openssl");
  }
  if (ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", path.c_str(), 0) != 1 ||
      ENGINE_init(engine) != 1) {
    ENGINE_free(engine);
    return fail(ErrorKind::invalid, cat("the PKCS#11 module ", path, " cannot be used"));
  }
  path_ = path;
  engine_ = engine;
  return {};
}

Result<PrivateKey> Pkcs11Module::load(const std::string& uri, const Secret& pin) {
  const Secret text{std::string(pin.reveal())};  // ends with a NUL
  if (ENGINE_ctrl_cmd_string(engine_, "PIN", text.reveal().data(), 0) != 1) {
    return fail(ErrorKind::invalid, "the PKCS#11 engine does not take the PIN");
  }
  PkeyPtr pkey(ENGINE_load_private_key(engine_, uri.c_str(), nullptr, nullptr));
  if (!pkey) {
    return fail(ErrorKind::not_found,
                cat("the module ", path_, " has no key ", uri, ", or does not let us in"));
  }
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(pkey.get(), &der);
  if (length <= 0) return fail(ErrorKind::invalid, cat(uri, ": the public half is missing"));
  std::string spki(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  auto public_key = PublicKey::from_spki(spki);
  if (!public_key) return in_context(uri, public_key.error());
  const auto& half = *public_key->native();
  auto native = std::make_shared<const NativeKey>(NativeKey{.pkey = std::move(pkey),
                                                            .type = half.type,
                                                            .signature_bytes = half.signature_bytes,
                                                            .spki = std::move(spki),
                                                            .in_token = true,
                                                            .serial = new_key_serial()});
  return PrivateKey(std::move(native), *std::move(public_key));
}

std::string pkcs11_uri_problem(std::string_view uri) {
  if (!uri.starts_with("pkcs11:")) return "must begin with pkcs11:";
  if (uri.contains("pin-value") || uri.contains("pin-source")) {
    return "must not hold a PIN: it comes from a file";
  }
  return {};
}

Result<PrivateKey> load_pkcs11_key(const Pkcs11Place& place, const Secret& pin) {
  static Guarded<Pkcs11Module> the_module;
  if (const auto problem = pkcs11_uri_problem(place.uri); !problem.empty()) {
    return fail(ErrorKind::invalid, cat("the PKCS#11 URI ", problem));
  }
  const QuietErrors quiet;
  return the_module.with([&](Pkcs11Module& module) -> Result<PrivateKey> {
    TRY_VOID(module.open(place.module));
    return module.load(place.uri, pin);
  });
}

}  // namespace signet::crypto
