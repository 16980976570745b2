#include "party/problems.h"

#include "base/cat.h"

namespace signet::party {

void Problems::add(const Place& place, std::string_view path, std::string_view what) {
  if (kept_.size() == kept_max) {
    ++left_out_;
    return;
  }
  std::string text(place.file);
  if (place.line != 0) append(text, ':', place.line);
  append(text, text.empty() ? "" : ": ", path, path.empty() ? "" : ": ", what);
  kept_.push_back(std::move(text));
}

std::vector<std::string> Problems::texts() const {
  auto texts = kept_;
  if (left_out_ != 0) texts.push_back(cat("and ", left_out_, " more"));
  return texts;
}

}  // namespace signet::party
