#include "server/data_directory.h"

#include <arpa/inet.h>

#include <filesystem>
#include <utility>

#include "base/cat.h"
#include "base/files.h"
#include "base/try.h"
#include "codec/base64.h"

namespace signet::server {
namespace {

using crypto::Certificate;
using crypto::CertificateAuthority;
using crypto::PrivateKey;

constexpr std::size_t pem_bytes_max = std::size_t{64} * 1024;
constexpr std::chrono::seconds authority_validity = std::chrono::days{3650};
constexpr std::chrono::seconds certificate_validity = std::chrono::days{365};
// A certificate that would not outlast this is replaced at start.
constexpr std::chrono::seconds renew_before = std::chrono::days{30};

constexpr mode_t secret_mode = 0600;
constexpr mode_t public_mode = 0644;

bool is_ip_address(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

Result<CertificateAuthority> load_authority(const std::string& directory, Instant now,
                                            Random& random) {
  const auto certificate_path = directory + "/ca.crt";
  const auto key_path = directory + "/ca.key";
  const auto certificate = read_file(certificate_path, pem_bytes_max);
  if (certificate) {
    TRY(const auto key, read_file(key_path, pem_bytes_max));
    auto authority = CertificateAuthority::load(*certificate, key);
    if (!authority) return in_context(certificate_path, authority.error());
    return authority;
  }
  if (certificate.error().kind != ErrorKind::not_found) return std::unexpected(certificate.error());
  TRY(auto authority, CertificateAuthority::create("signet-ca", now, authority_validity, random));
  // The key first: a certificate without its key could not be repaired.
  TRY_VOID(write_file_durably(key_path, authority.key().to_pem().reveal(), secret_mode));
  TRY_VOID(write_file_durably(certificate_path, authority.certificate().to_pem(), public_mode));
  return authority;
}

// Certificate and key of a client, as PEM texts.
Result<std::pair<std::string, std::string>> load_client(const std::string& directory,
                                                        const std::string& name,
                                                        const CertificateAuthority& authority,
                                                        const crypto::Subject& subject, Instant now,
                                                        Random& random) {
  const auto certificate_path = cat(directory, '/', name, ".crt");
  const auto key_path = cat(directory, '/', name, ".key");
  const auto certificate_pem = read_file(certificate_path, pem_bytes_max);
  const auto key_pem = read_file(key_path, pem_bytes_max);
  if (certificate_pem && key_pem) {
    const auto certificate = Certificate::parse_pem(*certificate_pem);
    const auto key = PrivateKey::parse_pem(*key_pem);
    if (certificate && key && certificate->matches(*key) && certificate->subject() == subject &&
        certificate->issued_by(authority.certificate()) &&
        certificate->valid_at(now + renew_before)) {
      return std::pair{*certificate_pem, *key_pem};
    }
  }
  TRY(const auto issued, authority.issue_client(subject, now, certificate_validity, random));
  const auto key = issued.key.to_pem();
  const auto certificate = issued.certificate.to_pem();
  TRY_VOID(write_file_durably(key_path, key.reveal(), secret_mode));
  TRY_VOID(write_file_durably(certificate_path, certificate, public_mode));
  return std::pair{certificate, std::string(key.reveal())};
}

}  // namespace

Result<DataDirectory> DataDirectory::open(std::string path) {
  path = std::filesystem::absolute(path).lexically_normal();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  TRY_VOID(make_directory(path, 0700));
  TRY_VOID(make_directory(path + "/pki", 0700));
  return DataDirectory(std::move(path));
}

Result<Pki> DataDirectory::load_pki(const std::string& host, const std::string& node_name,
                                    Instant now, Random& random) const {
  const auto directory = path_ + "/pki";
  TRY(const auto authority, load_authority(directory, now, random));
  crypto::ServerCertificateRequest request{
      .common_name = "signet",
      .dns_names = {"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
                    "kubernetes.default.svc.cluster.local"},
      .ip_addresses = {"127.0.0.1", "::1"}};
  if (is_ip_address(host)) {
    if (host != "127.0.0.1" && host != "::1") request.ip_addresses.push_back(host);
  } else if (host != "localhost") {
    request.dns_names.push_back(host);
  }
  TRY(const auto server, authority.issue_server(request, now, certificate_validity, random));
  TRY(auto admin, load_client(directory, "admin", authority,
                              {.common_name = "signet-admin", .organizations = {"system:masters"}},
                              now, random));
  Pki pki{.ca_pem = authority.certificate().to_pem(),
          .server_certificate_pem = server.certificate.to_pem(),
          .server_key_pem = std::string(server.key.to_pem().reveal()),
          .admin_certificate_pem = std::move(admin.first),
          .admin_key_pem = std::move(admin.second),
          .node_certificate_pem = {},
          .node_key_pem = {}};
  if (!node_name.empty()) {
    TRY(auto node,
        load_client(directory, "node", authority,
                    {.common_name = "system:node:" + node_name, .organizations = {"system:nodes"}},
                    now, random));
    pki.node_certificate_pem = std::move(node.first);
    pki.node_key_pem = std::move(node.second);
  }
  return pki;
}

Result<std::string> DataDirectory::write_admin_kubeconfig(const Pki& pki,
                                                          const std::string& url) const {
  const auto text =
      cat("apiVersion: v1\n"
          "kind: Config\n"
          "clusters:\n"
          "- name: signet\n"
          "  cluster:\n"
          "    server: ",
          url,
          "\n"
          "    certificate-authority-data: ",
          codec::base64_encode(pki.ca_pem),
          "\n"
          "users:\n"
          "- name: signet-admin\n"
          "  user:\n"
          "    client-certificate-data: ",
          codec::base64_encode(pki.admin_certificate_pem),
          "\n"
          "    client-key-data: ",
          codec::base64_encode(pki.admin_key_pem),
          "\n"
          "contexts:\n"
          "- name: signet\n"
          "  context:\n"
          "    cluster: signet\n"
          "    user: signet-admin\n"
          "current-context: signet\n");
  auto path = path_ + "/admin.kubeconfig";
  TRY_VOID(write_file_durably(path, text, secret_mode));
  return path;
}

}  // namespace signet::server
