#include "crypto/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace signet::crypto {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Instant now{seconds(1700000000)};

class Certificates : public testing::Test {
 protected:
  CertificateAuthority create(std::string_view name, hours validity = hours(24)) {
    return CertificateAuthority::create(name, now, validity, random_).value();
  }

  SystemRandom random_;
  CertificateAuthority ca_ = create("signet-ca");
};

TEST_F(Certificates, authority_is_its_own_issuer) {
  const auto& certificate = ca_.certificate();
  EXPECT_TRUE(certificate.is_authority());
  EXPECT_TRUE(certificate.issued_by(certificate));
  EXPECT_TRUE(certificate.matches(ca_.key()));
  EXPECT_EQ(certificate.subject(), (Subject{.common_name = "signet-ca", .organizations = {}}));
  EXPECT_EQ(certificate.issuer(), certificate.subject());
}

TEST_F(Certificates, server_carries_its_names_and_addresses) {
  const auto server = ca_.issue_server({.common_name = "signet",
                                        .dns_names = {"localhost", "a.example.test"},
                                        .ip_addresses = {"127.0.0.1", "::1"}},
                                       now, hours(1), random_);
  ASSERT_TRUE(server) << server.error().message;
  const auto& certificate = server->certificate;
  EXPECT_THAT(certificate.dns_names(), ElementsAre("localhost", "a.example.test"));
  EXPECT_THAT(certificate.ip_addresses(), ElementsAre("127.0.0.1", "0:0:0:0:0:0:0:1"));
  EXPECT_FALSE(certificate.is_authority());
  EXPECT_TRUE(certificate.issued_by(ca_.certificate()));
  EXPECT_TRUE(certificate.matches(server->key));
  EXPECT_FALSE(certificate.matches(ca_.key()));
}

TEST_F(Certificates, client_carries_user_and_groups) {
  const auto client = ca_.issue_client(
      {.common_name = "admin", .organizations = {"system:masters", "ops"}}, now, hours(1), random_);
  ASSERT_TRUE(client) << client.error().message;
  EXPECT_EQ(client->certificate.subject().common_name, "admin");
  EXPECT_THAT(client->certificate.subject().organizations, ElementsAre("system:masters", "ops"));
  EXPECT_THAT(client->certificate.dns_names(), IsEmpty());
}

TEST_F(Certificates, are_valid_from_an_hour_before_to_their_end) {
  const auto client =
      ca_.issue_client({.common_name = "a", .organizations = {}}, now, hours(2), random_).value();
  const auto& certificate = client.certificate;
  EXPECT_EQ(certificate.not_before(), whole_seconds(now) - hours(1));
  EXPECT_EQ(certificate.not_after(), whole_seconds(now) + hours(2));
  EXPECT_FALSE(certificate.valid_at(now - hours(1) - seconds(1)));
  EXPECT_TRUE(certificate.valid_at(now - hours(1)));
  EXPECT_TRUE(certificate.valid_at(now + hours(2)));
  EXPECT_FALSE(certificate.valid_at(now + hours(2) + seconds(1)));
}

TEST_F(Certificates, do_not_outlive_their_authority) {
  const auto client =
      ca_.issue_client({.common_name = "a", .organizations = {}}, now, hours(48), random_).value();
  EXPECT_EQ(client.certificate.not_after(), ca_.certificate().not_after());
}

TEST_F(Certificates, of_another_authority_with_the_same_name_are_not_ours) {
  const auto other = create("signet-ca");
  const auto client =
      other.issue_client({.common_name = "a", .organizations = {}}, now, hours(1), random_).value();
  EXPECT_TRUE(client.certificate.issued_by(other.certificate()));
  EXPECT_FALSE(client.certificate.issued_by(ca_.certificate()));
}

TEST_F(Certificates, issued_by_a_leaf_are_refused) {
  const auto leaf =
      ca_.issue_client({.common_name = "leaf", .organizations = {}}, now, hours(1), random_)
          .value();
  EXPECT_FALSE(ca_.certificate().issued_by(leaf.certificate));
  EXPECT_FALSE(CertificateAuthority::load(leaf.certificate.to_pem(), leaf.key.to_pem().reveal()));
}

TEST_F(Certificates, survive_pem) {
  const auto again =
      CertificateAuthority::load(ca_.certificate().to_pem(), ca_.key().to_pem().reveal());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->certificate().fingerprint(), ca_.certificate().fingerprint());
  EXPECT_EQ(again->certificate().fingerprint().size(), 64U);
  const auto client =
      again->issue_client({.common_name = "a", .organizations = {}}, now, hours(1), random_);
  EXPECT_TRUE(client->certificate.issued_by(ca_.certificate()));
}

TEST_F(Certificates, authority_refuses_a_foreign_key) {
  const auto other = create("other");
  EXPECT_FALSE(
      CertificateAuthority::load(ca_.certificate().to_pem(), other.key().to_pem().reveal()));
}

TEST_F(Certificates, have_serial_numbers_of_their_own) {
  const auto issue = [&] {
    return ca_.issue_client({.common_name = "a", .organizations = {}}, now, hours(1), random_)
        ->certificate.serial_hex();
  };
  const auto first = issue();
  EXPECT_EQ(first.size(), 32U);
  EXPECT_NE(first, issue());
}

TEST_F(Certificates, refuse_names_that_cannot_be_written) {
  const auto server = [&](ServerCertificateRequest request) {
    return ca_.issue_server(request, now, hours(1), random_).has_value();
  };
  EXPECT_TRUE(server({.common_name = std::string(64, 'a'), .dns_names = {}, .ip_addresses = {}}));
  EXPECT_FALSE(server({.common_name = std::string(65, 'a'), .dns_names = {}, .ip_addresses = {}}));
  EXPECT_FALSE(server({.common_name = "", .dns_names = {}, .ip_addresses = {}}));
  EXPECT_FALSE(server({.common_name = "a", .dns_names = {"a b"}, .ip_addresses = {}}));
  EXPECT_FALSE(server({.common_name = "a", .dns_names = {""}, .ip_addresses = {}}));
  EXPECT_FALSE(server({.common_name = "a", .dns_names = {}, .ip_addresses = {"300.1.1.1"}}));
}

TEST_F(Certificates, refuse_text_that_is_none) {
  EXPECT_FALSE(Certificate::parse_pem(""));
  EXPECT_FALSE(Certificate::parse_pem(ca_.key().to_pem().reveal()));
  EXPECT_FALSE(Certificate::parse_der("\x30\x03\x02\x01\x01"));
  EXPECT_FALSE(Certificate::parse_der(ca_.certificate().der() + '\0'));
}

}  // namespace
}  // namespace signet::crypto
