#include "machinery/protobuf.h"

#include <gtest/gtest.h>

#include "kinds/authentication_schema.h"
#include "kinds/pod_schema.h"
#include "kinds/test_support.h"
#include "machinery/protobuf_write.h"

namespace signet::kinds {
namespace {

using machinery::Type;

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

TEST(Protobuf, of_a_cluster_role_is_read) {
  const auto rule = field(1, "get") + field(2, "") + field(3, "pods") + field(4, "p");
  const auto paths = field(1, "get") + field(5, "/x");
  const auto requirement = field(1, "k") + field(2, "In") + field(3, "v");
  const auto selector = field(1, field(1, "a") + field(2, "b")) + field(2, requirement);
  const auto raw = field(2, rule) + field(2, paths) + field(3, field(1, selector));
  EXPECT_EQ(decoded(*cluster_role.schema, raw),
            parse(R"({"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"],
                                "resourceNames":["p"]},{"verbs":["get"],"nonResourceURLs":["/x"]}],
                      "aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"a":"b"},
                        "matchExpressions":[{"key":"k","operator":"In","values":["v"]}]}]}})"));
}

TEST(Protobuf, of_a_role_binding_is_read) {
  const auto subject = field(1, "ServiceAccount") + field(3, "s") + field(4, "n");
  const auto reference = field(1, "rbac.authorization.k8s.io") + field(2, "Role") + field(3, "r");
  for (const auto* kind : {&role_binding, &cluster_role_binding}) {
    EXPECT_EQ(decoded(*kind->schema, field(2, subject) + field(3, reference)),
              parse(R"({"subjects":[{"kind":"ServiceAccount","name":"s","namespace":"n"}],
                        "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role",
                                   "name":"r"}})"));
  }
}

TEST(Protobuf, of_an_access_review_is_read) {
  const auto requirement = field(1, "k") + field(2, "In") + field(3, "v");
  const auto attributes = field(1, "n") + field(2, "get") + field(3, "g") + field(4, "v1") +
                          field(5, "pods") + field(6, "log") + field(7, "p") +
                          field(8, field(1, "a=b")) + field(9, field(2, requirement));
  const auto spec = field(1, attributes) + field(3, "u") + field(4, "g1") + field(4, "g2") +
                    field(5, field(1, "k") + field(2, field(1, "a"))) + field(6, "id");
  for (const auto* kind : {&subject_access_review, &local_subject_access_review}) {
    EXPECT_EQ(decoded(*kind->schema, field(2, spec)),
              parse(R"({"spec":{"resourceAttributes":{"namespace":"n","verb":"get","group":"g",
                      "version":"v1","resource":"pods","subresource":"log","name":"p",
                      "fieldSelector":{"rawSelector":"a=b"},"labelSelector":{"requirements":[
                        {"key":"k","operator":"In","values":["v"]}]}},
                      "user":"u","groups":["g1","g2"],"extra":{"k":["a"]},"uid":"id"}})"));
  }
  const auto paths = field(2, field(1, "/x") + field(2, "get"));
  EXPECT_EQ(decoded(*self_subject_access_review.schema, field(2, paths)),
            parse(R"({"spec":{"nonResourceAttributes":{"path":"/x","verb":"get"}}})"));
}

TEST(Protobuf, of_a_rules_review_is_read) {
  const auto rule = field(1, "get") + field(2, "") + field(3, "pods") + field(4, "p");
  const auto paths = field(1, "get") + field(2, "/x");
  const auto status = field(1, rule) + field(2, paths) + number(3, '\1') + field(4, "e");
  EXPECT_EQ(decoded(*self_subject_rules_review.schema, field(2, field(1, "n")) + field(3, status)),
            parse(R"({"spec":{"namespace":"n"},"status":{"resourceRules":[{"verbs":["get"],
                      "apiGroups":[""],"resources":["pods"],"resourceNames":["p"]}],
                      "nonResourceRules":[{"verbs":["get"],"nonResourceURLs":["/x"]}],
                      "incomplete":true,"evaluationError":"e"}})"));
}

// Go embeds a volume's source, a reference's name and a probe's handler.
TEST(Protobuf, of_a_pod_gets_the_shape_of_json) {
  const auto config_map = field(1, field(1, "cm"));
  const auto volume = field(1, "v") + field(2, field(19, config_map));
  const auto probe = field(1, field(1, field(1, "true"))) + number(3, '\x05');
  const auto container = field(1, "c") + field(10, probe);
  const auto object = decoded(pod_schema, field(2, field(1, volume) + field(2, container)));
  EXPECT_EQ(object, parse(R"({"spec":{"volumes":[{"name":"v","configMap":{"name":"cm"}}],
                      "containers":[{"name":"c","livenessProbe":
                        {"exec":{"command":["true"]},"timeoutSeconds":5}}]}})"));
}

// An object that has every field, made from nothing but the schema.
codec::Json full(const machinery::Schema& schema);

codec::Json sample(const machinery::Field& field) {
  switch (field.type) {
    case Type::text:
      return "text";
    case Type::boolean:
      return true;
    case Type::int32:
    case Type::int64:
      return 7;
    case Type::bytes:
      return "AAECAw==";
    case Type::time:
      return "2026-01-02T03:04:05Z";
    case Type::micro_time:
      return "2026-01-02T03:04:05.000006Z";
    case Type::quantity:
      return "100m";
    case Type::int_or_string:
      return "http";
    case Type::text_list:
      return codec::JsonArray{"a", "b"};
    case Type::message:
      return full(*field.schema);
    case Type::raw:
      return codec::JsonObject{{"f:data", codec::JsonObject{}}};
  }
  return nullptr;
}

codec::Json full(const machinery::Schema& schema) {
  codec::JsonObject out;
  for (const auto& field : schema.fields) {
    if (field.name.empty()) continue;
    const bool only_in_json =
        field.number == 0 && (field.name == "kind" || field.name == "apiVersion");
    if (only_in_json) continue;
    switch (field.shape) {
      case machinery::Shape::single:
        out[field.name] = sample(field);
        break;
      case machinery::Shape::list:
        out[field.name] = codec::JsonArray{sample(field), sample(field)};
        break;
      case machinery::Shape::map:
        out[field.name] = codec::JsonObject{{"k", sample(field)}, {"l", sample(field)}};
        break;
    }
  }
  return out;
}

void expect_round_trip(const machinery::Schema& schema) {
  const auto object = full(schema);
  std::string raw;
  machinery::append_protobuf(raw, schema, object);
  EXPECT_EQ(codec::to_json(decoded(schema, raw)), codec::to_json(object)) << schema.name;
}

TEST(Protobuf, of_every_kind_is_read_back_as_it_was_written) {
  for (const auto* kind : all()) {
    expect_round_trip(*kind->schema);
    for (const auto& subresource : kind->subresources) {
      if (subresource.schema != nullptr) expect_round_trip(*subresource.schema);
    }
  }
}

}  // namespace
}  // namespace signet::kinds
