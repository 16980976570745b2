// The file of --authentication-config, followed while the server runs.
//
//   TRY(auto file, ConfigurationFile::open(path, own_issuers, clock, metrics));
//   ... OidcTokens(file->authenticators(), ...), file->anonymous() ...
//
// Shape    looked at once a second. A good new configuration is in force at once, and an issuer it
//          leaves as it was keeps its keys; a bad one changes nothing and is logged and counted.
//          `anonymous` is that of the start: a change of it takes a restart, as in Kubernetes.
// Errors   open(): the file and everything that is wrong with it.
// Threads  a thread to follow the file and one for each issuer, so that one that is down delays
//          nobody else. The destructor ends them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "access/anonymous.h"
#include "base/clock.h"
#include "base/periodic.h"
#include "base/result.h"
#include "oidc/authenticators.h"
#include "telemetry/metrics.h"

namespace signet::oidc {

class ConfigurationFile {
 public:
  // How to fetch from an issuer; tests have no network.
  using MakeFetch = std::function<verify::Fetch(const Issuer& issuer, std::stop_token stop)>;
  struct Options {
    std::string path;
    std::vector<std::string> own_issuers;
    MakeFetch make_fetch;  // empty: HTTPS
    bool follow = true;    // look again by itself
  };

  static Result<std::unique_ptr<ConfigurationFile>> open(Options options, const Clock& clock,
                                                         telemetry::Registry& metrics);
  ~ConfigurationFile();
  ConfigurationFile(const ConfigurationFile&) = delete;
  ConfigurationFile& operator=(const ConfigurationFile&) = delete;

  const Authenticators& authenticators() const { return authenticators_; }
  // None: the file does not say.
  const std::optional<access::AnonymousAccess>& anonymous() const { return anonymous_; }

  // Reads the file again. Not beside a thread that follows it.
  void look();

 private:
  // Keeps an issuer's keys fresh, for as long as it is configured.
  struct Keeping {
    std::shared_ptr<KeyKeeper> keeper;
    std::jthread thread;
  };

  ConfigurationFile(Options options, const Clock& clock, telemetry::Registry& metrics);

  Result<void> load(const std::string& text);
  std::unique_ptr<Keeping> keep(const Issuer& issuer) const;
  void count(std::string_view status);

  Options options_;
  const Clock& clock_;
  telemetry::Registry& metrics_;
  Authenticators authenticators_;
  std::optional<access::AnonymousAccess> anonymous_;
  std::string text_;  // last read, good or bad
  bool readable_ = true;
  std::vector<std::pair<Issuer, std::unique_ptr<Keeping>>> keepings_;
  std::optional<Periodic> follower_;
};

}  // namespace signet::oidc
