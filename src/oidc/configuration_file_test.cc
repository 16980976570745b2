#include "oidc/configuration_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "oidc/oidc_fixture_for_tests.h"

namespace signet::oidc {
namespace {

using fixture::configuration;
using fixture::entry;
using testing::HasSubstr;

class File : public testing::Test {
 protected:
  std::string directory = testing::TempDir() + "signet-oidc-XXXXXX";
  std::string path;
  ManualClock clock{Instant(std::chrono::seconds(1'700'000'000))};
  telemetry::Registry metrics;
  std::unique_ptr<ConfigurationFile> file;

  void SetUp() override {
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    path = directory + "/authentication.yaml";
  }
  void TearDown() override {
    file.reset();
    std::filesystem::remove_all(directory);
  }

  void write(std::string_view text) { ASSERT_TRUE(write_file_durably(path, text, 0600)); }
  std::string open(std::vector<std::string> own_issuers = {}) {
    auto opened = ConfigurationFile::open(
        {.path = path,
         .own_issuers = std::move(own_issuers),
         .make_fetch = [](const Issuer&, const std::stop_token&) -> verify::Fetch {
           return [](const std::string&, std::size_t) -> Result<std::string> {
             return fail(ErrorKind::unavailable, "no network");
           };
         },
         .follow = false},
        clock, metrics);
    if (!opened) return opened.error().message;
    file = *std::move(opened);
    return "";
  }
  AuthenticatorSet current() const { return *file->authenticators().current(); }
  std::string other_entry() const {
    auto text = entry(fixture::plain_username);
    return text.replace(text.find("issuer.example"), 6, "second");
  }
};

TEST_F(File, is_refused_at_the_start_with_everything_that_is_wrong) {
  EXPECT_THAT(open(), HasSubstr("authentication.yaml"));
  write("{}");
  EXPECT_THAT(open(), HasSubstr("authentication.yaml: no kind \"\""));
  write(configuration(entry("")));
  EXPECT_THAT(open(), HasSubstr("claimMappings.username: Required value"));
  write(configuration(entry(fixture::plain_username)));
  EXPECT_THAT(open({"https://issuer.example"}), HasSubstr("must not overlap"));
  EXPECT_EQ(open(), "");
}

TEST_F(File, that_changes_is_in_force_at_once) {
  write(configuration(""));
  ASSERT_EQ(open(), "");
  EXPECT_TRUE(current().empty());
  write(configuration(entry(fixture::plain_username)));
  file->look();
  EXPECT_TRUE(current().contains("https://issuer.example"));
  write(configuration(""));
  file->look();
  EXPECT_TRUE(current().empty());
  EXPECT_THAT(metrics.text(),
              HasSubstr("apiserver_authentication_config_controller_automatic_reloads_total{"
                        "status=\"success\"} 2"));
}

TEST_F(File, that_is_bad_changes_nothing_and_is_counted_once) {
  write(configuration(entry(fixture::plain_username)));
  ASSERT_EQ(open(), "");
  for (const std::string_view bad : {"{", "kind: Pod", ""}) {
    write(bad);
    file->look();
    file->look();
    EXPECT_TRUE(current().contains("https://issuer.example")) << bad;
  }
  std::filesystem::remove(path);
  file->look();
  file->look();
  EXPECT_TRUE(current().contains("https://issuer.example"));
  EXPECT_THAT(metrics.text(),
              HasSubstr("apiserver_authentication_config_controller_automatic_reloads_total{"
                        "status=\"failure\"} 4"));
  EXPECT_THAT(metrics.text(),
              HasSubstr("automatic_reload_last_timestamp_seconds{status=\"failure\"} 1700000000"));
}

TEST_F(File, leaves_an_issuer_its_keys_when_only_its_rules_change) {
  write(configuration(entry(fixture::plain_username)));
  ASSERT_EQ(open(), "");
  const auto before = current().at("https://issuer.example");
  write(
      configuration(cat(entry(R"("username":{"claim":"sub","prefix":"p:"})"), ',', other_entry())));
  file->look();
  const auto after = current().at("https://issuer.example");
  EXPECT_EQ(after.keys, before.keys);
  EXPECT_NE(after.rules, before.rules);
  EXPECT_TRUE(current().contains("https://second.example"));
  write(configuration(
      entry(fixture::plain_username, "", R"(,"discoveryURL":"https://mirror.example")")));
  file->look();
  EXPECT_NE(current().at("https://issuer.example").keys, before.keys) << "fetched elsewhere";
}

TEST_F(File, says_who_may_come_without_a_credential_at_the_start) {
  write(
      "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
      "anonymous: {enabled: true, conditions: [{path: /livez}]}\n");
  ASSERT_EQ(open(), "");
  ASSERT_TRUE(file->anonymous());
  EXPECT_TRUE(file->anonymous()->allows("/livez"));
  EXPECT_FALSE(file->anonymous()->allows("/version"));
  write(configuration(""));
  file->look();
  EXPECT_TRUE(file->anonymous()) << "a change takes a restart";
}

}  // namespace
}  // namespace signet::oidc
