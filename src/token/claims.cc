#include "token/claims.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/cat.h"
#include "codec/json.h"
#include "jose/json_reader.h"
#include "jose/jws.h"

namespace signet::token {

namespace {

// Below this a std::string keeps its bytes inside itself and moving it would leave views behind;
// no payload with an issuer and a subject is that short.
constexpr std::size_t payload_bytes_min = 16;
constexpr std::size_t audiences_max = 64;

constexpr std::string_view private_claims = "kubernetes.io";
constexpr std::string_view legacy_prefix = "kubernetes.io/serviceaccount/";

// Writes members one after another with the commas between them.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    begin(name);
    codec::append_json_string(out_, value, codec::Escape::html);
  }
  void time(std::string_view name, const std::optional<UnixTime>& value) {
    if (!value) return;
    begin(name);
    append(out_, value->time_since_epoch().count());
  }
  void reference(std::string_view name, const std::optional<ObjectRef>& value) {
    if (!value) return;
    begin(name);
    ObjectWriter nested(out_);
    nested.text("name", value->name);
    nested.text("uid", value->uid);
    nested.end();
  }
  std::string& begin(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    append(out_, '"', name, "\":");
    return out_;
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

void write_audiences(ObjectWriter& object, const std::vector<std::string_view>& audiences) {
  if (audiences.empty()) return;
  auto& out = object.begin("aud");
  out += '[';
  for (std::size_t i = 0; i < audiences.size(); ++i) {
    if (i > 0) out += ',';
    codec::append_json_string(out, audiences[i], codec::Escape::html);
  }
  out += ']';
}

// Everything a payload may say, before `iss` decides which kind of token it is.
struct Collected {
  BoundClaims bound;
  LegacyClaims legacy;
};

// Reads the values of one payload. Like Go's decoder, `null` stands for an absent member.
class ClaimsReader {
 public:
  ClaimsReader(std::string& payload, NameRule names) : json_(payload), names_(names) {}

  bool read() {
    return json_.object([this](std::string_view name) { return claim(name); }) && json_.finish();
  }
  Collected take() { return std::move(collected_); }

 private:
  bool claim(std::string_view name) {
    auto& bound = collected_.bound;
    if (name == "aud") return audiences(bound.audiences);
    if (name == "exp") return time(bound.expires_at);
    if (name == "iat") return time(bound.issued_at);
    if (name == "iss") return text(bound.issuer);
    if (name == "jti") return text(bound.id);
    if (name == "nbf") return time(bound.not_before);
    if (name == "sub") return text(bound.subject);
    if (name == private_claims) return kubernetes(bound);
    if (name.starts_with(legacy_prefix)) return legacy(name.substr(legacy_prefix.size()));
    if (names_ == NameRule::unambiguous && is_ambiguous(name)) return false;
    return json_.skip();
  }

  bool kubernetes(BoundClaims& bound) {
    if (json_.null()) return true;
    return json_.object([&](std::string_view name) {
      if (name == "namespace") return text(bound.ns);
      if (name == "node") return reference(bound.node);
      if (name == "pod") return reference(bound.pod);
      if (name == "secret") return reference(bound.secret);
      if (name == "serviceaccount") return reference(bound.service_account);
      if (name == "warnafter") return time(bound.warn_after);
      return json_.skip();
    });
  }

  bool legacy(std::string_view name) {
    auto& legacy = collected_.legacy;
    if (name == "namespace") return text(legacy.ns);
    if (name == "secret.name") return text(legacy.secret_name);
    if (name == "service-account.name") return text(legacy.service_account_name);
    if (name == "service-account.uid") return text(legacy.service_account_uid);
    return json_.skip();
  }

  bool text(std::string_view& out) { return json_.null() || json_.string(out); }

  bool time(std::optional<UnixTime>& out) {
    if (json_.null()) return true;
    std::int64_t seconds = 0;
    if (!json_.whole_number(seconds)) return false;
    out = UnixTime(std::chrono::seconds(seconds));
    return true;
  }

  bool reference(ObjectRef& out) {
    if (json_.null()) return true;
    return json_.object([&](std::string_view name) {
      if (name == "name") return text(out.name);
      if (name == "uid") return text(out.uid);
      return json_.skip();
    });
  }
  bool reference(std::optional<ObjectRef>& out) {
    if (json_.null()) return true;
    return reference(out.emplace());
  }

  bool audiences(std::vector<std::string_view>& out) {
    if (json_.null()) return true;
    const auto one = [&] { return out.size() < audiences_max && json_.string(out.emplace_back()); };
    if (json_.peek() == '"') return one();
    out.reserve(4);
    return json_.array(one);
  }

  // Differs from a registered name only in ways a careless reader would overlook.
  static bool is_ambiguous(std::string_view name) {
    constexpr std::array<std::string_view, 8> registered{"aud", "exp", "iat", "iss",
                                                         "jti", "nbf", "sub", private_claims};
    if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
      return true;
    }
    return std::ranges::any_of(
        registered, [&](std::string_view known) { return equal_ignoring_case(known, name); });
  }

  jose::JsonReader json_;
  NameRule names_;
  Collected collected_;
};

std::variant<BoundClaims, LegacyClaims> sort_out(Collected collected) {
  if (collected.bound.issuer != legacy_issuer) return std::move(collected.bound);
  collected.legacy.subject = collected.bound.subject;
  collected.legacy.audiences = std::move(collected.bound.audiences);
  return std::move(collected.legacy);
}

}  // namespace

std::string compose(const BoundClaims& claims) {
  std::string out;
  out.reserve(768);
  ObjectWriter object(out);
  write_audiences(object, claims.audiences);
  object.time("exp", claims.expires_at);
  object.time("iat", claims.issued_at);
  object.text("iss", claims.issuer);
  object.text("jti", claims.id);
  object.begin(private_claims);
  ObjectWriter kubernetes(out);
  kubernetes.text("namespace", claims.ns);
  kubernetes.reference("node", claims.node);
  kubernetes.reference("pod", claims.pod);
  kubernetes.reference("secret", claims.secret);
  kubernetes.reference("serviceaccount", claims.service_account);
  kubernetes.time("warnafter", claims.warn_after);
  kubernetes.end();
  object.time("nbf", claims.not_before);
  object.text("sub", claims.subject);
  object.end();
  return out;
}

std::string compose(const LegacyClaims& claims) {
  std::string out;
  out.reserve(512);
  ObjectWriter object(out);
  object.text("iss", legacy_issuer);
  object.text(cat(legacy_prefix, "namespace"), claims.ns);
  object.text(cat(legacy_prefix, "secret.name"), claims.secret_name);
  object.text(cat(legacy_prefix, "service-account.name"), claims.service_account_name);
  object.text(cat(legacy_prefix, "service-account.uid"), claims.service_account_uid);
  object.text("sub", claims.subject);
  object.end();
  return out;
}

Result<ParsedClaims> parse_claims(std::string payload, NameRule names) {
  if (payload.size() < payload_bytes_min || payload.size() > jose::payload_bytes_max) {
    return fail(ErrorKind::invalid, "claims: the payload is too short or too long");
  }
  ClaimsReader reader(payload, names);
  if (!reader.read()) {
    return fail(ErrorKind::invalid,
                "claims: not a JSON object, or a name twice, or a value of the wrong type");
  }
  auto claims = sort_out(reader.take());
  return ParsedClaims(std::move(payload), std::move(claims));
}

}  // namespace signet::token
