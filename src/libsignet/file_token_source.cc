#include "signet/file_token_source.h"

#include "base/clock.h"
#include "jose/jws.h"
#include "libsignet/followed_file.h"

namespace signet {

namespace {

constexpr std::chrono::seconds reread_after_max{60};

// Half a token, which somebody is just writing, is refused where its shape shows it.
Result<std::string> parse_token(std::string bytes) {
  if (bytes.ends_with('\n')) bytes.pop_back();
  if (auto jws = jose::parse_jws(bytes); !jws) {
    return in_context("no token", jws.error());
  }
  return bytes;
}

}  // namespace

struct FileTokenSource::State {
  State(std::string path, std::chrono::seconds reread_after)
      : file(std::move(path), jose::token_bytes_max + 1, reread_after, parse_token, clock) {}

  SystemClock clock;
  FollowedFile<std::string> file;
};

std::expected<FileTokenSource, std::string> FileTokenSource::open(
    std::string path, std::chrono::seconds reread_after) {
  if (reread_after < std::chrono::seconds(0) || reread_after > reread_after_max) {
    return std::unexpected("reread_after: must lie between 0 and 60 seconds");
  }
  auto state = std::make_shared<State>(std::move(path), reread_after);
  if (auto loaded = state->file.load(); !loaded) {
    return std::unexpected(std::move(loaded).error().message);
  }
  return FileTokenSource(std::move(state));
}

std::string FileTokenSource::token() const {
  return *state_->file.current();
}

}  // namespace signet
