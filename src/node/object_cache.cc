#include "node/object_cache.h"

#include <chrono>

#include "base/cat.h"
#include "codec/form.h"

namespace signet::node {
namespace {

using std::chrono::seconds;

constexpr seconds good_for{60};
constexpr seconds kept_for{120};
constexpr seconds new_pod_good_for{1};

}  // namespace

Result<codec::Json> ObjectCache::config_map(const std::string& space, const std::string& name) {
  return read("configmaps", "configmap", space, name);
}

Result<codec::Json> ObjectCache::secret(const std::string& space, const std::string& name) {
  return read("secrets", "secret", space, name);
}

void ObjectCache::refresh(std::string_view space) {
  const auto prefix = cat("/api/v1/namespaces/", space, '/');
  const auto now = clock_.now();
  std::erase_if(entries_, [&](const auto& entry) {
    return entry.first.starts_with(prefix) && now - entry.second.read_at > new_pod_good_for;
  });
}

void ObjectCache::drop_old() {
  const auto now = clock_.now();
  std::erase_if(entries_, [&](const auto& entry) { return now - entry.second.read_at > kept_for; });
}

Result<codec::Json> ObjectCache::read(std::string_view plural, std::string_view singular,
                                      const std::string& space, const std::string& name) {
  const auto now = clock_.now();
  auto path = cat("/api/v1/namespaces/", codec::percent_encode(space), '/', plural, '/',
                  codec::percent_encode(name));
  const auto found = entries_.find(path);
  if (found != entries_.end()) {
    const auto age = now - found->second.read_at;
    if (age >= seconds{0} && age <= good_for) return found->second.object;
    entries_.erase(found);
  }
  auto object = api_.get(path);
  if (!object) {
    if (object.error().kind != ErrorKind::not_found) return object;
    return fail(ErrorKind::not_found, cat(singular, " \"", name, "\" not found"));
  }
  entries_[std::move(path)] = {.object = *object, .read_at = now};
  return object;
}

}  // namespace signet::node
