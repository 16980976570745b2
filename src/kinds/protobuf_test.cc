#include "machinery/protobuf.h"

#include <gtest/gtest.h>

#include "kinds/authentication_schema.h"
#include "kinds/common_schema.h"
#include "kinds/pod_schema.h"
#include "kinds/test_support.h"

namespace signet::kinds {
namespace {

// {number: bytes}, for messages below 128 bytes.
std::string field(unsigned number, std::string_view bytes) {
  std::string out;
  if (number < 16) {
    out += static_cast<char>(number << 3U | 2U);
  } else {
    const unsigned key = number << 3U | 2U;
    out += static_cast<char>((key & 0x7fU) | 0x80U);
    out += static_cast<char>(key >> 7U);
  }
  out += static_cast<char>(bytes.size());
  out += bytes;
  return out;
}

std::string number(unsigned number, char value) {
  return {static_cast<char>(number << 3U), value};
}

codec::Json decoded(const machinery::Schema& schema, std::string_view raw) {
  auto object = machinery::decode_protobuf(schema, raw);
  return object ? *std::move(object) : codec::Json(object.error().message);
}

TEST(Protobuf, of_a_service_account_is_read) {
  const auto raw = field(1, field(1, "web")) +                //
                   field(2, field(3, "s") + field(4, "u")) +  //
                   field(3, field(1, "reg")) +                //
                   number(4, '\0');
  EXPECT_EQ(decoded(*service_account.schema, raw),
            parse(R"({"metadata":{"name":"web"},"secrets":[{"name":"s","uid":"u"}],
                      "imagePullSecrets":[{"name":"reg"}],
                      "automountServiceAccountToken":false})"));
}

TEST(Protobuf, of_a_token_request_is_read) {
  const auto bound = field(1, "Pod") + field(2, "v1") + field(3, "p") + field(4, "u");
  const auto spec = field(1, "vault") + field(1, "api") + field(3, bound) + number(4, '\x64');
  EXPECT_EQ(decoded(token_request_schema, field(1, "") + field(2, spec)),
            parse(R"({"metadata":{},"spec":{"audiences":["vault","api"],"expirationSeconds":100,
                      "boundObjectRef":{"kind":"Pod","apiVersion":"v1","name":"p","uid":"u"}}})"));
}

TEST(Protobuf, of_a_user_has_lists_of_extra_values) {
  const auto extra = field(1, "k") + field(2, field(1, "a") + field(1, "b"));
  const auto user = field(1, "alice") + field(4, extra);
  EXPECT_EQ(decoded(token_review_schema, field(3, field(2, user))),
            parse(R"({"status":{"user":{"username":"alice","extra":{"k":["a","b"]}}}})"));
}

// Go embeds a volume's source, a reference's name and a probe's handler.
TEST(Protobuf, of_a_pod_gets_the_shape_of_json) {
  const auto config_map = field(1, field(1, "cm"));
  const auto volume = field(1, "v") + field(2, field(19, config_map));
  const auto probe = field(1, field(1, field(1, "true"))) + number(3, '\x05');
  const auto container = field(1, "c") + field(10, probe);
  auto object = decoded(pod_schema, field(2, field(1, volume) + field(2, container)));
  lift_embedded(pod_schema, object);
  EXPECT_EQ(object, parse(R"({"spec":{"volumes":[{"name":"v","configMap":{"name":"cm"}}],
                      "containers":[{"name":"c","livenessProbe":
                        {"exec":{"command":["true"]},"timeoutSeconds":5}}]}})"));
}

TEST(EmbeddedMessages, leave_json_as_it_is) {
  auto object = parse(R"({"spec":{"volumes":[{"name":"v","emptyDir":{}},1]}})");
  const auto before = object;
  lift_embedded(pod_schema, object);
  EXPECT_EQ(object, before);
}

TEST(EmbeddedMessages, never_replace_a_member_that_stands_there) {
  auto object = parse(R"({"spec":{"volumes":[{"name":"v","":{"name":"w","emptyDir":{}}}]}})");
  lift_embedded(pod_schema, object);
  EXPECT_EQ(object, parse(R"({"spec":{"volumes":[{"name":"v","emptyDir":{}}]}})"));
}

}  // namespace
}  // namespace signet::kinds
