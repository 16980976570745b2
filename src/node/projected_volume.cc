#include "node/projected_volume.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "base/cat.h"
#include "base/try.h"
#include "codec/base64.h"
#include "node/files.h"

namespace signet::node {
namespace {

using codec::Json;
using codec::JsonObject;

constexpr mode_t mode_bits = 0777;

bool is_root() {
  return ::geteuid() == 0;
}

Result<mode_t> mode_at(const Json& object, std::string_view field,
                       std::optional<mode_t> otherwise) {
  if (const auto mode = codec::int_at(object, field)) {
    return static_cast<mode_t>(*mode) & mode_bits;
  }
  if (otherwise) return *otherwise;
  return fail(ErrorKind::invalid, "No defaultMode used, not even the default value for it");
}

Result<void> put(Payload& payload, std::string_view path, std::string bytes, mode_t mode,
                 uid_t owner = static_cast<uid_t>(-1)) {
  TRY(auto cleaned, clean_payload_path(path));
  payload.insert_or_assign(
      std::move(cleaned),
      ProjectedFile{.bytes = Secret(std::move(bytes)), .mode = mode, .owner = owner});
  return {};
}

// Keys and bytes of a ConfigMap or Secret. The first of `members` that has a key wins.
struct Member {
  std::string_view name;
  bool base64;
};

Result<std::optional<std::string>> value_of(const Json& object, std::span<const Member> members,
                                            std::string_view key) {
  for (const auto& member : members) {
    const auto* value = codec::object_at(object, member.name).if_contains(key);
    if (value == nullptr || !value->is_string()) continue;
    const std::string_view text = value->get_string();
    if (!member.base64) return std::string(text);
    TRY(auto bytes, codec::base64_decode(text));
    return bytes;
  }
  return std::nullopt;
}

struct KeySource {
  std::span<const Member> members;
  std::string_view missing_key;  // the sentence for it
};

Result<void> put_keys(Payload& payload, const Json& object, const KeySource& source,
                      const Json& spec, mode_t default_mode) {
  const auto& items = codec::array_at(spec, "items");
  if (items.empty()) {
    for (const auto& member : source.members) {
      for (const auto& [key, unused] : codec::object_at(object, member.name)) {
        TRY(auto bytes, value_of(object, source.members, key));
        if (bytes) TRY_VOID(put(payload, key, *std::move(bytes), default_mode));
      }
    }
    return {};
  }
  for (const auto& item : items) {
    const auto key = codec::string_at(item, "key");
    TRY(auto bytes, value_of(object, source.members, key));
    if (!bytes) {
      if (codec::bool_at(spec, "optional").value_or(false)) continue;
      return fail(ErrorKind::not_found, cat(source.missing_key, key));
    }
    TRY(const auto mode, mode_at(item, "mode", default_mode));
    TRY_VOID(put(payload, codec::string_at(item, "path"), *std::move(bytes), mode));
  }
  return {};
}

constexpr std::array config_map_members = {Member{.name = "data", .base64 = false},
                                           Member{.name = "binaryData", .base64 = true}};
constexpr std::array secret_members = {Member{.name = "data", .base64 = true}};

Result<void> join(std::vector<Error> errors) {
  if (errors.empty()) return {};
  if (errors.size() == 1) return std::unexpected(std::move(errors.front()));
  std::string text = "[";
  for (const auto& error : errors) append(text, text.size() > 1 ? ", " : "", error.message);
  return fail(errors.front().kind, cat(text, ']'));
}

// Adds one source to a content.
class Collector {
 public:
  Collector(const VolumeSources& sources, VolumeContent& content, mode_t default_mode)
      : sources_(sources),
        content_(content),
        default_mode_(default_mode),
        space_(codec::string_at(sources.pod, "metadata.namespace")) {}

  Result<void> config_map(const Json& spec, std::string_view name_field) {
    const std::string name(codec::string_at(spec, name_field));
    return object(sources_.objects.config_map(space_, name), spec,
                  {.members = config_map_members,
                   .missing_key = "configmap references non-existent config key: "});
  }

  Result<void> secret(const Json& spec, std::string_view name_field) {
    const std::string name(codec::string_at(spec, name_field));
    return object(
        sources_.objects.secret(space_, name), spec,
        {.members = secret_members, .missing_key = "references non-existent secret key: "});
  }

  Result<void> downward_api(const Json& spec) {
    for (const auto& item : codec::array_at(spec, "items")) {
      if (codec::find(item, "resourceFieldRef") != nullptr) {
        return fail(ErrorKind::invalid, "resourceFieldRef is not supported");
      }
      TRY(auto text, pod_field(sources_.pod, codec::string_at(item, "fieldRef.fieldPath")));
      TRY(const auto mode, mode_at(item, "mode", default_mode_));
      TRY_VOID(put(content_.payload, codec::string_at(item, "path"), std::move(text), mode));
    }
    return {};
  }

  Result<void> token(const Json& spec) {
    // Checked before a token is asked for that could not be written.
    const auto path = codec::string_at(spec, "path");
    TRY_VOID(clean_payload_path(path));
    TokenRequest request;
    request.account = codec::string_at(sources_.pod, "spec.serviceAccountName");
    request.space = space_;
    if (const auto audience = codec::string_at(spec, "audience"); !audience.empty()) {
      request.audiences.emplace_back(audience);
    }
    request.expiration_seconds = codec::int_at(spec, "expirationSeconds").value_or(0);
    request.pod_name = codec::string_at(sources_.pod, "metadata.name");
    request.pod_uid = codec::string_at(sources_.pod, "metadata.uid");
    TRY(const auto grant, sources_.tokens.get(request));
    if (grant.due_at && (!content_.due_at || *grant.due_at < *content_.due_at)) {
      content_.due_at = grant.due_at;
    }
    const auto owner = volume_owner(sources_.pod);
    const bool restricted = owner.user || owner.group;
    const bool chown = owner.user && is_root();
    return put(content_.payload, path, std::string(grant.token->bytes.reveal()),
               restricted ? 0600 : default_mode_, chown ? *owner.user : static_cast<uid_t>(-1));
  }

  // Every source is tried, so that one message names all that is wrong.
  Result<void> all_sources(const Json& projected) {
    std::vector<Error> errors;
    for (const auto& one : codec::array_at(projected, "sources")) {
      if (auto added = source(one); !added) errors.push_back(std::move(added).error());
    }
    return join(std::move(errors));
  }

 private:
  Result<void> source(const Json& source) {
    if (const auto* spec = codec::find(source, "serviceAccountToken")) return token(*spec);
    if (const auto* spec = codec::find(source, "configMap")) return config_map(*spec, "name");
    if (const auto* spec = codec::find(source, "secret")) return secret(*spec, "name");
    if (const auto* spec = codec::find(source, "downwardAPI")) return downward_api(*spec);
    return fail(ErrorKind::invalid, "unsupported projected volume source");
  }

  Result<void> object(Result<Json> found, const Json& spec, const KeySource& keys) {
    if (!found) {
      const bool optional = codec::bool_at(spec, "optional").value_or(false);
      if (optional && found.error().kind == ErrorKind::not_found) return {};
      return std::unexpected(std::move(found).error());
    }
    return put_keys(content_.payload, *found, keys, spec, default_mode_);
  }

  const VolumeSources& sources_;
  VolumeContent& content_;
  mode_t default_mode_;
  std::string space_;
};

Result<void> give_entry(int parent, const std::string& name, gid_t group, bool is_directory) {
  struct stat status{};
  if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail_errno(cat("stat ", name), errno);
  }
  if (S_ISLNK(status.st_mode)) return {};
  if (::fchownat(parent, name.c_str(), static_cast<uid_t>(-1), group, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail_errno(cat("chown ", name), errno);
  }
  const mode_t more = is_directory ? (0550U | S_ISGID) : 0440U;
  const mode_t mode = (status.st_mode & 07777U) | more;
  if (::fchmodat(parent, name.c_str(), mode, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail_errno(cat("chmod ", name), errno);
  }
  return {};
}

Result<void> give_below(int directory, gid_t group) {
  TRY(const auto entries, list_directory(directory));
  for (const auto& entry : entries) {
    TRY_VOID(give_entry(directory, entry.name, group, entry.is_directory));
    if (!entry.is_directory) continue;
    TRY(const auto below, open_directory(directory, entry.name));
    TRY_VOID(give_below(below.get(), group));
  }
  return {};
}

struct Plugin {
  std::string_view member;
  std::string_view name;
};
constexpr std::array plugins = {
    Plugin{.member = "projected", .name = "kubernetes.io~projected"},
    Plugin{.member = "secret", .name = "kubernetes.io~secret"},
    Plugin{.member = "configMap", .name = "kubernetes.io~configmap"},
    Plugin{.member = "downwardAPI", .name = "kubernetes.io~downward-api"},
    Plugin{.member = "emptyDir", .name = "kubernetes.io~empty-dir"}};

}  // namespace

std::string_view volume_plugin(const Json& volume) {
  for (const auto& plugin : plugins) {
    if (codec::find(volume, plugin.member) != nullptr) return plugin.name;
  }
  return {};
}

Result<VolumeContent> collect_volume(const Json& volume, const VolumeSources& sources) {
  VolumeContent content;
  const auto with = [&](const Json& spec, const auto& collect) -> Result<void> {
    TRY(const auto mode, mode_at(spec, "defaultMode", std::nullopt));
    Collector collector(sources, content, mode);
    return collect(collector, spec);
  };
  Result<void> collected = fail(ErrorKind::invalid, "unsupported volume type");
  if (const auto* secret = codec::find(volume, "secret")) {
    collected =
        with(*secret, [](Collector& c, const Json& s) { return c.secret(s, "secretName"); });
  } else if (const auto* map = codec::find(volume, "configMap")) {
    collected = with(*map, [](Collector& c, const Json& s) { return c.config_map(s, "name"); });
  } else if (const auto* items = codec::find(volume, "downwardAPI")) {
    collected = with(*items, [](Collector& c, const Json& s) { return c.downward_api(s); });
  } else if (const auto* projected = codec::find(volume, "projected")) {
    collected = with(*projected, [](Collector& c, const Json& s) { return c.all_sources(s); });
  }
  TRY_VOID(std::move(collected));
  return content;
}

Result<void> give_to_group(const std::string& directory, gid_t group) {
  TRY(const auto fd, open_directory(AT_FDCWD, directory));
  TRY_VOID(give_entry(AT_FDCWD, directory, group, true));
  return give_below(fd.get(), group);
}

Result<AtomicWriter::Outcome> write_volume(const std::string& directory, const Payload& payload,
                                           const VolumeOwner& owner, const Clock& clock,
                                           Random& random) {
  AtomicWriter writer(directory, clock, random);
  return writer.write(payload, [&]() -> Result<void> {
    if (!owner.group || !is_root()) return {};
    return give_to_group(directory, *owner.group);
  });
}

}  // namespace signet::node
