#include "signet/file_token_source.h"

#include "base/clock.h"
#include "jose/algorithm.h"
#include "jose/jws.h"
#include "libsignet/followed_file.h"

namespace signet {

namespace {

constexpr std::chrono::seconds reread_after_max{60};

// The end of a signature may be missing and the rest be base64url all the same.
bool is_whole(const jose::Jws& jws) {
  constexpr std::size_t rsa_bytes_min = 256;
  constexpr std::size_t rsa_bytes_step = 64;
  if (!jws.algorithm) return true;
  const auto bytes = jose::row(*jws.algorithm).signature_bytes;
  if (bytes != 0) return jws.signature.size() == bytes;
  return jws.signature.size() >= rsa_bytes_min && jws.signature.size() % rsa_bytes_step == 0;
}

// Half a token, which somebody is just writing, is refused where its shape shows it.
Result<std::string> parse_token(std::string bytes) {
  if (bytes.ends_with('\n')) bytes.pop_back();
  auto jws = jose::parse_jws(bytes);
  if (!jws) return in_context("no token", jws.error());
  if (!is_whole(*jws)) return fail(ErrorKind::invalid, "no token: the signature is cut off");
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
