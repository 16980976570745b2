#include "machinery/owner_references.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/cat.h"

namespace signet::machinery {

void drop_repeated_owners(codec::Json& object, std::vector<std::string>& warnings) {
  auto* found = codec::find(object, "metadata.ownerReferences");
  if (found == nullptr || !found->is_array() || found->get_array().size() < 2) return;
  codec::JsonArray kept;
  std::unordered_set<std::string> seen;
  std::vector<std::string> repeated;
  for (auto& owner : found->get_array()) {
    if (seen.insert(codec::to_json(owner)).second) {
      kept.push_back(std::move(owner));
      continue;
    }
    const std::string uid(codec::string_at(owner, "uid"));
    if (std::ranges::find(repeated, uid) == repeated.end()) repeated.push_back(uid);
  }
  *found = std::move(kept);
  if (repeated.empty()) return;
  std::string uids;
  for (const auto& uid : repeated) append(uids, uids.empty() ? "" : ", ", uid);
  warnings.push_back(cat(
      ".metadata.ownerReferences contains duplicate entries; API server dedups owner references "
      "in 1.20+, and may reject such requests as early as 1.24; please fix your requests; "
      "duplicate UID(s) observed: ",
      uids));
}

}  // namespace signet::machinery
