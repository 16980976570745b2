// Who may come without a credential: everybody, nobody, or whoever asks for one of some paths.
//
//   AnonymousAccess access{.enabled = true, .paths = {"/livez"}};
//   access.allows("/livez")      // true: system:anonymous
//   access.allows("/livez/")     // false: 401
//
// Shape    flag --anonymous-auth, or `anonymous` of an AuthenticationConfiguration. Paths are equal
//          to the decoded path of the request or they are not; nothing is a prefix.
// Source   tokens.md 5.9; Kubernetes' AnonymousAuthConfig.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace signet::access {

struct AnonymousAccess {
  bool enabled = true;
  std::vector<std::string> paths;  // empty: any path

  bool allows(std::string_view path) const {
    return enabled && (paths.empty() || std::ranges::find(paths, path) != paths.end());
  }
};

}  // namespace signet::access
