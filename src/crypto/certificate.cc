#include "crypto/certificate.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/base64.h"
#include "codec/pem.h"
#include "crypto/digest.h"
#include "crypto/native.h"

namespace signet::crypto {

namespace {

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>>;

// RFC 5280 A.1: ub-common-name, ub-organization-name.
constexpr std::size_t name_bytes_max = 64;

std::string text_of(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, value);
  if (length < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
  OPENSSL_free(utf8);
  return text;
}

Subject read_name(const X509_NAME* name) {
  Subject subject;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const auto* entry = X509_NAME_get_entry(name, i);
    const int kind = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    if (kind == NID_commonName) subject.common_name = text_of(X509_NAME_ENTRY_get_data(entry));
    if (kind == NID_organizationName) {
      subject.organizations.push_back(text_of(X509_NAME_ENTRY_get_data(entry)));
    }
  }
  return subject;
}

bool add_entry(X509_NAME* name, int kind, std::string_view text) {
  return X509_NAME_add_entry_by_NID(name, kind, MBSTRING_UTF8, bytes_of(text),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

Result<void> write_name(X509_NAME* name, const Subject& subject) {
  for (const auto& organization : subject.organizations) {
    if (organization.empty() || organization.size() > name_bytes_max ||
        !add_entry(name, NID_organizationName, organization)) {
      return fail(ErrorKind::invalid, "certificate: an organization must have 1 to 64 characters");
    }
  }
  if (subject.common_name.empty() || subject.common_name.size() > name_bytes_max ||
      !add_entry(name, NID_commonName, subject.common_name)) {
    return fail(ErrorKind::invalid, "certificate: the common name must have 1 to 64 characters");
  }
  return {};
}

UnixTime read_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return UnixTime{};
  return UnixTime(std::chrono::seconds(::timegm(&parts)));
}

bool write_time(ASN1_TIME* out, UnixTime time) {
  // Past 9999 there is no encoding (RFC 5280 s4.1.2.5).
  constexpr std::int64_t last = 253'402'300'799;
  const auto seconds = std::clamp<std::int64_t>(time.time_since_epoch().count(), 0, last);
  return ASN1_TIME_set(out, static_cast<std::time_t>(seconds)) != nullptr;
}

bool add_extension(X509* certificate, X509* authority, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, authority, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_name(GENERAL_NAMES* names, int type, ASN1_STRING* value) {
  auto* name = GENERAL_NAME_new();
  if (name == nullptr || value == nullptr) {
    GENERAL_NAME_free(name);
    ASN1_STRING_free(value);
    return false;
  }
  GENERAL_NAME_set0_value(name, type, value);
  if (sk_GENERAL_NAME_push(names, name) > 0) return true;
  GENERAL_NAME_free(name);
  return false;
}

ASN1_STRING* dns_value(const std::string& text) {
  auto* value = ASN1_IA5STRING_new();
  if (value != nullptr) ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
  return value;
}

bool is_dns_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '*' || c == '_';
  });
}

Result<void> add_alternative_names(X509* certificate, const ServerCertificateRequest& request) {
  if (request.dns_names.empty() && request.ip_addresses.empty()) return {};
  const NamesPtr names(GENERAL_NAMES_new());
  for (const auto& name : request.dns_names) {
    if (!is_dns_name(name) || !add_name(names.get(), GEN_DNS, dns_value(name))) {
      return fail(ErrorKind::invalid, "certificate: not a DNS name");
    }
  }
  for (const auto& address : request.ip_addresses) {
    auto* octets = a2i_IPADDRESS(address.c_str());
    if (octets == nullptr || !add_name(names.get(), GEN_IPADD, octets)) {
      return fail(ErrorKind::invalid, "certificate: not an IP address");
    }
  }
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) !=
      1) {
    return fail(ErrorKind::internal, "certificate: cannot add names");
  }
  return {};
}

bool set_serial(X509* certificate, Random& random) {
  std::array<std::byte, 16> bytes{};
  random.fill(bytes);
  bytes[0] = (bytes[0] & std::byte{0x7f}) | std::byte{0x40};  // positive, always 16 bytes
  const BignumPtr number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

struct Validity {
  UnixTime from;
  UnixTime until;
};

Validity validity_from(Instant now, std::chrono::seconds validity) {
  const auto start = whole_seconds(now);
  return {.from = start - std::chrono::hours(1), .until = start + validity};
}

// A certificate for `key` with everything but its extensions and its signature.
Result<X509Ptr> begin(const PublicKey& key, const Subject& subject, const Validity& validity,
                      Random& random) {
  X509Ptr certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      !set_serial(certificate.get(), random) ||
      !write_time(X509_getm_notBefore(certificate.get()), validity.from) ||
      !write_time(X509_getm_notAfter(certificate.get()), validity.until) ||
      X509_set_pubkey(certificate.get(), key.native()->pkey.get()) != 1) {
    return fail(ErrorKind::internal, "certificate: cannot be built");
  }
  TRY_VOID(write_name(X509_get_subject_name(certificate.get()), subject));
  return certificate;
}

Result<std::string> finish(X509* certificate, const PrivateKey& signer) {
  if (X509_sign(certificate, signer.native()->pkey.get(), fetched(Digest::sha256)) <= 0) {
    return fail(ErrorKind::internal, "certificate: cannot be signed");
  }
  unsigned char* der = nullptr;
  const int length = i2d_X509(certificate, &der);
  if (length <= 0) return fail(ErrorKind::internal, "certificate: cannot be encoded");
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return bytes;
}

// Names of one kind in the subject's alternative names, each through `read`.
template <typename Read>
std::vector<std::string> alternative_names(const X509* certificate, int type, Read read) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> found;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int kind = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind));
    if (kind == type) found.push_back(read(value));
  }
  return found;
}

std::string address_text(const ASN1_STRING* value) {
  const auto* bytes = ASN1_STRING_get0_data(value);
  const int length = ASN1_STRING_length(value);
  if (length == 4) return cat(bytes[0], '.', bytes[1], '.', bytes[2], '.', bytes[3]);
  if (length != 16) return {};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 16; i += 2) {
    if (i > 0) text += ':';
    const unsigned group = (static_cast<unsigned>(bytes[i]) << 8U) | bytes[i + 1];
    bool started = false;
    for (const unsigned shift : {12U, 8U, 4U, 0U}) {
      const auto digit = (group >> shift) & 0xfU;
      started = started || digit != 0 || shift == 0;
      if (started) text += digits[digit];
    }
  }
  return text;
}

}  // namespace

Result<Certificate> Certificate::parse_der(std::string_view der) {
  const auto* at = bytes_of(der);
  X509Ptr parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!parsed || at != bytes_of(der) + der.size()) {
    ERR_clear_error();
    return fail(ErrorKind::invalid, "certificate: does not parse");
  }
  // Fills in the cached extensions, which is not safe to happen in two threads later.
  (void)X509_check_purpose(parsed.get(), -1, 0);
  return Certificate(std::make_shared<const NativeCertificate>(
      NativeCertificate{.x509 = std::move(parsed), .der = std::string(der)}));
}

Result<Certificate> Certificate::parse_pem(std::string_view pem) {
  auto blocks = codec::parse_pem(pem);
  if (!blocks) return in_context("certificate", std::move(blocks).error());
  const auto block = std::ranges::find(*blocks, "CERTIFICATE", &codec::PemBlock::label);
  if (block == blocks->end()) return fail(ErrorKind::invalid, "certificate: no such PEM block");
  return parse_der(block->der);
}

std::string Certificate::to_pem() const {
  return codec::to_pem("CERTIFICATE", native_->der);
}
const std::string& Certificate::der() const {
  return native_->der;
}

Subject Certificate::subject() const {
  return read_name(X509_get_subject_name(native_->x509.get()));
}
Subject Certificate::issuer() const {
  return read_name(X509_get_issuer_name(native_->x509.get()));
}

std::string Certificate::serial_hex() const {
  const auto* serial = X509_get0_serialNumber(native_->x509.get());
  return codec::hex_encode({reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                            static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

UnixTime Certificate::not_before() const {
  return read_time(X509_get0_notBefore(native_->x509.get()));
}
UnixTime Certificate::not_after() const {
  return read_time(X509_get0_notAfter(native_->x509.get()));
}
bool Certificate::valid_at(Instant now) const {
  const auto second = whole_seconds(now);
  return not_before() <= second && second <= not_after();
}

bool Certificate::is_authority() const {
  return X509_check_ca(native_->x509.get()) == 1;
}

std::vector<std::string> Certificate::dns_names() const {
  return alternative_names(native_->x509.get(), GEN_DNS, text_of);
}
std::vector<std::string> Certificate::ip_addresses() const {
  return alternative_names(native_->x509.get(), GEN_IPADD, address_text);
}

std::string Certificate::fingerprint() const {
  return codec::hex_encode(as_bytes(sha256(native_->der)));
}

Result<PublicKey> Certificate::public_key() const {
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(native_->x509.get()), &der);
  if (length <= 0) return fail(ErrorKind::invalid, "certificate: holds no public key");
  const std::string spki(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return PublicKey::from_spki(spki);
}

bool Certificate::matches(const PrivateKey& key) const {
  const auto own = public_key();
  return own && *own == key.public_key();
}

bool Certificate::issued_by(const Certificate& authority) const {
  auto* own = native_->x509.get();
  auto* issuer = authority.native_->x509.get();
  const bool named = X509_check_issued(issuer, own) == X509_V_OK && authority.is_authority();
  const bool signed_by = named && X509_verify(own, X509_get0_pubkey(issuer)) == 1;
  if (!signed_by) ERR_clear_error();
  return signed_by;
}

Result<CertificateAuthority> CertificateAuthority::create(std::string_view common_name, Instant now,
                                                          std::chrono::seconds validity,
                                                          Random& random) {
  TRY(auto key, PrivateKey::generate(NewKey::p256));
  const Subject subject{.common_name = std::string(common_name), .organizations = {}};
  TRY(const auto unsigned_certificate,
      begin(key.public_key(), subject, validity_from(now, validity), random));
  auto* raw = unsigned_certificate.get();
  if (X509_set_issuer_name(raw, X509_get_subject_name(raw)) != 1 ||
      !add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE") ||
      !add_extension(raw, raw, NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign") ||
      !add_extension(raw, raw, NID_subject_key_identifier, "hash")) {
    return fail(ErrorKind::internal, "certificate: cannot be built");
  }
  TRY(const auto der, finish(raw, key));
  TRY(auto certificate, Certificate::parse_der(der));
  return CertificateAuthority(std::move(certificate), std::move(key));
}

Result<CertificateAuthority> CertificateAuthority::load(std::string_view certificate_pem,
                                                        std::string_view key_pem) {
  TRY(auto certificate, Certificate::parse_pem(certificate_pem));
  TRY(auto key, PrivateKey::parse_pem(key_pem));
  if (!certificate.is_authority()) {
    return fail(ErrorKind::invalid, "certificate: not that of an authority");
  }
  if (!certificate.matches(key)) {
    return fail(ErrorKind::invalid, "certificate: the key is another one's");
  }
  return CertificateAuthority(std::move(certificate), std::move(key));
}

struct CertificateAuthority::Leaf {
  Subject subject;
  const char* usage;
  const ServerCertificateRequest* names;  // null for a client
};

Result<KeyedCertificate> CertificateAuthority::issue(const Leaf& leaf, Instant now,
                                                     std::chrono::seconds validity,
                                                     Random& random) const {
  auto* authority = certificate_.native_->x509.get();
  auto span = validity_from(now, validity);
  span.until = std::min(span.until, certificate_.not_after());
  TRY(auto key, PrivateKey::generate(NewKey::p256));
  TRY(const auto unsigned_certificate, begin(key.public_key(), leaf.subject, span, random));
  auto* raw = unsigned_certificate.get();
  if (X509_set_issuer_name(raw, X509_get_subject_name(authority)) != 1 ||
      !add_extension(raw, authority, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(raw, authority, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(raw, authority, NID_ext_key_usage, leaf.usage) ||
      !add_extension(raw, authority, NID_subject_key_identifier, "hash") ||
      !add_extension(raw, authority, NID_authority_key_identifier, "keyid")) {
    return fail(ErrorKind::internal, "certificate: cannot be built");
  }
  if (leaf.names != nullptr) TRY_VOID(add_alternative_names(raw, *leaf.names));
  TRY(const auto der, finish(raw, key_));
  TRY(auto certificate, Certificate::parse_der(der));
  return KeyedCertificate{.certificate = std::move(certificate), .key = std::move(key)};
}

Result<KeyedCertificate> CertificateAuthority::issue_server(const ServerCertificateRequest& request,
                                                            Instant now,
                                                            std::chrono::seconds validity,
                                                            Random& random) const {
  return issue({.subject = {.common_name = request.common_name, .organizations = {}},
                .usage = "serverAuth",
                .names = &request},
               now, validity, random);
}

Result<KeyedCertificate> CertificateAuthority::issue_client(const Subject& subject, Instant now,
                                                            std::chrono::seconds validity,
                                                            Random& random) const {
  return issue({.subject = subject, .usage = "clientAuth", .names = nullptr}, now, validity,
               random);
}

}  // namespace signet::crypto
