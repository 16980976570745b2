// The directory that keys are kept in, file by file and whole files only. An interface, so that a
// test can end the process between any two steps.
//
// Errors   the path and what is wrong with it; not_found when there is no such file.
// Limits   read() refuses what is larger than the caller says.
// Threads  one at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace signet::identity {

class KeyDirectory {
 public:
  KeyDirectory() = default;
  KeyDirectory(const KeyDirectory&) = delete;
  KeyDirectory& operator=(const KeyDirectory&) = delete;
  virtual ~KeyDirectory() = default;

  // How messages name a file.
  virtual std::string path_of(std::string_view name) const = 0;
  // Sorted.
  virtual Result<std::vector<std::string>> list() = 0;
  virtual Result<std::string> read(const std::string& name, std::size_t bytes_max) = 0;
  // On disk when it returns; a crash leaves the old file or the new one, and perhaps NAME.new.
  virtual Result<void> write(const std::string& name, std::string_view bytes) = 0;
  virtual Result<void> remove(const std::string& name) = 0;
};

// Files of mode 0600 in a directory of mode 0700, which is made. Refuses a directory that others
// can write to and files that are no regular ones; warns of keys that others can read.
class DiskKeyDirectory final : public KeyDirectory {
 public:
  explicit DiskKeyDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_of(std::string_view name) const override;
  Result<std::vector<std::string>> list() override;
  Result<std::string> read(const std::string& name, std::size_t bytes_max) override;
  Result<void> write(const std::string& name, std::string_view bytes) override;
  Result<void> remove(const std::string& name) override;

 private:
  std::string path_;
};

}  // namespace signet::identity
