#include "server/version.h"

#include "base/cat.h"

namespace signet::server {

// The major and minor are the Kubernetes release whose behaviour this program shows; clients
// compare them with their own.
std::string version_json() {
  return cat(R"({
  "major": "1",
  "minor": "34",
  "emulationMajor": "1",
  "emulationMinor": "34",
  "minCompatibilityMajor": "1",
  "minCompatibilityMinor": "33",
  "gitVersion": "v1.34.0+signet.)",
             signet_version, R"(",
  "gitCommit": "",
  "gitTreeState": "clean",
  "buildDate": "1970-01-01T00:00:00Z",
  "goVersion": "",
  "compiler": "clang",
  "platform": "linux/amd64"
})");
}

}  // namespace signet::server
