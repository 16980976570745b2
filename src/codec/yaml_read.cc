// The reader: yaml-cpp's events build JSON values. The handler says no before the library goes
// deeper, by throwing what parse_yaml catches.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <optional>
#include <streambuf>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/try.h"
#include "base/utf8.h"
#include "codec/yaml.h"
#include "codec/yaml_scalar.h"

namespace signet::codec {
namespace {

constexpr std::size_t duplicates_max = 16;

// A refusal on its way out of the library.
struct Refused {
  std::string message;
};

[[noreturn]] void refuse(const YAML::Mark& mark, std::string_view why) {
  throw Refused{cat("line ", mark.line + 1, ": ", why)};
}

// Reads from memory in place.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* start = const_cast<char*>(text.data());  // NOLINT: streambuf never writes a get area
    setg(start, start, start + text.size());
  }
};

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(const ParseLimits& limits) : limits_(limits) {}

  YamlDocument take() { return {std::exchange(root_, nullptr), std::exchange(duplicates_, {})}; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) refuse(mark, "a second document");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    if (expects_key()) refuse(mark, "a key that is null");
    add(mark, nullptr);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    refuse(mark, "aliases are not read");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    if (!is_utf8(value)) refuse(mark, "text that is not UTF-8");
    if (expects_key()) {
      take_key(mark, value);
    } else {
      placed(mark);
      add(mark, scalar(mark, tag, value));
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    check_tag(mark, tag, "tag:yaml.org,2002:seq");
    open(mark, JsonArray());
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    check_tag(mark, tag, "tag:yaml.org,2002:map");
    open(mark, JsonObject());
  }
  void OnMapEnd() override { close(); }

 protected:
  // The path of the value that is next: "spec.ports[0]".
  std::string path() const {
    std::string path;
    for (const auto& container : containers_) {
      if (const auto* array = container.value.if_array()) {
        append(path, '[', array->size(), ']');
      } else if (container.key) {
        append(path, path.empty() ? "" : ".", *container.key);
      }
    }
    return path;
  }
  // A value begins here.
  virtual void placed(const YAML::Mark& /*mark*/) {}

 private:
  struct Container {
    Json value;
    std::optional<std::string> key;  // of an object, whose value comes next
    YAML::Mark mark;
  };

  bool expects_key() const {
    return !containers_.empty() && containers_.back().value.is_object() && !containers_.back().key;
  }

  void take_key(const YAML::Mark& mark, const std::string& key) {
    auto& container = containers_.back();
    const auto& object = container.value.get_object();
    if (object.size() >= limits_.members_max) {
      refuse(mark, cat("more than ", limits_.members_max, " keys"));
    }
    container.key = key;
  }

  static Json scalar(const YAML::Mark& mark, std::string_view tag, std::string_view value) {
    constexpr std::string_view core = "tag:yaml.org,2002:";
    if (tag == "!") return Json(value);
    const bool tagged = tag.starts_with(core);
    if (!tagged && !tag.empty() && tag != "?") refuse(mark, "a tag without a JSON type");
    const auto type = tagged ? tag.substr(core.size()) : std::string_view();
    if (type == "str") return Json(value);
    auto resolved = resolve_plain_scalar(value);
    if (!resolved) refuse(mark, resolved.error().message);
    const bool as_tagged = !tagged || (type == "null" && resolved->is_null()) ||
                           (type == "bool" && resolved->is_bool()) ||
                           (type == "int" && (resolved->is_int64() || resolved->is_uint64())) ||
                           (type == "float" && resolved->is_number());
    if (!as_tagged) refuse(mark, "a tag that does not fit its value or has no JSON type");
    return *std::move(resolved);
  }

  static void check_tag(const YAML::Mark& mark, std::string_view tag, std::string_view expected) {
    if (!tag.empty() && tag != "?" && tag != "!" && tag != expected) {
      refuse(mark, "a tag without a JSON type");
    }
  }

  void open(const YAML::Mark& mark, Json empty) {
    if (expects_key()) refuse(mark, "a key that is no scalar");
    if (containers_.size() >= limits_.depth_max) {
      refuse(mark, cat("nested deeper than ", limits_.depth_max, " levels"));
    }
    placed(mark);
    containers_.push_back({std::move(empty), std::nullopt, mark});
  }

  void close() {
    auto done = std::move(containers_.back());
    containers_.pop_back();
    add(done.mark, std::move(done.value));
  }

  void add(const YAML::Mark& mark, Json value) {
    if (containers_.empty()) {
      root_ = std::move(value);
      return;
    }
    auto& container = containers_.back();
    if (auto* array = container.value.if_array()) {
      array->push_back(std::move(value));
    } else if (container.key) {
      set(mark, container.value.get_object(), *std::exchange(container.key, std::nullopt),
          std::move(value));
    } else {
      refuse(mark, "a value without a key");
    }
  }

  void set(const YAML::Mark& mark, JsonObject& object, const std::string& key, Json value) {
    const bool fresh = object.insert_or_assign(key, std::move(value)).second;
    if (fresh || duplicates_.size() == duplicates_max) return;
    duplicates_.push_back(
        cat("line ", mark.line + 1, ": key \"", excerpt(key), "\" already set in map"));
  }

  const ParseLimits& limits_;
  bool started_ = false;
  Json root_;
  std::vector<std::string> duplicates_;
  std::vector<Container> containers_;
};

// Documents one after another, each with the lines of its values.
class StreamBuilder final : public Builder {
 public:
  StreamBuilder(const ParseLimits& limits, std::size_t documents_max)
      : Builder(limits), documents_max_(documents_max) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_.size() == documents_max_) {
      refuse(mark, cat("more than ", documents_max_, " documents"));
    }
    lines_.clear();
  }
  void OnDocumentEnd() override {
    auto [value, duplicates] = take();
    if (!duplicates.empty()) throw Refused{duplicates.front()};
    if (!value.is_null()) documents_.push_back({std::move(value), std::move(lines_)});
  }

  std::vector<PlacedYaml> documents() { return std::move(documents_); }

 private:
  void placed(const YAML::Mark& mark) override {
    lines_.insert_or_assign(path(), static_cast<std::size_t>(mark.line) + 1);
  }

  std::size_t documents_max_;
  std::map<std::string, std::size_t, std::less<>> lines_;
  std::vector<PlacedYaml> documents_;
};

std::unexpected<Error> refused(std::string_view why) {
  return fail(ErrorKind::invalid, cat("YAML: ", why));
}

// Lets `builder` hear all of `text`.
Result<void> read_into(Builder& builder, std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return refused(cat("larger than ", limits.bytes_max, " bytes"));
  }
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return {};
  } catch (const Refused& refusal) {
    return refused(refusal.message);
  } catch (const YAML::Exception& exception) {
    // The library's messages are fixed phrases, but for tag handles and anchors.
    return refused(cat("line ", exception.mark.line + 1, ": ", excerpt(exception.msg, 128)));
  } catch (const std::exception&) {
    return refused("not readable");
  }
}

}  // namespace

Result<YamlDocument> parse_yaml_document(std::string_view text, const ParseLimits& limits) {
  Builder builder(limits);
  TRY_VOID(read_into(builder, text, limits));
  return builder.take();
}

Result<Json> parse_yaml(std::string_view text, const ParseLimits& limits) {
  TRY(auto document, parse_yaml_document(text, limits));
  if (!document.duplicates.empty()) return refused(document.duplicates.front());
  return std::move(document.value);
}

Result<std::vector<PlacedYaml>> parse_yaml_stream(std::string_view text, const ParseLimits& limits,
                                                  std::size_t documents_max) {
  StreamBuilder builder(limits, documents_max);
  TRY_VOID(read_into(builder, text, limits));
  return builder.documents();
}

}  // namespace signet::codec
