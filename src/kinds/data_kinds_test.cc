#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"
#include "codec/base64.h"
#include "kinds/data_rules.h"
#include "kinds/test_support.h"

namespace signet::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view bad_key_text =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

TEST(ConfigMap, accepts_text_and_bytes_under_keys) {
  EXPECT_THAT(validated(config_map, parse(R"({"data":{"a.b":"1"},"binaryData":{"c":"dg=="}})")),
              IsEmpty());
}

TEST(ConfigMap, refuses_a_key_with_a_blank) {
  EXPECT_THAT(validated(config_map, parse(R"({"data":{"bad key!":"1"}})")),
              ElementsAre(cat("data[bad key!]: Invalid value: \"bad key!\": ", bad_key_text)));
}

TEST(ConfigMap, refuses_one_key_in_both_maps) {
  EXPECT_THAT(validated(config_map, parse(R"({"data":{"a":"1"},"binaryData":{"a":"dg=="}})")),
              ElementsAre("data[a]: Invalid value: \"a\": duplicate of key present in binaryData",
                          "binaryData[a]: Invalid value: \"a\": duplicate of key present in data"));
}

TEST(ConfigMap, holds_a_mebibyte_and_no_byte_more) {
  codec::Json object = parse(R"({"data":{}})");
  auto& data = object.at("data").as_object();
  data["a"] = std::string(data_bytes_max, 'x');
  EXPECT_THAT(validated(config_map, object), IsEmpty());
  data["b"] = "x";
  EXPECT_THAT(validated(config_map, object),
              ElementsAre("[]: Too long: may not be more than 1048576 bytes"));
}

TEST(ConfigMap, counts_bytes_and_not_their_base64) {
  codec::Json object = parse(R"({"binaryData":{}})");
  object.at("binaryData").as_object()["a"] = codec::base64_encode(std::string(data_bytes_max, 'x'));
  EXPECT_THAT(validated(config_map, object), IsEmpty());
}

TEST(ConfigMap, that_is_immutable_stays_as_it_is) {
  constexpr std::string_view old = R"({"data":{"a":"1"},"immutable":true})";
  EXPECT_THAT(validated_update(config_map, old, old), IsEmpty());
  EXPECT_THAT(validated_update(config_map, R"({"data":{"a":"2"},"binaryData":{"b":"dg=="}})", old),
              ElementsAre("immutable: Forbidden: field is immutable when `immutable` is set",
                          "data: Forbidden: field is immutable when `immutable` is set",
                          "binaryData: Forbidden: field is immutable when `immutable` is set"));
}

TEST(ConfigMap, that_is_not_immutable_may_become_so) {
  EXPECT_THAT(validated_update(config_map, R"({"data":{"a":"2"},"immutable":true})",
                               R"({"data":{"a":"1"},"immutable":false})"),
              IsEmpty());
}

TEST(ConfigMap, shows_how_many_keys_it_has) {
  const auto row =
      cells(config_map, R"({"metadata":{"name":"c"},"data":{"a":"1"},"binaryData":{"b":"dg=="}})");
  EXPECT_EQ(row.at("Name"), R"("c")");
  EXPECT_EQ(row.at("Data"), "2");
  EXPECT_EQ(row.at("Age"), R"("<unknown>")");
}

TEST(Secret, folds_plain_text_into_its_data) {
  EXPECT_EQ(defaulted(secret, R"({"data":{"k":"YQ==","l":"YQ=="},"stringData":{"k":"v"}})"),
            parse(R"({"data":{"k":"dg==","l":"YQ=="},"type":"Opaque"})"));
}

TEST(Secret, keeps_no_plain_text_even_when_there_is_none) {
  EXPECT_EQ(defaulted(secret, R"({"stringData":{},"type":"x.io/y"})"),
            parse(R"({"type":"x.io/y"})"));
}

TEST(Secret, of_a_service_account_names_it) {
  constexpr std::string_view text =
      "metadata.annotations[kubernetes.io/service-account.name]: Required value";
  EXPECT_THAT(validated(secret, parse(R"({"type":"kubernetes.io/service-account-token"})")),
              ElementsAre(text));
  EXPECT_THAT(validated(secret, parse(R"({"type":"kubernetes.io/service-account-token",
          "metadata":{"annotations":{"kubernetes.io/service-account.name":""}}})")),
              ElementsAre(text));
  EXPECT_THAT(validated(secret, parse(R"({"type":"kubernetes.io/service-account-token",
          "metadata":{"annotations":{"kubernetes.io/service-account.name":"web"}}})")),
              IsEmpty());
}

TEST(Secret, has_the_keys_of_its_type) {
  EXPECT_THAT(validated(secret, parse(R"({"type":"kubernetes.io/tls","data":{"tls.crt":"YQ=="}})")),
              ElementsAre("data[tls.key]: Required value"));
  EXPECT_THAT(validated(secret, parse(R"({"type":"kubernetes.io/basic-auth"})")),
              ElementsAre("data[username]: Required value", "data[password]: Required value"));
  EXPECT_THAT(validated(secret, parse(R"({"type":"kubernetes.io/basic-auth",
                                          "data":{"password":"YQ=="}})")),
              IsEmpty());
  EXPECT_THAT(validated(secret, parse(R"({"type":"kubernetes.io/ssh-auth"})")),
              ElementsAre("data[ssh-privatekey]: Required value"));
}

TEST(Secret, for_a_registry_is_json_and_is_not_shown_when_it_is_not) {
  EXPECT_THAT(validated(secret, parse(R"({"type":"kubernetes.io/dockerconfigjson",
                                          "data":{".dockerconfigjson":"e30="}})")),
              IsEmpty());
  EXPECT_THAT(validated(secret, parse(R"({"type":"kubernetes.io/dockerconfigjson",
                                          "data":{".dockerconfigjson":"aHVudGVyMg=="}})")),
              ElementsAre("data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": "
                          "invalid character 'h' looking for beginning of value"));
}

TEST(Secret, holds_a_mebibyte_and_no_byte_more) {
  codec::Json object = parse(R"({"type":"Opaque","data":{}})");
  auto& data = object.at("data").as_object();
  data["a"] = codec::base64_encode(std::string(data_bytes_max, 'x'));
  EXPECT_THAT(validated(secret, object), IsEmpty());
  data["b"] = "YQ==";
  EXPECT_THAT(validated(secret, object),
              ElementsAre("data: Too long: may not be more than 1048576 bytes"));
}

TEST(Secret, keeps_its_type) {
  EXPECT_THAT(validated_update(secret, R"({"type":"a/b"})", R"({"type":"Opaque"})"),
              ElementsAre("type: Invalid value: \"a/b\": field is immutable"));
}

TEST(Secret, that_is_immutable_keeps_its_data) {
  EXPECT_THAT(validated_update(secret, R"({"type":"Opaque","immutable":true,"data":{"k":"eA=="}})",
                               R"({"type":"Opaque","immutable":true,"data":{"k":"dg=="}})"),
              ElementsAre("data: Forbidden: field is immutable when `immutable` is set"));
}

TEST(Secret, shows_its_type_and_how_many_keys_it_has) {
  const auto row = cells(secret, R"({"metadata":{"name":"s"},"type":"Opaque","data":{"a":""}})");
  EXPECT_EQ(row.at("Type"), R"("Opaque")");
  EXPECT_EQ(row.at("Data"), "1");
}

TEST(DataRules, know_the_size_behind_base64) {
  for (const std::size_t size : {0U, 1U, 2U, 3U, 4U, 255U}) {
    EXPECT_EQ(decoded_size(codec::base64_encode(std::string(size, 'x'))), size);
  }
}

}  // namespace
}  // namespace signet::kinds
