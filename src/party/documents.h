// What an operator writes: documents of kind Issuer and Route, read field by field. Reference with
// examples: docs/gate.md.
//
//   Documents documents;
//   read_documents(text, "policy.yaml", documents, problems);    // then compile_policy()
//
// Shape    YAML documents with "---" between them, or one JSON object. Nothing is looked up here:
//          no other document, no file that one names.
// Errors   to `problems`: bad syntax, another kind or version, unknown fields, fields of another
//          type or out of bounds.
// Limits   8 MiB a file; as beside the fields.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jose/algorithm.h"
#include "party/problems.h"
#include "verify/issuer_source.h"

namespace signet::party {

inline constexpr std::string_view policy_api_version = "signet.dev/v1";
inline constexpr std::size_t policy_file_bytes_max = std::size_t{8} * 1024 * 1024;
inline constexpr std::size_t issuers_max = 10'000;
inline constexpr std::size_t routes_max = 1'024;

enum class Mode : std::uint8_t {
  oidc,    // by the issuer's published keys
  review,  // by asking the cluster
  hybrid,  // both, keys first
};
std::string_view to_string(Mode mode);

// hybrid: what holds while the cluster cannot be asked.
enum class ReviewNeed : std::uint8_t {
  required,     // nobody is let in
  best_effort,  // whoever passes the keys is, marked as checked offline
};

struct TokenRules {
  std::vector<jose::Algorithm> algorithms{jose::Algorithm::rs256, jose::Algorithm::es256};
  std::vector<std::string> types{"", "JWT"};
  std::chrono::seconds lifetime_max = std::chrono::hours{48};  // 1 min to 10 years
  std::chrono::seconds clock_skew{30};                         // 0 s to 300 s

  friend bool operator==(const TokenRules&, const TokenRules&) = default;
};

// Where a cluster is asked about tokens: a kubeconfig, or a server with what is needed to reach it.
// All of it is the operator's word, so any address and port will do.
struct ReviewSource {
  std::string kubeconfig;  // its current context
  std::string server;
  std::string ca_file;
  std::string token_file;
  // Audiences of the API server itself, for which it may answer without naming any.
  std::vector<std::string> api_audiences;
  std::vector<std::uint16_t> ports{443, 6443};
  std::chrono::seconds cache_ttl{10};    // 0 s to 60 s
  std::size_t queries_per_second = 200;  // 1 to 10,000
  std::size_t burst = 400;               // 1 to 20,000
  std::size_t concurrent = 64;           // 1 to 1,024

  friend bool operator==(const ReviewSource&, const ReviewSource&) = default;
};

struct IssuerDocument {
  std::string name;
  std::string file;
  std::size_t line = 0;
  std::string cluster;  // our name for it; several issuers may be of one cluster
  Mode mode = Mode::oidc;
  verify::IssuerSource keys;  // with the issuer's URL; the rest is of no use to mode review
  TokenRules tokens;
  ReviewNeed need = ReviewNeed::required;
  ReviewSource review;
};

enum class Phase : std::uint8_t {
  old,  // only the old audiences are accepted
  both,
  current,  // "new": only the new ones
};
std::string_view to_string(Phase phase);

struct SubjectRule {
  std::string cluster = "*";  // these three are patterns (glob.h)
  std::string ns = "*";
  std::string name = "*";
  std::string uid;  // the account's; empty: any

  friend bool operator==(const SubjectRule&, const SubjectRule&) = default;
};

struct RouteDocument {
  std::string name;
  std::string file;
  std::size_t line = 0;
  Phase phase = Phase::current;
  std::vector<std::string> old_audiences;
  std::vector<std::string> new_audiences;
  bool any_audience = false;
  std::vector<std::string> issuers;   // names of Issuer documents; none: all
  std::vector<std::string> clusters;  // none: all
  std::vector<SubjectRule> subjects;  // one of them must fit
  std::string condition;              // CEL; empty: none
  std::string legacy_tokens_from;     // the Issuer whose cluster reviews legacy tokens; empty: none
};

struct Documents {
  std::vector<IssuerDocument> issuers;
  std::vector<RouteDocument> routes;
};

void read_documents(std::string_view text, std::string_view file, Documents& out,
                    Problems& problems);

}  // namespace signet::party
