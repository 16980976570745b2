// What a person can choose about a server: flags of `signet up` and `signet serve`, field by field.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/key.h"
#include "identity/directory_keys.h"
#include "telemetry/audit_log.h"

namespace signet::server {

// Whether an account gets a token in a secret without asking, as up to Kubernetes 1.23, and pods
// get that one mounted.
enum class LegacyTokens : std::uint8_t { on_request, automatic };

struct Options {
  std::string data_directory;
  std::string host = "127.0.0.1";
  std::uint16_t port = 6443;  // 0: any free one
  unsigned loops = 0;         // event loops, one a core; 0: as many as there are cores

  // Flags that kube-apiserver has under the same names.
  std::vector<std::string> issuers;        // empty: https://HOST:PORT
  std::vector<std::string> api_audiences;  // empty: the issuers
  std::string jwks_uri;                    // empty: https://HOST:PORT/openid/v1/jwks
  std::string signing_key_file;            // empty: a key in DIR/signing
  std::vector<std::string> verification_key_files;
  std::string
      signing_endpoint;  // path or @NAME of an external signer, instead of keys; empty: none
  // Whether the start is still wanted, asked while it waits for that signer. Null: it is.
  std::function<bool()> give_up = nullptr;
  // Of keys of our own.
  std::chrono::seconds key_publish_period = identity::publish_period_default;
  std::optional<std::chrono::seconds> key_rotation_period;  // none: by hand only
  std::optional<std::chrono::seconds> token_lifetime_max;
  bool extend_tokens = true;
  LegacyTokens legacy_tokens = LegacyTokens::on_request;
  bool legacy_token_lookup = true;  // false: their claims alone decide
  std::chrono::seconds legacy_token_clean_up_period = std::chrono::hours{8760};
  bool anonymous = true;
  std::string token_auth_file;               // static bearer tokens; empty: none
  std::string authentication_config;         // other issuers, anonymous access; empty: none
  bool anonymous_given = false;              // somebody chose `anonymous`
  bool bootstrap_tokens = false;             // secrets bootstrap-token-ID in kube-system
  std::size_t requests_in_flight_max = 400;  // that wait for something, in all loops together
  std::size_t mutating_in_flight_max = 200;

  // Limits that kube-apiserver leaves to others.
  std::size_t user_queue_max = 1024;    // requests of one user that wait for their turn on a loop
  std::size_t user_watches_max = 4096;  // of one user on a loop
  std::size_t connections_max = 16384;
  std::size_t connections_per_address_max = 12288;
  std::size_t all_bodies_bytes_max = std::size_t{256} * 1024 * 1024;  // of requests, together

  crypto::NewKey new_signing_key = crypto::NewKey::rsa2048;
  // Discovery and keys for callers without credentials, so that any relying party can check.
  bool anonymous_discovery = false;

  // Both or none. A path of "-" is standard output.
  std::string audit_policy_file;
  telemetry::AuditLogOptions audit_log;

  bool with_node = false;  // the node agent in this process
  std::string node_name;   // empty: the machine's host name
};

// What no single flag can see: issuers that are no URLs or are given twice, empty audiences.
// Source: tokens.md 0.
Result<void> check(const Options& options);

}  // namespace signet::server
