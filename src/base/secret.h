// Bytes that must not be left behind or printed: a private key, a token on its way to a file.
//
// Shape    wiped on destruction and when moved from; not copyable, no stream operator. Reading is
//          spelled reveal(), so that every place that looks at a secret can be found.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace signet {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  std::string_view reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

 private:
  void wipe();

  std::string bytes_;
};

}  // namespace signet
