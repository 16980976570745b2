#include "identity/review_spec.h"

#include "base/try.h"
#include "jose/json_reader.h"
#include "kinds/kinds.h"
#include "machinery/accept.h"

namespace signet::identity {
namespace {

using codec::Escape;
using jose::JsonReader;
using machinery::ApiResult;

constexpr std::string_view group = "authentication.k8s.io";
constexpr std::string_view api_version = "authentication.k8s.io/v1";

bool is(JsonReader& reader, std::string_view expected) {
  std::string_view text;
  return reader.string(text) && text == expected;
}

bool nothing(JsonReader& reader) {
  return reader.object([](std::string_view) { return false; });
}

bool read_spec(JsonReader& reader, ReviewSpec& spec) {
  std::string_view text;
  return reader.object([&](std::string_view name) {
    if (name == "token") {
      if (!reader.string(text)) return false;
      spec.token = text;
      return true;
    }
    return name == "audiences" && reader.array([&] {
      if (!reader.string(text)) return false;
      spec.audiences.emplace_back(text);
      return true;
    });
  });
}

// What the types of Kubernetes' clients write for what nobody filled in.
bool skip_metadata(JsonReader& reader) {
  return reader.object(
      [&](std::string_view name) { return name == "creationTimestamp" && reader.null(); });
}

bool skip_status(JsonReader& reader) {
  return reader.object([&](std::string_view name) { return name == "user" && nothing(reader); });
}

}  // namespace

std::optional<ReviewSpec> read_plain_review(std::string_view body) {
  std::string text(body);
  JsonReader reader(text);
  ReviewSpec spec;
  const bool plain = reader.object([&](std::string_view name) {
    if (name == "spec") return read_spec(reader, spec);
    if (name == "kind") return is(reader, kinds::token_review.kind);
    if (name == "apiVersion") return is(reader, api_version);
    if (name == "metadata") return skip_metadata(reader);
    return name == "status" && skip_status(reader);
  });
  if (!plain || !reader.finish()) return std::nullopt;
  return spec;
}

ApiResult<ReviewSpec> read_any_review(const net::Request& request,
                                      machinery::FieldValidation validation,
                                      std::vector<std::string>& warnings) {
  const machinery::ExpectedKind expected{.api_version = api_version,
                                         .kind = kinds::token_review.kind,
                                         .group = group,
                                         .schema = kinds::token_review.schema};
  TRY(const auto body, machinery::decode_body(request, expected, validation, warnings));
  ReviewSpec spec{.token = std::string(codec::string_at(body.object, "spec.token")),
                  .audiences = {},
                  .metadata = {}};
  for (const auto& audience : codec::array_at(body.object, "spec.audiences")) {
    spec.audiences.emplace_back(audience.as_string());
  }
  codec::append_json(spec.metadata, codec::object_at(body.object, "metadata"), Escape::html);
  return spec;
}

ApiResult<ReviewSpec> read_review_spec(const net::Request& request,
                                       machinery::FieldValidation validation,
                                       std::vector<std::string>& warnings) {
  // Whoever records bodies wants to be told of a tree.
  if (request.record == nullptr && request.body.size() <= machinery::body_bytes_max &&
      machinery::is_media_type(request.header("content-type"), "application/json")) {
    if (auto spec = read_plain_review(request.body)) return *std::move(spec);
  }
  return read_any_review(request, validation, warnings);
}

}  // namespace signet::identity
