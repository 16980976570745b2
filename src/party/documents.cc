#include "party/documents.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/cat.h"
#include "codec/dns_name.h"
#include "party/fields.h"

namespace signet::party {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t values_max = 64;  // of any list in a document

// One row a word, so that what is wrong can say what there is.
template <typename Enum, std::size_t size>
void read_word(Fields& fields, std::string_view name,
               const std::array<std::pair<std::string_view, Enum>, size>& words, Enum& out) {
  if (!fields.has(name)) return;
  std::string text;
  fields.read(name, text);
  std::string known;
  for (const auto& [word, value] : words) {
    if (word == text) {
      out = value;
      return;
    }
    append(known, known.empty() ? "" : ", ", word);
  }
  fields.problem(name, cat("must be one of ", known));
}

constexpr std::array modes{std::pair<std::string_view, Mode>{"oidc", Mode::oidc},
                           std::pair<std::string_view, Mode>{"review", Mode::review},
                           std::pair<std::string_view, Mode>{"hybrid", Mode::hybrid}};
constexpr std::array needs{
    std::pair<std::string_view, ReviewNeed>{"required", ReviewNeed::required},
    std::pair<std::string_view, ReviewNeed>{"best_effort", ReviewNeed::best_effort}};
constexpr std::array phases{std::pair<std::string_view, Phase>{"old", Phase::old},
                            std::pair<std::string_view, Phase>{"both", Phase::both},
                            std::pair<std::string_view, Phase>{"new", Phase::current}};

template <typename T>
void read_list(Fields& fields, std::string_view name, std::vector<T>& out,
               std::size_t max = values_max) {
  fields.read(name, out);
  if (out.size() > max) fields.problem(name, cat("must have at most ", max, " elements"));
}

void read_keys(Fields fields, verify::IssuerSource& out) {
  fields.allow({"discoveryURL", "jwksURI", "jwks", "jwksHosts", "caFile", "ca", "spkiPin",
                "credentials", "allowedCIDRs", "ports", "softTTL", "softTTLMax", "hardTTL",
                "unknownKeyInterval", "refusedKeyIDs", "verifyKeyIDs", "rfc8414"});
  fields.read("discoveryURL", out.discovery_url);
  fields.read("jwksURI", out.jwks_uri);
  fields.read("jwks", out.jwks);
  read_list(fields, "jwksHosts", out.jwks_hosts);
  fields.read("caFile", out.ca_file);
  fields.read("ca", out.ca_pem);
  fields.read("spkiPin", out.spki_pin);
  if (auto credentials = fields.object("credentials")) {
    credentials->allow({"tokenFile", "origin"});
    credentials->read("tokenFile", out.credentials_file);
    credentials->read("origin", out.credentials_origin);
  }
  read_list(fields, "allowedCIDRs", out.allowed_cidrs);
  read_list(fields, "ports", out.ports);
  fields.read("softTTLMax", out.soft_ttl_max, minutes{1}, hours{24});
  fields.read("softTTL", out.soft_ttl, minutes{1}, out.soft_ttl_max);
  fields.read("hardTTL", out.hard_ttl, seconds{0}, hours{24 * 7});
  fields.read("unknownKeyInterval", out.kid_miss_interval, seconds{10}, minutes{10});
  read_list(fields, "refusedKeyIDs", out.refused_kids);
  fields.read("verifyKeyIDs", out.verify_kid_hash);
  fields.read("rfc8414", out.rfc8414);
}

void read_algorithms(Fields& fields, std::vector<jose::Algorithm>& out) {
  if (!fields.has("algorithms")) return;
  std::vector<std::string> names;
  fields.read("algorithms", names);
  out.clear();
  for (const auto& name : names) {
    if (const auto algorithm = jose::algorithm_named(name)) {
      out.push_back(*algorithm);
    } else {
      fields.problem("algorithms", "names something that is not verified here");
    }
  }
  if (names.empty()) fields.problem("algorithms", "must name one at least");
}

// RFC 8725 s3.11, s3.12: what is proof of a request, of an event or of a workload's own key is no
// caller's token, whatever a policy says.
constexpr std::array<std::string_view, 4> other_types{"wit+jwt", "dpop+jwt", "logout+jwt",
                                                      "secevent+jwt"};

void read_types(Fields& fields, std::vector<std::string>& out) {
  read_list(fields, "types", out);
  if (out.empty()) fields.problem("types", "must name one at least");
  for (const auto type : other_types) {
    const auto is_it = [type](std::string_view name) { return equal_ignoring_case(name, type); };
    if (std::ranges::any_of(out, is_it)) {
      fields.problem("types", cat("names ", type, ", which is no token of a caller"));
    }
  }
}

void read_token_rules(Fields fields, TokenRules& out) {
  fields.allow({"algorithms", "types", "lifetimeMax", "clockSkew"});
  read_algorithms(fields, out.algorithms);
  read_types(fields, out.types);
  fields.read("lifetimeMax", out.lifetime_max, minutes{1}, hours{24 * 3650});
  fields.read("clockSkew", out.clock_skew, seconds{0}, seconds{300});
}

void read_review(Fields fields, IssuerDocument& issuer) {
  auto& out = issuer.review;
  fields.allow({"need", "kubeconfig", "server", "caFile", "tokenFile", "apiAudiences", "cacheTTL",
                "queriesPerSecond", "burst", "concurrent"});
  read_word(fields, "need", needs, issuer.need);
  if (issuer.mode == Mode::review && issuer.need == ReviewNeed::best_effort) {
    fields.problem("need", "must be required where nothing else is checked");
  }
  fields.read("kubeconfig", out.kubeconfig);
  fields.read("server", out.server);
  fields.read("caFile", out.ca_file);
  fields.read("tokenFile", out.token_file);
  read_list(fields, "apiAudiences", out.api_audiences);
  fields.read("cacheTTL", out.cache_ttl, seconds{0}, seconds{60});
  fields.read("queriesPerSecond", out.queries_per_second, 1, 10'000);
  fields.read("burst", out.burst, 1, 20'000);
  fields.read("concurrent", out.concurrent, 1, 1'024);
  if (out.kubeconfig.empty() == out.server.empty()) {
    fields.problem("", "needs one of kubeconfig and server");
  } else if (!out.kubeconfig.empty() && !(out.ca_file.empty() && out.token_file.empty())) {
    fields.problem("", "takes caFile and tokenFile with server only");
  } else if (!out.server.empty() && out.token_file.empty()) {
    fields.problem("tokenFile", "is required with server");
  }
}

void read_issuer(Fields fields, IssuerDocument& out) {
  fields.allow({"url", "cluster", "mode", "keys", "tokens", "review"});
  fields.read("url", out.keys.issuer);
  fields.read("cluster", out.cluster);
  read_word(fields, "mode", modes, out.mode);
  // An empty issuer would be everybody's.
  if (out.keys.issuer.empty()) fields.problem("url", "is required and must not be empty");
  if (!codec::is_dns_subdomain(out.cluster)) {
    fields.problem("cluster", "is required: lower-case letters, digits, '-' and '.'");
  }
  if (auto keys = fields.object("keys")) {
    if (out.mode == Mode::review) fields.problem("keys", "is of no use to mode review");
    read_keys(std::move(*keys), out.keys);
  }
  if (auto tokens = fields.object("tokens")) {
    if (out.mode == Mode::review) fields.problem("tokens", "is of no use to mode review");
    read_token_rules(std::move(*tokens), out.tokens);
  }
  if (auto review = fields.object("review")) {
    if (out.mode == Mode::oidc) fields.problem("review", "is of no use to mode oidc");
    read_review(std::move(*review), out);
  } else if (out.mode != Mode::oidc) {
    fields.problem("review", "is required: which cluster is asked");
  }
}

bool has_empty(const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    if (text.empty()) return true;
  }
  return false;
}

void read_audiences(Fields fields, RouteDocument& out) {
  fields.allow({"phase", "old", "new"});
  read_word(fields, "phase", phases, out.phase);
  read_list(fields, "old", out.old_audiences, 16);
  read_list(fields, "new", out.new_audiences, 16);
  if (has_empty(out.old_audiences)) fields.problem("old", "must not hold an empty audience");
  if (has_empty(out.new_audiences)) fields.problem("new", "must not hold an empty audience");
  const auto phase = to_string(out.phase);
  if (out.phase != Phase::current && out.old_audiences.empty()) {
    fields.problem("old", cat("is required in phase ", phase));
  }
  if (out.phase != Phase::old && out.new_audiences.empty()) {
    fields.problem("new", cat("is required in phase ", phase));
  }
}

void read_subjects(Fields& fields, std::vector<SubjectRule>& out) {
  for (auto& subject : fields.objects("subjects")) {
    auto& rule = out.emplace_back();
    subject.allow({"cluster", "namespace", "name", "uid"});
    subject.read("cluster", rule.cluster);
    subject.read("namespace", rule.ns);
    subject.read("name", rule.name);
    subject.read("uid", rule.uid);
    if (!subject.has("namespace")) subject.problem("namespace", "is required; \"*\" is any");
    if (!subject.has("name")) subject.problem("name", "is required; \"*\" is any");
    if (rule.ns.empty()) subject.problem("namespace", "must not be empty");
    if (rule.name.empty()) subject.problem("name", "must not be empty");
    if (rule.cluster.empty()) subject.problem("cluster", "must not be empty");
    if (subject.has("uid") && rule.uid.empty()) subject.problem("uid", "must not be empty");
  }
  if (out.empty()) {
    fields.problem("subjects", "is required; namespace \"*\" and name \"*\" let everybody in");
  }
  if (out.size() > 1'024) fields.problem("subjects", "must have at most 1024 elements");
}

void read_route(Fields fields, RouteDocument& out) {
  fields.allow({"audiences", "anyAudience", "issuers", "clusters", "subjects", "condition",
                "legacyTokensFrom"});
  fields.read("anyAudience", out.any_audience);
  if (auto audiences = fields.object("audiences")) {
    if (out.any_audience) fields.problem("audiences", "and anyAudience exclude each other");
    read_audiences(std::move(*audiences), out);
  } else if (!out.any_audience) {
    fields.problem("audiences", "is required: which audiences this route accepts");
  }
  read_list(fields, "issuers", out.issuers, issuers_max);
  read_list(fields, "clusters", out.clusters, issuers_max);
  read_subjects(fields, out.subjects);
  fields.read("condition", out.condition);
  if (fields.has("condition") && out.condition.empty()) {
    fields.problem("condition", "must not be empty");
  }
  fields.read("legacyTokensFrom", out.legacy_tokens_from);
}

// The name in metadata; where it is none, that is said.
std::string read_name(Fields& document) {
  std::string name;
  auto metadata = document.object("metadata");
  if (metadata) {
    metadata->allow({"name"});
    metadata->read("name", name);
  }
  if (!codec::is_dns_subdomain(name)) {
    document.problem("metadata.name", "is required: lower-case letters, digits, '-' and '.'");
  }
  return name;
}

template <typename Document, typename Read>
void read_one(Fields& fields, std::string_view file, std::size_t line, std::vector<Document>& out,
              std::size_t max, Read read) {
  if (out.size() == max) return fields.problem("", cat("is one too many: at most ", max));
  auto& made = out.emplace_back();
  made.name = read_name(fields);
  made.file = file;
  made.line = line;
  if (auto spec = fields.object("spec")) {
    read(std::move(*spec), made);
  } else {
    fields.problem("spec", "is required");
  }
}

void read_document(const codec::PlacedYaml& document, std::string_view file, Documents& out,
                   Problems& problems) {
  Fields fields(document, file, problems);
  if (!document.value.is_object()) return;
  fields.allow({"apiVersion", "kind", "metadata", "spec"});
  std::string version;
  std::string kind;
  fields.read("apiVersion", version);
  fields.read("kind", kind);
  if (version != policy_api_version) {
    return fields.problem("apiVersion", cat("must be ", policy_api_version));
  }
  const auto place = document.lines.find("");
  const auto line = place == document.lines.end() ? 0 : place->second;
  if (kind == "Issuer") {
    read_one(fields, file, line, out.issuers, issuers_max, read_issuer);
  } else if (kind == "Route") {
    read_one(fields, file, line, out.routes, routes_max, read_route);
  } else {
    fields.problem("kind", "must be Issuer or Route");
  }
}

Result<std::vector<codec::PlacedYaml>> parse(std::string_view text) {
  const codec::ParseLimits limits{.bytes_max = policy_file_bytes_max, .depth_max = 16};
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || text[start] != '{') {
    return codec::parse_yaml_stream(text, limits, issuers_max + routes_max);
  }
  auto json = codec::parse_json_strict(text, limits);
  if (!json) return std::unexpected(std::move(json).error());
  std::vector<codec::PlacedYaml> one(1);
  one.front().value = *std::move(json);
  return one;
}

}  // namespace

std::string_view to_string(Mode mode) {
  for (const auto& [word, value] : modes) {
    if (value == mode) return word;
  }
  return "unknown";
}

std::string_view to_string(Phase phase) {
  for (const auto& [word, value] : phases) {
    if (value == phase) return word;
  }
  return "unknown";
}

void read_documents(std::string_view text, std::string_view file, Documents& out,
                    Problems& problems) {
  const auto documents = parse(text);
  if (!documents) return problems.add({.file = file}, "", documents.error().message);
  for (const auto& document : *documents) read_document(document, file, out, problems);
}

}  // namespace signet::party
