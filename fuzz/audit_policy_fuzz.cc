// An audit policy is read or refused with a reason, and one that is read decides on anything.
// DEPS access
#include "access/audit_policy.h"

#include "property.h"

using namespace signet;
using namespace signet::access;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto policy = AuditPolicy::parse(text);
  if (!policy) {
    fuzz::require(!policy.error().message.empty(), "says why");
    return 0;
  }
  static const token::UserInfo user{.username = "jane", .uid = {}, .groups = {"dev"}, .extra = {}};
  for (const std::string_view path : {"/api/v1/namespaces/demo/pods/web/log", "/healthz"}) {
    const auto info = machinery::RequestInfo::parse("GET", path, "");
    const auto known = policy->decide(&user, *info);
    fuzz::require(known.level == policy->decide(&user, *info).level, "decides alike");
    static_cast<void>(policy->decide(nullptr, *info));
  }
  return 0;
}
