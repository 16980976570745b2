// Reads the fields of a policy document by name: strictly, and all that is wrong at once.
//
//   fields.allow({"url", "ports"});
//   fields.read("url", out.url);
//
// Shape    what is missing or null leaves `out` as it was. A field of another type, or one that
//          allow() does not name, is a problem with its path and line.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/yaml.h"
#include "party/problems.h"

namespace signet::party {

class Fields {
 public:
  // All three outlive this. `file` is for problems.
  Fields(const codec::PlacedYaml& document, std::string_view file, Problems& problems);

  void allow(std::initializer_list<std::string_view> names);

  void read(std::string_view name, std::string& out);
  void read(std::string_view name, bool& out);
  void read(std::string_view name, std::vector<std::string>& out);
  void read(std::string_view name, std::vector<std::uint16_t>& out);
  // "90s", "10m"; whole seconds within the bounds.
  void read(std::string_view name, std::chrono::seconds& out, std::chrono::seconds min,
            std::chrono::seconds max);
  void read(std::string_view name, std::size_t& out, std::size_t min, std::size_t max);

  bool has(std::string_view name) const;
  // Fields of the object there; none where it is missing or no object.
  std::optional<Fields> object(std::string_view name);
  std::vector<Fields> objects(std::string_view name);

  // Something is wrong with the field `name`, or with the object itself where that is empty.
  void problem(std::string_view name, std::string_view what);

 private:
  Fields(const Fields& parent, const codec::JsonObject* object, std::string path)
      : document_(parent.document_),
        file_(parent.file_),
        problems_(parent.problems_),
        object_(object),
        path_(std::move(path)) {}

  std::string path_of(std::string_view name) const;
  void problem_at(std::string_view path, std::string_view what);
  // Null where it is missing, null or not what `is` says.
  template <typename Is>
  const codec::Json* find(std::string_view name, Is is, std::string_view wanted);
  template <typename Is, typename Use>
  void each(std::string_view name, Is is, std::string_view wanted, Use use);

  const codec::PlacedYaml* document_;
  std::string_view file_;
  Problems* problems_;
  const codec::JsonObject* object_ = nullptr;  // null: not an object, which was said
  std::string path_;
};

}  // namespace signet::party
