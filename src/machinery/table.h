// Tables: what `kubectl get` prints, computed by the server from the columns of a kind.
//
// Source   api.md D.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "machinery/object.h"

namespace signet::machinery {

enum class IncludeObject : std::uint8_t { metadata, none, object };

struct TableOptions {
  std::string_view version = "v1";  // of meta.k8s.io
  IncludeObject include = IncludeObject::metadata;
  bool with_columns = true;  // a watch sends them in its first event only
};

struct ListMeta {
  std::string resource_version;
  std::string continue_token;
  std::int64_t remaining = 0;  // 0: left out
};

// Kinds without columns of their own get Name and Age.
std::string table_json(const Kind& kind, std::span<const ObjectPtr> rows, const ListMeta& meta,
                       const TableOptions& options, Instant now);
// A bookmark of a table watch: one row without cells whose object carries the version.
std::string bookmark_table_json(const Kind& kind, std::string_view resource_version,
                                const TableOptions& options, bool initial_events_end);

}  // namespace signet::machinery
