// One event of the audit log: what is known of a request at one of its stages, as a line of JSON.
//
//   AuditEvent event;                                       // filled in as the request goes on
//   log.write(event.line(AuditStage::response_complete, now));
//
// Shape    audit.k8s.io/v1 Event, members in Kubernetes' order, so that what reads kube-apiserver's
//          audit log reads this one.
// Errors   none. Nothing that looks like a token or a private key is left in a line.
// Threads  one.
// Source   audit.k8s.io/v1; tokens.md 11.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "access/audit_policy.h"
#include "base/clock.h"
#include "net/http.h"
#include "token/user_info.h"

namespace signet::access {

// What the request is about; empty members are left out.
struct AuditObjectRef {
  std::string resource;
  std::string ns;
  std::string name;
  std::string uid;
  std::string api_group;
  std::string api_version;
  std::string resource_version;
  std::string subresource;
};

struct AuditEvent {
  AuditDecision decision;
  std::string id;
  std::string uri;  // without credentials
  std::string verb;
  std::string user;          // JSON, as are the members below that say so
  std::string impersonated;  // JSON; empty: nobody is
  std::string source_ips;    // JSON
  std::string user_agent;
  bool is_resource = false;
  AuditObjectRef object;
  int code = 0;                 // 0: no answer yet
  std::string status;           // JSON of a Status; empty: nothing is known but the code
  std::string request_object;   // JSON
  std::string response_object;  // JSON
  Instant received;
  std::map<std::string_view, std::string> annotations;

  // With a new line at its end.
  std::string line(AuditStage stage, Instant now) const;
};

// {"username":...}; "{}" for nobody.
std::string user_json(const token::UserInfo* user);
// X-Forwarded-For, X-Real-Ip, and the peer where it is not the last of those. At most 32.
std::string source_ips_json(const net::Request& request);
// Cut where Kubernetes cuts it.
std::string audited_user_agent(std::string_view user_agent);

}  // namespace signet::access
