// PKCS#11 tokens in a directory, by SoftHSM. Only for tests.
//
// Shape    the module reads what tokens there are when it is first used, so they are made before.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/cat.h"
#include "crypto/key.h"

namespace signet::crypto::fixture {

class SoftToken {
 public:
  static constexpr std::string_view module = "/usr/lib/softhsm/libsofthsm2.so";
  static constexpr std::string_view pin = "271828";
  static constexpr std::string_view label = "signet-test";

  SoftToken() {
    std::array<char, 32> path{"/tmp/signet-hsm-XXXXXX"};
    directory_ = ::mkdtemp(path.data());
    std::filesystem::create_directory(tokens());
    write("softhsm2.conf", cat("directories.tokendir = ", tokens(),
                               "\nobjectstore.backend = file\nlog.level = ERROR\n"));
    ::setenv("SOFTHSM2_CONF", file("softhsm2.conf").c_str(), 1);
    add(label);
  }
  SoftToken(const SoftToken&) = delete;
  SoftToken& operator=(const SoftToken&) = delete;
  ~SoftToken() { std::filesystem::remove_all(directory_); }

  void add(std::string_view token) {
    run(cat("--init-token --free --so-pin 314159 --label ", token, " --pin ", pin));
  }
  void import(const PrivateKey& key, std::string_view name, std::string_view id,
              std::string_view token = label) {
    write("key.pem", key.to_pem().reveal());
    run(cat("--import ", file("key.pem"), " --token ", token, " --pin ", pin, " --label ", name,
            " --id ", id));
    std::filesystem::remove(file("key.pem"));
  }
  static std::string uri(std::string_view name, std::string_view token = label) {
    return cat("pkcs11:token=", token, ";object=", name);
  }

  std::string file(std::string_view name) const { return cat(directory_, '/', name); }
  std::string tokens() const { return file("tokens"); }
  void write(std::string_view name, std::string_view bytes) const {
    std::ofstream(file(name), std::ios::binary) << bytes;
  }

 private:
  static void run(const std::string& arguments) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing else runs yet
    EXPECT_EQ(std::system(cat("softhsm2-util ", arguments, " >/dev/null").c_str()), 0);
  }

  std::string directory_;
};

}  // namespace signet::crypto::fixture
