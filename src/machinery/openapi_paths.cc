#include "machinery/openapi_paths.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/cat.h"

namespace signet::machinery {
namespace {

using codec::JsonArray;
using codec::JsonObject;

constexpr std::string_view meta_group = "meta.k8s.io";

struct Parameter {
  std::string_view name;
  std::string_view type = "string";
};

constexpr auto list_parameters = std::to_array<Parameter>({
    {"allowWatchBookmarks", "boolean"},
    {"continue"},
    {"fieldSelector"},
    {"labelSelector"},
    {"limit", "integer"},
    {"resourceVersion"},
    {"resourceVersionMatch"},
    {"sendInitialEvents", "boolean"},
    {"timeoutSeconds", "integer"},
    {"watch", "boolean"},
});
constexpr auto write_parameters = std::to_array<Parameter>({
    {"dryRun"},
    {"fieldManager"},
    {"fieldValidation"},
});
constexpr auto patch_parameters = std::to_array<Parameter>({
    {"dryRun"},
    {"fieldManager"},
    {"fieldValidation"},
    {"force", "boolean"},
});
constexpr auto delete_parameters = std::to_array<Parameter>({
    {"dryRun"},
    {"gracePeriodSeconds", "integer"},
    {"orphanDependents", "boolean"},
    {"propagationPolicy"},
});
constexpr auto patch_types = std::to_array<std::string_view>({
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
});
constexpr auto answer_types = std::to_array<std::string_view>({
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
});

// One HTTP method of one path.
struct Operation {
  std::string_view method;  // "get"
  std::string_view action;  // x-kubernetes-action: "list"
  std::string_view word;    // of the operation's id: "list", "read", "replace"
  std::span<const Parameter> query;
  TypeName body{};  // no kind: none
  TypeName answer;
  std::string_view code = "200";
};

JsonObject parameter(const Parameter& what, std::string_view in, OpenApi form) {
  JsonObject type;
  type["type"] = what.type;
  type["uniqueItems"] = true;
  JsonObject out;
  out["name"] = what.name;
  out["in"] = in;
  if (in == "path") out["required"] = true;
  if (form == OpenApi::v3) {
    out["schema"] = std::move(type);
  } else {
    out.insert(type.begin(), type.end());
  }
  return out;
}

// A kubectl that finds fieldValidation on PATCH in the second version asks, for a kind without
// PATCH (a TokenReview), for the cluster's custom resource definitions, and fails where there are
// no such things. Without it kubectl checks fields against the document itself. kubectl 1.27 and
// later read the third version first and learn there that this server checks.
bool is_left_out(const Parameter& parameter, const Operation& operation, OpenApi form) {
  return form == OpenApi::v2 && operation.method == "patch" && parameter.name == "fieldValidation";
}

class Paths {
 public:
  Paths(const Kind& kind, const OpenApiSchemas& schemas, OpenApi form, JsonObject& paths)
      : kind_(kind), schemas_(schemas), form_(form), paths_(paths) {}

  void add_collection();
  void add_item();
  void add_subresource(const Subresource& subresource);

 private:
  TypeName type() const { return {kind_.group, kind_.version, kind_.kind}; }
  bool serves(std::string_view verb) const {
    return std::ranges::find(kind_.verbs, verb) != kind_.verbs.end();
  }
  std::string collection_path(bool everywhere) const;
  std::string operation_id(std::string_view word, std::string_view rest) const;
  JsonObject operation(const Operation& what, const TypeName& about, std::string_view id) const;
  void add_body(const Operation& what, JsonObject& out) const;
  JsonObject responses(const Operation& what) const;
  JsonObject path_item(bool named) const;

  const Kind& kind_;
  const OpenApiSchemas& schemas_;
  OpenApi form_;
  JsonObject& paths_;
};

std::string Paths::collection_path(bool everywhere) const {
  const bool scoped = kind_.namespaced() && !everywhere;
  return cat(kind_.group.empty() ? "/api/" : "/apis/", kind_.group, kind_.group.empty() ? "" : "/",
             kind_.version, scoped ? "/namespaces/{namespace}/" : "/", kind_.plural);
}

// "authentication.k8s.io" -> "Authentication", "rbac.authorization.k8s.io" -> "RbacAuthorization"
std::string title(std::string_view dotted) {
  std::string out;
  bool upper = true;
  for (const char c : dotted) {
    if (c == '.') {
      upper = true;
      continue;
    }
    out += std::exchange(upper, false) ? upper_case(c) : c;
  }
  return out;
}

// "createCoreV1NamespacedPod", as clients that are generated from the document call it.
std::string Paths::operation_id(std::string_view word, std::string_view rest) const {
  auto group = kind_.group.empty() ? std::string_view("core") : kind_.group;
  constexpr std::string_view common = ".k8s.io";
  if (group.ends_with(common)) group.remove_suffix(common.size());
  return cat(word, title(group), title(kind_.version), rest);
}

JsonObject with_schema(JsonObject reference) {
  JsonObject out;
  out["schema"] = std::move(reference);
  return out;
}

void Paths::add_body(const Operation& what, JsonObject& out) const {
  if (what.body.kind.empty()) return;
  const bool patch = what.method == "patch";
  auto reference = schemas_.reference(what.body);
  if (form_ == OpenApi::v2) {
    JsonObject body;
    body["name"] = "body";
    body["in"] = "body";
    body["required"] = what.method != "delete";
    body["schema"] = std::move(reference);
    out["parameters"].as_array().push_back(std::move(body));
    JsonArray consumes;
    if (patch) {
      for (const auto media_type : patch_types) consumes.emplace_back(media_type);
    } else {
      consumes.emplace_back("*/*");
    }
    out["consumes"] = std::move(consumes);
    return;
  }
  JsonObject content;
  if (patch) {
    for (const auto media_type : patch_types) content[media_type] = with_schema(reference);
  } else {
    content["*/*"] = with_schema(std::move(reference));
  }
  JsonObject body;
  body["content"] = std::move(content);
  if (what.method != "delete") body["required"] = true;
  out["requestBody"] = std::move(body);
}

JsonObject Paths::responses(const Operation& what) const {
  JsonObject answer;
  answer["description"] = what.code == "201" ? "Created" : "OK";
  auto reference = schemas_.reference(what.answer);
  if (form_ == OpenApi::v2) {
    answer["schema"] = std::move(reference);
  } else {
    JsonObject content;
    for (const auto media_type : answer_types) content[media_type] = with_schema(reference);
    answer["content"] = std::move(content);
  }
  JsonObject unauthorized;
  unauthorized["description"] = "Unauthorized";
  JsonObject out;
  out[what.code] = std::move(answer);
  out["401"] = std::move(unauthorized);
  return out;
}

JsonObject Paths::operation(const Operation& what, const TypeName& about,
                            std::string_view id) const {
  JsonObject out;
  out["operationId"] = id;
  JsonArray parameters;
  for (const auto& query : what.query) {
    if (is_left_out(query, what, form_)) continue;
    parameters.push_back(parameter(query, "query", form_));
  }
  out["parameters"] = std::move(parameters);
  add_body(what, out);
  if (form_ == OpenApi::v2) {
    JsonArray produces;
    for (const auto media_type : answer_types) produces.emplace_back(media_type);
    out["produces"] = std::move(produces);
  }
  out["responses"] = responses(what);
  out["x-kubernetes-action"] = what.action;
  out["x-kubernetes-group-version-kind"] = group_version_kind(about);
  return out;
}

JsonObject Paths::path_item(bool named) const {
  JsonArray parameters;
  if (named) parameters.push_back(parameter({"name"}, "path", form_));
  if (kind_.namespaced()) parameters.push_back(parameter({"namespace"}, "path", form_));
  parameters.push_back(parameter({"pretty"}, "query", form_));
  JsonObject out;
  out["parameters"] = std::move(parameters);
  return out;
}

void Paths::add_collection() {
  const std::string list_kind = kind_.list_kind();
  const TypeName list{kind_.group, kind_.version, list_kind};
  const auto scoped = cat(kind_.namespaced() ? "Namespaced" : "", kind_.kind);
  const Operation lists{
      .method = "get", .action = "list", .word = "list", .query = list_parameters, .answer = list};
  auto item = path_item(false);
  if (serves("list")) item["get"] = operation(lists, type(), operation_id("list", scoped));
  if (serves("create")) {
    item["post"] = operation({.method = "post",
                              .action = "post",
                              .word = "create",
                              .query = write_parameters,
                              .body = type(),
                              .answer = type(),
                              .code = "201"},
                             type(), operation_id("create", scoped));
  }
  if (serves("deletecollection")) {
    item["delete"] = operation({.method = "delete",
                                .action = "deletecollection",
                                .word = "delete",
                                .query = delete_parameters,
                                .body = {meta_group, "v1", "DeleteOptions"},
                                .answer = {meta_group, "v1", "Status"}},
                               type(), operation_id("delete", cat("Collection", scoped)));
  }
  paths_[collection_path(false)] = std::move(item);
  if (!serves("list") || !kind_.namespaced()) return;
  JsonObject everywhere;
  everywhere["get"] =
      operation(lists, type(), operation_id("list", cat(kind_.kind, "ForAllNamespaces")));
  everywhere["parameters"] = JsonArray{parameter({"pretty"}, "query", form_)};
  paths_[collection_path(true)] = std::move(everywhere);
}

// What the verbs of one object, or of a subresource, are over HTTP.
Operation operation_of(std::string_view verb, const TypeName& type) {
  if (verb == "get") {
    return {.method = "get", .action = "get", .word = "read", .query = {}, .answer = type};
  }
  if (verb == "update") {
    return {.method = "put",
            .action = "put",
            .word = "replace",
            .query = write_parameters,
            .body = type,
            .answer = type};
  }
  if (verb == "patch") {
    return {.method = "patch",
            .action = "patch",
            .word = "patch",
            .query = patch_parameters,
            .body = {meta_group, "v1", "Patch"},
            .answer = type};
  }
  if (verb == "delete") {
    return {.method = "delete",
            .action = "delete",
            .word = "delete",
            .query = delete_parameters,
            .body = {meta_group, "v1", "DeleteOptions"},
            .answer = {meta_group, "v1", "Status"}};
  }
  return {.method = "post",
          .action = "post",
          .word = "create",
          .query = write_parameters,
          .body = type,
          .answer = type,
          .code = "201"};
}

void Paths::add_item() {
  const auto scoped = cat(kind_.namespaced() ? "Namespaced" : "", kind_.kind);
  auto item = path_item(true);
  const auto without_operations = item.size();
  for (const std::string_view verb : {"get", "update", "patch", "delete"}) {
    if (!serves(verb)) continue;
    const auto what = operation_of(verb, type());
    item[what.method] = operation(what, type(), operation_id(what.word, scoped));
  }
  if (item.size() == without_operations) return;
  paths_[cat(collection_path(false), "/{name}")] = std::move(item);
}

void Paths::add_subresource(const Subresource& subresource) {
  const bool own = subresource.version.empty();
  const TypeName about{own ? kind_.group : subresource.group,
                       own ? kind_.version : subresource.version, subresource.kind};
  const auto scoped =
      cat(kind_.namespaced() ? "Namespaced" : "", kind_.kind, title(subresource.name));
  // Whatever has no schema of its own and is not of this kind is no object: a log, a connection.
  const bool described = subresource.schema != nullptr || subresource.kind == kind_.kind;
  auto item = path_item(true);
  for (const auto verb : subresource.verbs) {
    auto what = operation_of(verb, about);
    if (!described) {
      what.body = {};
      what.answer = {meta_group, "v1", "Status"};
    }
    item[what.method] = operation(what, about, operation_id(what.word, scoped));
  }
  paths_[cat(collection_path(false), "/{name}/", subresource.name)] = std::move(item);
}

}  // namespace

void add_openapi_paths(const Kind& kind, const OpenApiSchemas& schemas, OpenApi form,
                       JsonObject& paths) {
  if (kind.schema == nullptr) return;
  Paths of_kind(kind, schemas, form, paths);
  of_kind.add_collection();
  of_kind.add_item();
  for (const auto& subresource : kind.subresources) of_kind.add_subresource(subresource);
}

}  // namespace signet::machinery
