#include "access/token_file.h"

#include <array>
#include <cstddef>
#include <utility>

#include "base/cat.h"
#include "base/files.h"
#include "base/log.h"
#include "base/try.h"
#include "codec/csv.h"
#include "token/audience.h"

namespace signet::access {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{4} * 1024 * 1024;
constexpr std::size_t columns_min = 3;

std::vector<std::string> split_groups(std::string_view list) {
  std::vector<std::string> groups;
  while (true) {
    const auto comma = list.find(',');
    groups.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return groups;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

TokenFile::TokenFile(Random& random) {
  std::array<std::byte, 32> key{};
  random.fill(key);
  key_ = Secret(std::string(reinterpret_cast<const char*>(key.data()), key.size()));
}

Result<TokenFile> TokenFile::load(const std::string& path, Random& random) {
  TRY(auto bytes, read_file(path, file_bytes_max));
  const Secret text(std::move(bytes));
  auto records = codec::parse_csv(text.reveal());
  if (!records) return in_context(cat("token file '", path, "'"), records.error());
  TokenFile file(random);
  std::size_t number = 0;
  for (auto& record : *records) {
    if (record.size() < columns_min) {
      return fail(ErrorKind::invalid,
                  cat("token file '", path,
                      "' must have at least 3 columns (token, user name, user uid), found ",
                      record.size()));
    }
    ++number;
    const Secret token(std::move(record[0]));
    if (token.empty()) {
      log::warn("empty token in token file", {{"file", path}, {"record", std::to_string(number)}});
      continue;
    }
    token::UserInfo user{
        .username = std::move(record[1]), .uid = std::move(record[2]), .groups = {}, .extra = {}};
    if (record.size() > columns_min) user.groups = split_groups(record[columns_min]);
    const auto digest = crypto::hmac_sha256(file.key_.reveal(), token.reveal());
    if (!file.users_.insert_or_assign(digest, std::move(user)).second) {
      log::warn("duplicate token in token file",
                {{"file", path}, {"record", std::to_string(number)}});
    }
  }
  return file;
}

const token::UserInfo* TokenFile::find(std::string_view token) const {
  const auto found = users_.find(crypto::hmac_sha256(key_.reveal(), token));
  return found == users_.end() ? nullptr : &found->second;
}

TokenVerdict StaticTokens::authenticate(std::string_view token,
                                        std::span<const std::string> audiences,
                                        const machinery::Snapshot& /*snapshot*/,
                                        const identity::TokenUse& /*use*/) {
  auto common = token::intersect_audiences(audiences, std::span<const std::string>(api_audiences_));
  if (common.empty()) return NotMine{};
  const auto* user = file_.find(token);
  if (user == nullptr) return NotMine{};
  return identity::Reviewed{.user = *user, .audiences = std::move(common)};
}

}  // namespace signet::access
