// The directory a server keeps everything in, and what it makes there the first time.
//
//   DIR/pki/ca.crt, ca.key, admin.crt, admin.key, node.crt, node.key    mode 0600 (certificates
//   0644) DIR/signing/        token signing keys DIR/state.db        objects DIR/admin.kubeconfig
//   DIR/token-report.json   whose tokens are still to be migrated (identity/ledger_file.h)
//   DIR/node/           volumes and logs of pods
//
// Errors   what cannot be read or written, and where.
// Threads  one.
// Source   design.md, "Fixed names".
#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/certificate.h"

namespace signet::server {

struct Pki {
  std::string ca_pem;
  std::string server_certificate_pem;
  std::string server_key_pem;
  std::string admin_certificate_pem;
  std::string admin_key_pem;
  std::string node_certificate_pem;
  std::string node_key_pem;
};

class DataDirectory {
 public:
  // Makes the directory when there is none; mode 0700.
  static Result<DataDirectory> open(std::string path);

  // Reads the authority and the client certificates, makes what is missing or about to expire, and
  // issues a fresh server certificate for `host`, kept in memory only.
  Result<Pki> load_pki(const std::string& host, const std::string& node_name, Instant now,
                       Random& random) const;

  // A kubeconfig for the administrator of the server at `url`; returns its path.
  Result<std::string> write_admin_kubeconfig(const Pki& pki, const std::string& url) const;

  std::string database() const { return path_ + "/state.db"; }
  std::string signing() const { return path_ + "/signing"; }
  std::string token_report() const { return path_ + "/token-report.json"; }
  std::string node() const { return path_ + "/node"; }
  const std::string& path() const { return path_; }

 private:
  explicit DataDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace signet::server
