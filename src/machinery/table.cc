#include "machinery/table.h"

#include <array>

#include "base/cat.h"
#include "codec/json.h"
#include "machinery/age.h"
#include "machinery/partial_metadata.h"

namespace signet::machinery {
namespace {

codec::Json name_cell(const codec::Json& object, Instant /*now*/) {
  return codec::Json(codec::string_at(object, "metadata.name"));
}

codec::Json age_cell(const codec::Json& object, Instant now) {
  return codec::Json(object_age(object, now));
}

constexpr std::array<Column, 2> default_columns = {
    Column{.name = "Name",
           .format = "name",
           .description = "Name must be unique within a namespace.",
           .cell = name_cell},
    Column{.name = "Age",
           .format = {},
           .description = "Time since the object was created.",
           .cell = age_cell},
};

std::span<const Column> columns_of(const Kind& kind) {
  const auto columns = kind.stored_as().columns;
  return columns.empty() ? std::span<const Column>(default_columns) : columns;
}

void append_columns(std::string& out, std::span<const Column> columns) {
  char separator = '[';
  for (const auto& column : columns) {
    append(out, separator, R"({"name":)");
    codec::append_json_string(out, column.name);
    out += R"(,"type":)";
    codec::append_json_string(out, column.type);
    out += R"(,"format":)";
    codec::append_json_string(out, column.format);
    out += R"(,"description":)";
    codec::append_json_string(out, column.description);
    append(out, R"(,"priority":)", column.priority, '}');
    separator = ',';
  }
  out += ']';
}

void append_cells(std::string& out, std::span<const Column> columns, const codec::Json& parsed,
                  Instant now) {
  char separator = '[';
  for (const auto& column : columns) {
    out += separator;
    codec::append_json(out, column.cell == nullptr ? codec::Json() : column.cell(parsed, now),
                       codec::Escape::html);
    separator = ',';
  }
  out += ']';
}

void append_row_object(std::string& out, const Object& object, const TableOptions& options) {
  switch (options.include) {
    case IncludeObject::metadata:
      out += partial_metadata_json(object, options.version);
      break;
    case IncludeObject::none:
      out += "null";
      break;
    case IncludeObject::object:
      out += object.json();
      break;
  }
}

std::string table_head(const Kind& kind, const ListMeta& meta, const TableOptions& options) {
  auto out =
      cat(R"({"kind":"Table","apiVersion":"meta.k8s.io/)", options.version, R"(","metadata":{)");
  std::string_view separator;
  const auto text_member = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    append(out, separator, '"', name, R"(":)");
    codec::append_json_string(out, value);
    separator = ",";
  };
  text_member("resourceVersion", meta.resource_version);
  text_member("continue", meta.continue_token);
  if (meta.remaining > 0) append(out, separator, R"("remainingItemCount":)", meta.remaining);
  out += R"(},"columnDefinitions":)";
  if (options.with_columns) {
    append_columns(out, columns_of(kind));
  } else {
    out += "null";
  }
  out += R"(,"rows":[)";
  return out;
}

}  // namespace

std::string table_json(const Kind& kind, std::span<const ObjectPtr> rows, const ListMeta& meta,
                       const TableOptions& options, Instant now) {
  const auto columns = columns_of(kind);
  auto out = table_head(kind, meta, options);
  std::string_view separator;
  for (const auto& row : rows) {
    append(out, separator, R"({"cells":)");
    auto parsed = row->parse();
    if (row->kind().to_storage != nullptr) row->kind().to_storage(parsed);
    append_cells(out, columns, parsed, now);
    if (const auto conditions_of = kind.stored_as().row_conditions; conditions_of != nullptr) {
      if (const auto conditions = conditions_of(parsed); conditions.is_array()) {
        out += R"(,"conditions":)";
        codec::append_json(out, conditions, codec::Escape::html);
      }
    }
    out += R"(,"object":)";
    append_row_object(out, *row, options);
    out += '}';
    separator = ",";
  }
  out += "]}";
  return out;
}

std::string bookmark_table_json(const Kind& kind, std::string_view resource_version,
                                const TableOptions& options, bool initial_events_end) {
  auto out = table_head(
      kind, {.resource_version = std::string(resource_version), .continue_token = {}}, options);
  out += R"({"cells":[],"object":)";
  if (options.include == IncludeObject::none) {
    out += "null";
  } else {
    const bool whole = options.include == IncludeObject::object;
    append(out, R"({"kind":")", whole ? kind.kind : "PartialObjectMetadata", R"(","apiVersion":")",
           whole ? kind.api_version() : cat("meta.k8s.io/", options.version),
           R"(","metadata":{"resourceVersion":")", resource_version, '"',
           initial_events_end ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : "",
           "}}");
  }
  out += "}]}";
  return out;
}

}  // namespace signet::machinery
