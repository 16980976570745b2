#include "server/data_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "server/server_fixture_for_tests.h"

namespace signet::server {
namespace {

using testing::HasSubstr;

constexpr Instant now{std::chrono::seconds{1'700'000'000}};

class Directory : public testing::Test {
 protected:
  signet::fixture::TempDirectory temp;
  SystemRandom random;

  Result<Pki> load(std::string_view node = "n1", Instant at = now) {
    auto directory = DataDirectory::open(temp / "data");
    if (!directory) return std::unexpected(directory.error());
    return directory->load_pki("127.0.0.1", std::string(node), at, random);
  }
  std::string path(std::string_view name) { return cat(temp.path(), "/data/", name); }
  static unsigned mode(const std::string& file) {
    struct stat info{};
    EXPECT_EQ(::stat(file.c_str(), &info), 0) << file;
    return info.st_mode & 07777U;
  }
  void write(std::string_view name, std::string_view text) {
    std::ofstream(path(name), std::ios::trunc) << text;
  }
};

TEST_F(Directory, the_first_start_makes_everything_and_the_second_finds_the_same) {
  const auto first = load();
  ASSERT_TRUE(first) << first.error().message;
  const auto second = load();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->ca_pem, first->ca_pem);
  EXPECT_EQ(second->admin_certificate_pem, first->admin_certificate_pem);
  EXPECT_EQ(second->admin_key_pem, first->admin_key_pem);
  EXPECT_EQ(second->node_certificate_pem, first->node_certificate_pem);
  EXPECT_NE(second->server_certificate_pem, first->server_certificate_pem)
      << "kept in memory only, and fresh at every start";
}

TEST_F(Directory, secrets_are_for_the_owner_only) {
  ASSERT_TRUE(load());
  EXPECT_EQ(mode(temp / "data"), 0700U);
  EXPECT_EQ(mode(path("pki")), 0700U);
  for (const auto* key : {"pki/ca.key", "pki/admin.key", "pki/node.key"}) {
    EXPECT_EQ(mode(path(key)), 0600U) << key;
  }
  for (const auto* certificate : {"pki/ca.crt", "pki/admin.crt", "pki/node.crt"}) {
    EXPECT_EQ(mode(path(certificate)), 0644U) << certificate;
  }
}

TEST_F(Directory, without_a_node_there_is_no_certificate_of_one) {
  const auto pki = load("");
  ASSERT_TRUE(pki);
  EXPECT_EQ(pki->node_certificate_pem, "");
  EXPECT_FALSE(std::filesystem::exists(path("pki/node.crt")));
}

TEST_F(Directory, certificates_say_who_somebody_is) {
  const auto pki = load();
  ASSERT_TRUE(pki);
  const auto ca = crypto::Certificate::parse_pem(pki->ca_pem);
  const auto admin = crypto::Certificate::parse_pem(pki->admin_certificate_pem);
  const auto node = crypto::Certificate::parse_pem(pki->node_certificate_pem);
  EXPECT_EQ(admin->subject(),
            (crypto::Subject{.common_name = "signet-admin", .organizations = {"system:masters"}}));
  EXPECT_EQ(node->subject(),
            (crypto::Subject{.common_name = "system:node:n1", .organizations = {"system:nodes"}}));
  EXPECT_TRUE(admin->issued_by(*ca));
  EXPECT_TRUE(node->issued_by(*ca));
}

TEST_F(Directory, client_certificates_are_replaced_before_they_expire_and_for_another_node) {
  const auto first = load();
  const auto later = load("n1", now + std::chrono::days{334});
  EXPECT_EQ(later->admin_certificate_pem, first->admin_certificate_pem);
  const auto late = load("n1", now + std::chrono::days{336});
  EXPECT_NE(late->admin_certificate_pem, first->admin_certificate_pem);
  EXPECT_EQ(late->ca_pem, first->ca_pem);
  EXPECT_NE(load("n2", now + std::chrono::days{336})->node_certificate_pem,
            late->node_certificate_pem);
}

TEST_F(Directory, a_damaged_client_certificate_is_made_again) {
  const auto first = load();
  write("pki/admin.crt", "garbage");
  const auto second = load();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_NE(second->admin_certificate_pem, first->admin_certificate_pem);
  EXPECT_EQ(load()->admin_certificate_pem, second->admin_certificate_pem);
}

TEST_F(Directory, a_damaged_authority_is_one_clear_error_and_never_replaced) {
  ASSERT_TRUE(load());
  const auto good = signet::fixture::slurp(path("pki/ca.crt"));
  write("pki/ca.crt", "garbage");
  const auto damaged = load();
  ASSERT_FALSE(damaged);
  EXPECT_THAT(damaged.error().message, HasSubstr("/pki/ca.crt: "));
  EXPECT_EQ(signet::fixture::slurp(path("pki/ca.crt")), "garbage");

  write("pki/ca.crt", good);
  std::filesystem::remove(path("pki/ca.key"));
  const auto keyless = load();
  ASSERT_FALSE(keyless);
  EXPECT_THAT(keyless.error().message, HasSubstr("/pki/ca.key"));
}

TEST_F(Directory, a_key_of_another_authority_is_refused) {
  ASSERT_TRUE(load());
  write("pki/ca.key", crypto::PrivateKey::generate(crypto::NewKey::p256)->to_pem().reveal());
  const auto mixed = load();
  ASSERT_FALSE(mixed);
  EXPECT_THAT(mixed.error().message, HasSubstr("/pki/ca.crt: "));
}

TEST_F(Directory, a_file_in_its_place_is_one_clear_error) {
  std::ofstream(temp / "data") << "x";
  const auto opened = DataDirectory::open(temp / "data");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr(temp / "data"));
}

TEST_F(Directory, the_kubeconfig_is_for_the_owner_and_names_the_server) {
  const auto pki = load();
  ASSERT_TRUE(pki);
  const auto directory = DataDirectory::open(temp / "data");
  const auto file = directory->write_admin_kubeconfig(*pki, "https://127.0.0.1:6443");
  ASSERT_TRUE(file);
  EXPECT_EQ(*file, path("admin.kubeconfig"));
  EXPECT_EQ(mode(*file), 0600U);
  EXPECT_THAT(signet::fixture::slurp(*file), HasSubstr("    server: https://127.0.0.1:6443\n"));
  EXPECT_THAT(signet::fixture::slurp(*file), HasSubstr("current-context: signet\n"));
}

}  // namespace
}  // namespace signet::server
