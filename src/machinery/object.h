// An object as the server keeps it: its bytes, ready to send, and the few facts that are read
// without parsing them.
//
// Shape    json() is the complete compact form with kind, apiVersion and resourceVersion; the
//          store keeps it without resourceVersion, because only the commit knows that.
// Threads  immutable.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "codec/json.h"
#include "machinery/finalizers.h"
#include "machinery/kind.h"
#include "store/store.h"

namespace signet::machinery {

using store::Revision;

// What an index of a snapshot is ordered by: an index key, NUL, the object's key.
using IndexKeys = std::vector<std::string>;

// One of metadata.ownerReferences.
struct Owner {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool blocks = false;  // blockOwnerDeletion

  bool operator==(const Owner&) const = default;
};

class Object {
 public:
  // Takes an object that was normalised by its schema; its metadata.resourceVersion is ignored.
  static std::shared_ptr<Object> create(const Kind& kind, const codec::Json& object);
  // Reads what the store kept.
  static Result<std::shared_ptr<Object>> from_store(const Kind& kind, std::string_view stored,
                                                    Revision revision);

  // Makes the resourceVersion part of the bytes. Once, before the object is shared.
  void commit(Revision revision);

  const Kind& kind() const { return *kind_; }
  std::string_view name() const;
  std::string_view namespace_name() const;       // empty for cluster-scoped kinds
  std::string_view key() const { return key_; }  // "namespace/name", or "name"
  std::string_view uid() const { return uid_; }
  Revision revision() const { return revision_; }
  std::optional<UnixTime> deleted_at() const { return deleted_at_; }  // metadata.deletionTimestamp
  Cascade cascade() const { return cascade_; }
  std::span<const Owner> owners() const {
    return owners_ == nullptr ? std::span<const Owner>{} : std::span<const Owner>(*owners_);
  }
  const std::vector<std::pair<std::string, std::string>>& labels() const { return labels_; }
  // The value of kind().selectable[index] as text; empty when absent.
  std::string_view field(std::size_t index) const { return fields_[index]; }

  // What kind().compile made of it, as the type that belongs to the kind; null without one.
  template <typename T>
  const T* compiled() const {
    return static_cast<const T*>(compiled_.get());
  }
  // In ascending order, each once; null without any.
  const std::shared_ptr<const IndexKeys>& index_keys() const { return index_keys_; }
  // Shares the keys of the version before, when they are the same. Before the object is shared.
  void share_index_keys(const Object& before);

  std::string_view json() const { return json_; }
  // The bytes without kind and apiVersion, as they stand in a list: "{" + this.
  std::string_view list_item_tail() const;
  // What goes to the store.
  std::string stored_form() const;
  codec::Json parse() const;

 private:
  Object() = default;

  const Kind* kind_ = nullptr;
  std::string key_;
  std::string uid_;
  std::string json_;
  std::size_t revision_offset_ = 0;  // where resourceVersion stands, or is to stand
  Revision revision_ = 0;
  std::optional<UnixTime> deleted_at_;
  Cascade cascade_ = Cascade::none;
  // Null without owners, as nearly every object is: a pointer is all that costs.
  std::unique_ptr<const std::vector<Owner>> owners_;
  std::vector<std::pair<std::string, std::string>> labels_;
  std::vector<std::string> fields_;
  std::unique_ptr<const Compiled> compiled_;
  std::shared_ptr<const IndexKeys> index_keys_;
};

using ObjectPtr = std::shared_ptr<const Object>;

}  // namespace signet::machinery
