// X.509 certificates for our own TLS: an authority, servers, clients.
//
//   TRY(auto ca, CertificateAuthority::create("signet-ca", clock.now(), std::chrono::years(10),
//   random)); TRY(auto server, ca.issue_server({.common_name = "signet", .dns_names =
//   {"localhost"}, ...}));
//
// Shape    P-256 authority, ECDSA with SHA-256, random 128-bit serial numbers, version 3.
// Units    instants are whole seconds; not_before lies an hour before `now` for slow clocks.
// Errors   invalid: does not parse, or a name or address that cannot be written into one.
// Limits   PEM text as codec/pem.h; the first certificate of a file counts.
// Threads  immutable: safe from any thread.
// Source   RFC 5280; Kubernetes reads CN as user name and O as groups.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/key.h"

namespace signet::crypto {

struct Subject {
  std::string common_name;
  std::vector<std::string> organizations;

  friend bool operator==(const Subject&, const Subject&) = default;
};

struct NativeCertificate;

class Certificate {
 public:
  static Result<Certificate> parse_pem(std::string_view pem);
  static Result<Certificate> parse_der(std::string_view der);

  std::string to_pem() const;
  const std::string& der() const;
  Subject subject() const;
  Subject issuer() const;
  std::string serial_hex() const;
  UnixTime not_before() const;
  UnixTime not_after() const;
  bool valid_at(Instant now) const;
  bool is_authority() const;
  std::vector<std::string> dns_names() const;
  std::vector<std::string> ip_addresses() const;
  // SHA-256 of the DER, lower-case hex.
  std::string fingerprint() const;

  Result<PublicKey> public_key() const;
  bool matches(const PrivateKey& key) const;
  // Signed by the key of `authority`, which may sign certificates and has the right name. Says
  // nothing about time.
  bool issued_by(const Certificate& authority) const;

 private:
  friend class CertificateAuthority;
  explicit Certificate(std::shared_ptr<const NativeCertificate> native)
      : native_(std::move(native)) {}

  std::shared_ptr<const NativeCertificate> native_;
};

struct ServerCertificateRequest {
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;  // "127.0.0.1", "::1"
};

struct KeyedCertificate {
  Certificate certificate;
  PrivateKey key;
};

class CertificateAuthority {
 public:
  static Result<CertificateAuthority> create(std::string_view common_name, Instant now,
                                             std::chrono::seconds validity, Random& random);
  // invalid unless the certificate is an authority's and the key is its own.
  static Result<CertificateAuthority> load(std::string_view certificate_pem,
                                           std::string_view key_pem);

  const Certificate& certificate() const { return certificate_; }
  const PrivateKey& key() const { return key_; }

  // With a new P-256 key. A certificate never outlives its authority.
  Result<KeyedCertificate> issue_server(const ServerCertificateRequest& request, Instant now,
                                        std::chrono::seconds validity, Random& random) const;
  Result<KeyedCertificate> issue_client(const Subject& subject, Instant now,
                                        std::chrono::seconds validity, Random& random) const;

 private:
  CertificateAuthority(Certificate certificate, PrivateKey key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}

  struct Leaf;
  Result<KeyedCertificate> issue(const Leaf& leaf, Instant now, std::chrono::seconds validity,
                                 Random& random) const;

  Certificate certificate_;
  PrivateKey key_;
};

}  // namespace signet::crypto
