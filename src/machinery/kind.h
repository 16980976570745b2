// What the generic API needs to know about one kind. A kind is data: its names, its schema, and
// the few rules that are its own. Adding a kind is writing one file in src/kinds that fills this.
//
// Threads  constant after start-up.
// Source   Kubernetes API conventions.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "codec/json.h"
#include "machinery/field_error.h"
#include "machinery/schema.h"

namespace signet::machinery {

enum class Scope : std::uint8_t { cluster, namespaced };

enum class NameRule : std::uint8_t { dns_subdomain, dns_label, dns_1035_label, path_segment };

// What DELETE answers: the object that was, or a Status.
enum class DeleteReply : std::uint8_t { status, object };

// A subresource, or an action that is not stored. Its handler is registered with the Api under
// "resource/name"; "status" needs none.
struct Subresource {
  std::string_view name;
  std::string_view kind;
  std::string_view group;    // of `kind`, where it is not the resource's own
  std::string_view version;  // likewise; empty: the resource's own
  std::span<const std::string_view> verbs;
  const Schema* schema = nullptr;  // of the body, for protobuf; null: the resource's own
};

// A column of `kubectl get`. `cell` gets the object and the time (for ages).
struct Column {
  std::string_view name;
  std::string_view type = "string";
  std::string_view format;
  std::string_view description;
  int priority = 0;  // 1: only with -o wide
  codec::Json (*cell)(const codec::Json& object, Instant now) = nullptr;
};

struct WriteContext {
  Instant now;
  Random& random;
};

enum class Update : std::uint8_t { main, status };

// What a kind reads out of an object once, so that nobody parses JSON to decide by it.
struct Compiled {
  virtual ~Compiled() = default;
};

struct Kind {
  std::string_view group;  // "" is the core group
  std::string_view version = "v1";
  std::string_view kind;         // "ServiceAccount"
  std::string_view plural;       // "serviceaccounts"
  std::string_view singular;     // "serviceaccount"
  std::string_view description;  // one sentence, for `kubectl explain`
  std::span<const std::string_view> short_names;
  std::span<const std::string_view> categories;
  std::span<const std::string_view> verbs;
  Scope scope = Scope::namespaced;
  const Schema* schema = nullptr;
  NameRule name_rule = NameRule::dns_subdomain;
  // False for kinds that are only asked (TokenReview): a handler answers POST, nothing is kept.
  bool stored = true;
  // Another version of that kind: its objects are the same ones. Both functions change an object
  // that the schema of where it comes from has accepted, and fill in nothing.
  const Kind* storage = nullptr;
  void (*from_storage)(codec::Json& object) = nullptr;
  void (*to_storage)(codec::Json& object) = nullptr;
  bool has_status = false;        // main writes keep `status`, /status writes keep the rest
  bool create_on_update = false;  // PUT of a missing object creates it
  bool has_generation = false;    // metadata.generation counts changes of `spec`
  bool may_own = true;            // false: a delete looks at no propagationPolicy
  DeleteReply delete_reply = DeleteReply::status;
  std::span<const Subresource> subresources;
  // Dotted paths that fieldSelector may name beside metadata.name and metadata.namespace; their
  // values are kept beside the object (Object::field), so that nobody parses JSON to read them.
  std::span<const std::string_view> selectable;
  // The value of one of them that does not simply stand at its path; nullopt: it does.
  std::optional<std::string_view> (*select)(const codec::Json& object,
                                            std::string_view path) = nullptr;
  std::span<const Column> columns;

  // What is kept beside the object for those who decide by it (Object::compiled).
  std::unique_ptr<const Compiled> (*compile)(const codec::Json& object) = nullptr;
  // Texts under which Snapshot::for_each_indexed finds the object, appended in any order; one that
  // holds a NUL finds nothing.
  void (*index)(const codec::Json& object, std::vector<std::string>& keys) = nullptr;

  // Fills in what the client may leave out. Runs on every write before validation.
  void (*set_defaults)(codec::Json& object) = nullptr;
  // Sets what only the server may say, on create.
  void (*prepare_create)(codec::Json& object, const WriteContext& context) = nullptr;
  // Keeps what this write may not change.
  void (*prepare_update)(codec::Json& object, const codec::Json& old, Update what) = nullptr;
  void (*validate)(const codec::Json& object, FieldErrors& errors) = nullptr;
  void (*validate_update)(const codec::Json& object, const codec::Json& old, Update what,
                          FieldErrors& errors) = nullptr;
  // How long a delete waits for somebody (the node agent) to finish it; 0 removes at once.
  std::chrono::seconds (*deletion_grace)(const codec::Json& object,
                                         std::optional<std::chrono::seconds> requested) = nullptr;
  // True while the object must stay although it is being deleted and has no finalizers in its
  // metadata (a namespace's spec.finalizers).
  bool (*held_by_spec)(const codec::Json& object) = nullptr;
  // Called when a delete sets the deletion timestamp (a namespace's phase becomes Terminating).
  void (*on_deletion_mark)(codec::Json& object) = nullptr;
  // A refusal of DELETE, as the text after "is forbidden: "; nullopt allows it.
  std::optional<std::string> (*refuse_delete)(std::string_view name) = nullptr;
  // What a row of `kubectl get` says of the object beside its cells (a pod that has completed), as
  // an array; null for most.
  codec::Json (*row_conditions)(const codec::Json& object) = nullptr;
  // Warnings for the writer (deprecated fields), appended.
  void (*warnings)(const codec::Json& object, std::vector<std::string>& out) = nullptr;

  // The kind whose rules and columns hold, and under which its objects are kept.
  const Kind& stored_as() const { return storage == nullptr ? *this : *storage; }
  // True if objects are kept under this very kind.
  bool keeps_objects() const { return stored && storage == nullptr; }
  bool namespaced() const { return scope == Scope::namespaced; }
  std::string api_version() const;  // "v1", "authentication.k8s.io/v1"
  std::string list_kind() const;    // "ServiceAccountList"
  const Subresource* find_subresource(std::string_view name) const;
  // The index of a selectable path, for Object::field; nullopt when it is not selectable.
  std::optional<std::size_t> field_index(std::string_view path) const;
};

}  // namespace signet::machinery
