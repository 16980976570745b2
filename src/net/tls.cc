#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "net/tls_impl.h"

namespace signet::net {
namespace {

using Bio = std::unique_ptr<BIO, Release<BIO_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;

// Sessions kept for resumption; one with a client certificate holds some 4 kB.
constexpr long sessions_max = 512;
constexpr long session_seconds_max = 3600;

Result<Bio> memory(std::string_view pem) {
  if (pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return fail(ErrorKind::invalid, "TLS: PEM text too long");
  }
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// Never asks on the terminal for the passphrase of an encrypted key.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return 0;
}

Result<void> use_certificate(SSL_CTX* context, const ServerTls& tls) {
  TRY(const Bio chain, memory(tls.certificate_chain));
  const Certificate leaf(PEM_read_bio_X509(chain.get(), nullptr, no_passphrase, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    return fail(ErrorKind::invalid, cat("TLS: server certificate: ", openssl_reason()));
  }
  while (Certificate next{PEM_read_bio_X509(chain.get(), nullptr, no_passphrase, nullptr)}) {
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) {
      return fail(ErrorKind::invalid, cat("TLS: certificate chain: ", openssl_reason()));
    }
  }
  ERR_clear_error();  // "no start line": the end of the chain
  TRY(const Bio text, memory(tls.private_key));
  const Key key(PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, nullptr));
  if (!key) return fail(ErrorKind::invalid, cat("TLS: server key: ", openssl_reason()));
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return fail(ErrorKind::invalid, "TLS: the server key does not belong to the certificate");
  }
  return {};
}

Result<void> ask_for_client(SSL_CTX* context, const std::string& client_ca) {
  if (client_ca.empty()) return {};
  TRY(const Bio text, memory(client_ca));
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  int found = 0;
  while (Certificate ca{PEM_read_bio_X509(text.get(), nullptr, no_passphrase, nullptr)}) {
    if (X509_STORE_add_cert(store, ca.get()) != 1 ||
        SSL_CTX_add_client_CA(context, ca.get()) != 1) {
      return fail(ErrorKind::invalid, cat("TLS: client CA: ", openssl_reason()));
    }
    ++found;
  }
  ERR_clear_error();
  if (found == 0) return fail(ErrorKind::invalid, "TLS: client CA: no PEM certificate in it");
  // Optional, but what is shown must be good: purpose clientAuth is OpenSSL's default for servers.
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return {};
}

int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void* /*user*/) {
  static constexpr std::array<unsigned char, 12> ours = {2,   'h', '2', 8,   'h', 't',
                                                         't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, ours.data(), ours.size(), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void set_policy(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_ciphersuites(
      context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
  // Sessions stay here rather than in tickets: OpenSSL decodes the client's certificate again for
  // every ticket it writes, and a ticket would carry the identity out of our sight.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
  SSL_CTX_sess_set_cache_size(context, sessions_max);
  SSL_CTX_set_timeout(context, session_seconds_max);
  static constexpr std::array<unsigned char, 6> name = {'s', 'i', 'g', 'n', 'e', 't'};
  SSL_CTX_set_session_id_context(context, name.data(), name.size());
  // Idle connections give their record buffers back.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

std::string text_of(const X509_NAME_ENTRY* entry) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
  if (size < 0) return {};
  std::string text(utf8, utf8 + size);
  OPENSSL_free(utf8);
  return text;
}

// Kubernetes' attribute for the uid of a user. It has no name in OpenSSL.
bool is_uid(const ASN1_OBJECT* type) {
  static const ASN1_OBJECT* const uid = OBJ_txt2obj("1.3.6.1.4.1.57683.2", 1);
  return OBJ_cmp(type, uid) == 0;
}

std::string hex_digest(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  std::string hex;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4U];
    hex += "0123456789abcdef"[digest[i] & 15U];
  }
  return hex;
}

}  // namespace

Result<SslContext> make_server_context(const ServerTls& tls) {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(ErrorKind::internal, cat("TLS: ", openssl_reason()));
  set_policy(context.get());
  TRY_VOID(use_certificate(context.get(), tls));
  TRY_VOID(ask_for_client(context.get(), tls.client_ca));
  return context;
}

PeerVerdict read_peer(const SSL* ssl, std::shared_ptr<const PeerCertificate>& peer) {
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return PeerVerdict::none;
  if (SSL_get_verify_result(ssl) != X509_V_OK ||
      X509_cmp_current_time(X509_get0_notAfter(certificate)) != 1) {
    return PeerVerdict::refused;
  }
  PeerCertificate read;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, i);
    const ASN1_OBJECT* type = X509_NAME_ENTRY_get_object(entry);
    const int nid = OBJ_obj2nid(type);
    if (nid == NID_commonName) read.common_name = text_of(entry);
    if (nid == NID_organizationName) read.organizations.push_back(text_of(entry));
    if (is_uid(type)) read.uids.push_back(text_of(entry));
  }
  read.sha256 = hex_digest(certificate);
  peer = std::make_shared<const PeerCertificate>(std::move(read));
  return PeerVerdict::verified;
}

std::chrono::seconds certificate_life_left(const SSL* ssl) {
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return certificate_life_longest;
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) != 1) return {};
  return std::min<std::chrono::seconds>(certificate_life_longest,
                                        std::chrono::days(days) + std::chrono::seconds(seconds));
}

bool chose_http2(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return size == 2 && name[0] == 'h' && name[1] == '2';
}

std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown reason" : reason;
}

}  // namespace signet::net
