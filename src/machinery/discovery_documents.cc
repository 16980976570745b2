#include "machinery/discovery_documents.h"

#include <algorithm>
#include <span>

#include "base/cat.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "crypto/digest.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

JsonArray texts(std::span<const std::string_view> values) {
  JsonArray out;
  for (const auto value : values) out.emplace_back(value);
  return out;
}

JsonArray sorted_texts(std::span<const std::string_view> values) {
  std::vector<std::string_view> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  return texts(sorted);
}

std::string group_version(std::string_view group, std::string_view version) {
  return group.empty() ? std::string(version) : cat(group, '/', version);
}

std::vector<const Kind*> kinds_of(const Registry& registry, std::string_view group,
                                  std::string_view version) {
  std::vector<const Kind*> out;
  for (const auto* kind : registry.kinds()) {
    if (kind->group == group && kind->version == version) out.push_back(kind);
  }
  std::ranges::sort(out, {}, &Kind::plural);
  return out;
}

std::vector<const Subresource*> subresources_of(const Kind& kind) {
  std::vector<const Subresource*> out;
  for (const auto& subresource : kind.subresources) out.push_back(&subresource);
  std::ranges::sort(out, {}, &Subresource::name);
  return out;
}

JsonObject version_entry(std::string_view group, std::string_view version) {
  JsonObject out;
  out["groupVersion"] = group_version(group, version);
  out["version"] = version;
  return out;
}

void add_group_members(const ApiGroup& group, JsonObject& out) {
  out["name"] = group.name;
  JsonArray versions;
  for (const auto version : group.versions) versions.push_back(version_entry(group.name, version));
  out["versions"] = std::move(versions);
  out["preferredVersion"] = version_entry(group.name, group.versions.front());
}

// Lets clients see when the form in which objects are kept changes: the start of a digest of it.
std::string storage_version_hash(const Kind& kind) {
  const auto& kept = kind.stored_as();
  const auto digest = crypto::sha256(cat(kept.group, '/', kept.version, '/', kept.kind));
  return codec::base64_encode(crypto::as_bytes(digest).substr(0, 8));
}

JsonObject resource_entry(const Kind& kind) {
  JsonObject out;
  out["name"] = kind.plural;
  out["singularName"] = kind.singular;
  out["namespaced"] = kind.namespaced();
  out["kind"] = kind.kind;
  out["verbs"] = sorted_texts(kind.verbs);
  if (!kind.short_names.empty()) out["shortNames"] = texts(kind.short_names);
  if (!kind.categories.empty()) out["categories"] = texts(kind.categories);
  if (kind.stored) out["storageVersionHash"] = storage_version_hash(kind);
  return out;
}

JsonObject subresource_entry(const Kind& kind, const Subresource& subresource) {
  JsonObject out;
  out["name"] = cat(kind.plural, '/', subresource.name);
  out["singularName"] = "";
  out["namespaced"] = kind.namespaced();
  if (!subresource.version.empty() &&
      (subresource.group != kind.group || subresource.version != kind.version)) {
    if (!subresource.group.empty()) out["group"] = subresource.group;
    out["version"] = subresource.version;
  }
  out["kind"] = subresource.kind;
  out["verbs"] = sorted_texts(subresource.verbs);
  return out;
}

JsonObject response_kind(std::string_view group, std::string_view version, std::string_view kind) {
  JsonObject out;
  out["group"] = group;
  out["version"] = version;
  out["kind"] = kind;
  return out;
}

JsonObject discovered_resource(const Kind& kind) {
  JsonObject out;
  out["resource"] = kind.plural;
  out["responseKind"] = response_kind(kind.group, kind.version, kind.kind);
  out["scope"] = kind.namespaced() ? "Namespaced" : "Cluster";
  out["singularResource"] = kind.singular;
  out["verbs"] = sorted_texts(kind.verbs);
  if (!kind.short_names.empty()) out["shortNames"] = texts(kind.short_names);
  if (!kind.categories.empty()) out["categories"] = texts(kind.categories);
  JsonArray subresources;
  for (const auto* subresource : subresources_of(kind)) {
    const bool own = subresource->version.empty();
    JsonObject entry;
    entry["subresource"] = subresource->name;
    entry["responseKind"] =
        response_kind(own ? kind.group : subresource->group,
                      own ? kind.version : subresource->version, subresource->kind);
    entry["verbs"] = sorted_texts(subresource->verbs);
    subresources.push_back(std::move(entry));
  }
  if (!subresources.empty()) out["subresources"] = std::move(subresources);
  return out;
}

JsonObject discovered_group(const Registry& registry, const ApiGroup& group) {
  JsonObject metadata;
  if (!group.name.empty()) metadata["name"] = group.name;
  JsonArray versions;
  for (const auto version : group.versions) {
    JsonArray resources;
    for (const auto* kind : kinds_of(registry, group.name, version)) {
      resources.push_back(discovered_resource(*kind));
    }
    JsonObject entry;
    entry["version"] = version;
    entry["resources"] = std::move(resources);
    entry["freshness"] = "Current";
    versions.push_back(std::move(entry));
  }
  JsonObject out;
  out["metadata"] = std::move(metadata);
  out["versions"] = std::move(versions);
  return out;
}

}  // namespace

std::vector<ApiGroup> groups_of(const Registry& registry) {
  std::vector<ApiGroup> groups;
  for (const auto* kind : registry.kinds()) {
    auto found = std::ranges::find(groups, kind->group, &ApiGroup::name);
    if (found == groups.end()) {
      found = groups.insert(found, ApiGroup{.name = kind->group, .versions = {}});
    }
    if (std::ranges::find(found->versions, kind->version) == found->versions.end()) {
      found->versions.push_back(kind->version);
    }
  }
  return groups;
}

std::string api_versions_json(const ApiGroup& core, std::string_view server_address) {
  JsonObject address;
  address["clientCIDR"] = "0.0.0.0/0";
  address["serverAddress"] = server_address;
  JsonObject out;
  out["kind"] = "APIVersions";
  out["versions"] = texts(core.versions);
  out["serverAddressByClientCIDRs"] = JsonArray{std::move(address)};
  return codec::to_json(Json(std::move(out)));
}

std::string group_list_json(const std::vector<ApiGroup>& groups) {
  JsonArray entries;
  for (const auto& group : groups) {
    if (group.name.empty()) continue;
    JsonObject entry;
    add_group_members(group, entry);
    entries.push_back(std::move(entry));
  }
  JsonObject out;
  out["kind"] = "APIGroupList";
  out["apiVersion"] = "v1";
  out["groups"] = std::move(entries);
  return codec::to_json(Json(std::move(out)));
}

std::string group_json(const ApiGroup& group) {
  JsonObject out;
  out["kind"] = "APIGroup";
  out["apiVersion"] = "v1";
  add_group_members(group, out);
  return codec::to_json(Json(std::move(out)));
}

std::string resource_list_json(const Registry& registry, std::string_view group,
                               std::string_view version) {
  // A slash sorts before letters, so sorting kinds and then their subresources sorts the whole.
  JsonArray entries;
  for (const auto* kind : kinds_of(registry, group, version)) {
    entries.push_back(resource_entry(*kind));
    for (const auto* subresource : subresources_of(*kind)) {
      entries.push_back(subresource_entry(*kind, *subresource));
    }
  }
  JsonObject out;
  out["kind"] = "APIResourceList";
  if (!group.empty()) out["apiVersion"] = "v1";
  out["groupVersion"] = group_version(group, version);
  out["resources"] = std::move(entries);
  return codec::to_json(Json(std::move(out)));
}

std::string aggregated_json(const Registry& registry, const std::vector<ApiGroup>& groups,
                            bool core, std::string_view version) {
  JsonArray items;
  for (const auto& group : groups) {
    if (group.name.empty() == core) items.push_back(discovered_group(registry, group));
  }
  JsonObject out;
  out["kind"] = "APIGroupDiscoveryList";
  out["apiVersion"] = cat("apidiscovery.k8s.io/", version);
  out["metadata"] = JsonObject();
  out["items"] = std::move(items);
  return codec::to_json(Json(std::move(out)));
}

}  // namespace signet::machinery
