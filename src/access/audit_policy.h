// How much of a request is recorded: the first rule of an audit policy that matches says so.
//
//   TRY(const auto policy, AuditPolicy::parse(text));       // audit.k8s.io/v1 Policy
//   const auto decision = policy.decide(&user, info);
//   if (decision.level == AuditLevel::none) ...
//
// Shape    rules are read once; nothing is allocated to decide.
// Errors   parse() names every field that is wrong; an unknown one is wrong too.
// Limits   1 MiB of text, 1,000 rules.
// Threads  immutable.
// Source   kubernetes.io, "Auditing"; audit.k8s.io/v1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "machinery/request_info.h"
#include "token/user_info.h"

namespace signet::access {

// Each includes what the one before it has.
enum class AuditLevel : std::uint8_t { none, metadata, request, request_response };
std::string_view to_string(AuditLevel level);

// An exception ends this program, so that the stage Panic is known to policies and never reached.
enum class AuditStage : std::uint8_t {
  request_received,
  response_started,  // of a watch, and of a request without good credentials
  response_complete,
  panic,
};
std::string_view to_string(AuditStage stage);

struct AuditDecision {
  AuditLevel level = AuditLevel::none;
  std::uint8_t omitted_stages = 0;  // a bit each
  bool omit_managed_fields = false;

  bool records(AuditStage stage) const {
    return (omitted_stages & (1U << static_cast<unsigned>(stage))) == 0;
  }
};

class AuditPolicy {
 public:
  static constexpr std::size_t text_bytes_max = std::size_t{1} << 20;
  static constexpr std::size_t rules_max = 1000;

  // YAML or JSON.
  static Result<AuditPolicy> parse(std::string_view text);

  // `user` is null for a request whose credentials are not good: no rule for users matches it.
  AuditDecision decide(const token::UserInfo* user, const machinery::RequestInfo& request) const;

 private:
  friend class AuditPolicyReader;
  using Texts = std::vector<std::string>;

  struct Resources {
    std::string group;  // "" is the core group
    Texts resources;    // "pods", "pods/log", "pods/*", "*/log", "*"; empty: all of the group
    Texts names;        // empty: any
  };
  // What is empty does not restrict.
  struct Rule {
    AuditDecision decision;
    Texts users;
    Texts groups;
    Texts verbs;
    std::vector<Resources> resources;
    Texts namespaces;  // "" is for what is in none
    Texts paths;
  };

  static bool matches(const Rule& rule, const token::UserInfo* user,
                      const machinery::RequestInfo& request);
  static bool matches(const Resources& rule, const machinery::RequestInfo& request);

  std::vector<Rule> rules_;
};

}  // namespace signet::access
