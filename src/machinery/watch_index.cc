#include "machinery/watch_index.h"

#include <utility>

#include "base/cat.h"
#include "machinery/watch_stream.h"

namespace signet::machinery {

WatchIndex::WatchIndex(const Registry& registry)
    : registry_(registry), kinds_(registry.kinds().size()) {
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    kinds_[i].by_field.resize(registry.kinds()[i]->selectable.size());
  }
}

WatchIndex::Place::Place(Place&& other) noexcept
    : buckets_(std::exchange(other.buckets_, nullptr)),
      bucket_(other.bucket_),
      position_(other.position_) {}

WatchIndex::Place& WatchIndex::Place::operator=(Place&& other) noexcept {
  if (this == &other) return *this;
  leave();
  buckets_ = std::exchange(other.buckets_, nullptr);
  bucket_ = other.bucket_;
  position_ = other.position_;
  return *this;
}

void WatchIndex::Place::leave() {
  if (buckets_ == nullptr) return;
  bucket_->second.erase(position_);
  if (bucket_->second.empty()) buckets_->erase(bucket_);
  buckets_ = nullptr;
}

WatchIndex::Place WatchIndex::add(WatchStream& stream, const Kind& kind, std::string_view prefix,
                                  const FieldSelector& fields) {
  auto& of_kind = kinds_[registry_.index(kind.stored_as())];
  const auto put = [&stream](Buckets& buckets, std::string key) {
    const auto bucket = buckets.try_emplace(std::move(key)).first;
    return Place(buckets, bucket, bucket->second.insert(bucket->second.end(), &stream));
  };
  const auto name = fields.required_name();
  if (name && (!kind.namespaced() || !prefix.empty()))
    return put(of_kind.by_key, cat(prefix, *name));
  // Another version of the kind calls its fields by other names.
  const std::size_t indexed = kind.storage == nullptr ? kind.selectable.size() : 0;
  for (std::size_t i = 0; i < indexed; ++i) {
    if (const auto value = fields.required(kind.selectable[i])) {
      return put(of_kind.by_field[i], std::string(*value));
    }
  }
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  return put(of_kind.by_namespace, std::string(prefix));
}

void WatchIndex::tell(const Change& change) {
  const auto& object = *change.object;
  const auto& of_kind = kinds_[registry_.index(object.kind())];
  tell(of_kind.by_key, object.key(), change);
  tell(of_kind.by_namespace, "", change);
  if (object.kind().namespaced()) tell(of_kind.by_namespace, object.namespace_name(), change);
  for (std::size_t i = 0; i < of_kind.by_field.size(); ++i) {
    const auto& buckets = of_kind.by_field[i];
    if (buckets.empty()) continue;
    tell(buckets, object.field(i), change);
    // Who followed the old value hears that the object left.
    if (change.previous != nullptr && change.previous->field(i) != object.field(i)) {
      tell(buckets, change.previous->field(i), change);
    }
  }
}

void WatchIndex::tell(const Buckets& buckets, std::string_view value, const Change& change) {
  const auto bucket = buckets.find(value);
  if (bucket == buckets.end()) return;
  // Being told may end a watch, but destroys none before this returns (net/http.h).
  for (auto* stream : bucket->second) stream->tell(change);
}

}  // namespace signet::machinery
