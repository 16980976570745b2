#include "token/error_text.h"

#include <algorithm>

namespace signet::token {

void ErrorTexts::add(std::string_view text) {
  if (std::ranges::find(texts_, text) == texts_.end()) texts_.emplace_back(text);
}

void ErrorTexts::add(const ErrorTexts& nested) {
  for (const auto& text : nested.texts_) add(text);
}

std::string ErrorTexts::text() const {
  if (texts_.empty()) return {};
  if (texts_.size() == 1) return texts_.front();
  std::string out = "[";
  for (const auto& text : texts_) {
    if (out.size() > 1) out += ", ";
    out += text;
  }
  out += ']';
  return out;
}

}  // namespace signet::token
