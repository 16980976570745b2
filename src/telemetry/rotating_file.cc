#include "telemetry/rotating_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/files.h"
#include "base/try.h"

namespace signet::telemetry {
namespace {

// One write of at most about this much.
constexpr std::size_t write_bytes = std::size_t{1} << 20;
constexpr std::string_view stamp_shape = "dddd-dd-ddTdd-dd-dd.ddd";

// "2026-11-28T08-52-45.123": sorts as the times do.
std::string stamp(Instant now) {
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
  const std::time_t seconds = unix_seconds(now);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H-%M-%S", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%03d",
                static_cast<int>(((millis % 1000) + 1000) % 1000));
  return text.data();
}

bool is_stamp(std::string_view text) {
  return std::ranges::equal(text, stamp_shape, [](char c, char shape) {
    return shape == 'd' ? c >= '0' && c <= '9' : c == shape;
  });
}

}  // namespace

RotatingFile::RotatingFile(Options options, const Clock& clock)
    : options_(std::move(options)), clock_(&clock) {
  const auto slash = options_.path.rfind('/');
  const auto dot = options_.path.rfind('.');
  const bool has_extension =
      dot != std::string::npos && (slash == std::string::npos || dot > slash + 1) && dot != 0;
  stem_ = options_.path.substr(0, has_extension ? dot : std::string::npos);
  if (has_extension) extension_ = options_.path.substr(dot);
}

Result<RotatingFile> RotatingFile::open(Options options, const Clock& clock) {
  RotatingFile file(std::move(options), clock);
  const auto slash = file.options_.path.rfind('/');
  if (slash != std::string::npos && slash > 0) {
    TRY_VOID(make_directory(file.options_.path.substr(0, slash), 0700));
  }
  if (!file.open_file()) return fail(ErrorKind::unavailable, file.problem_);
  file.remove_old();
  return file;
}

void RotatingFile::fail_with(std::string_view what, int error) {
  problem_ = cat(what, ' ', options_.path, ": ", std::generic_category().message(error));
}

bool RotatingFile::open_file() {
  const bool standard_output = options_.path == "-";
  fd_ = Fd(standard_output
               ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
               : ::open(options_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd_) {
    fail_with("open", errno);
    return false;
  }
  struct stat found{};
  regular_ = !standard_output && ::fstat(fd_.get(), &found) == 0 && S_ISREG(found.st_mode);
  size_ = regular_ ? static_cast<std::uint64_t>(found.st_size) : 0;
  return true;
}

std::string RotatingFile::backup_name(Instant now) const {
  for (;; now += std::chrono::milliseconds{1}) {
    auto name = cat(stem_, '-', stamp(now), extension_);
    struct stat found{};
    if (::lstat(name.c_str(), &found) != 0) return name;
  }
}

// A file that cannot be put aside goes on growing: that is better than losing what it would hold.
bool RotatingFile::rotate() {
  const bool moved = ::rename(options_.path.c_str(), backup_name(clock_->now()).c_str()) == 0;
  if (!moved && errno != ENOENT) {  // somebody else took it away: that is as good
    fail_with("rename", errno);
    return true;
  }
  fd_.reset();
  if (!open_file()) return false;
  remove_old();
  return true;
}

void RotatingFile::remove_old() const {
  if (!regular_ || (options_.backups_max == 0 && options_.age_max.count() == 0)) return;
  const std::filesystem::path path(stem_);
  const auto prefix = cat(path.filename().string(), '-');
  const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::vector<std::string> stamps;
  std::error_code error;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    const auto name = at->path().filename().string();
    if (name.size() != prefix.size() + stamp_shape.size() + extension_.size() ||
        !name.starts_with(prefix) || !name.ends_with(extension_)) {
      continue;
    }
    auto text = name.substr(prefix.size(), stamp_shape.size());
    if (is_stamp(text)) stamps.push_back(std::move(text));
  }
  std::ranges::sort(stamps, std::greater<>());
  const auto oldest =
      options_.age_max.count() == 0 ? std::string() : stamp(clock_->now() - options_.age_max);
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    const bool too_many = options_.backups_max != 0 && i >= options_.backups_max;
    if (too_many || stamps[i] < oldest) {
      ::unlink(cat(stem_, '-', stamps[i], extension_).c_str());
    }
  }
}

// Returns how many of `lines` are in the file; what was written of the next one is taken back.
std::size_t RotatingFile::write_lines(std::span<const std::string> lines) {
  buffer_.clear();
  for (const auto& line : lines) buffer_ += line;
  std::size_t sent = 0;
  int error = 0;
  while (sent < buffer_.size() && error == 0) {
    const auto wrote = ::write(fd_.get(), buffer_.data() + sent, buffer_.size() - sent);
    if (wrote >= 0) {
      sent += static_cast<std::size_t>(wrote);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  std::size_t whole = 0;
  std::size_t bytes = 0;
  while (whole < lines.size() && bytes + lines[whole].size() <= sent)
    bytes += lines[whole++].size();
  size_ += bytes;
  if (error == 0) return whole;
  fail_with("write", error);
  if (regular_ && sent > bytes && ::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0) {
    // The rest of a line is there to stay: at least nothing else is put behind it.
    size_ += sent - bytes;
    if (::write(fd_.get(), "\n", 1) == 1) ++size_;
  }
  // A file that is gone or was made anew by somebody is found again.
  if (regular_) fd_.reset();
  return whole;
}

RotatingFile::Outcome RotatingFile::append(std::span<const std::string> lines) {
  problem_.clear();
  Outcome outcome;
  while (outcome.written < lines.size()) {
    if (!fd_ && !open_file()) break;
    const auto rest = lines.subspan(outcome.written);
    if (regular_ && size_ > 0 && size_ + rest.front().size() > options_.bytes_max && !rotate()) {
      break;
    }
    std::size_t count = 1;
    std::size_t bytes = rest.front().size();
    while (count < rest.size() && bytes + rest[count].size() <= write_bytes &&
           (!regular_ || size_ + bytes + rest[count].size() <= options_.bytes_max)) {
      bytes += rest[count++].size();
    }
    const auto written = write_lines(rest.first(count));
    outcome.written += written;
    if (written < count) break;
  }
  if (buffer_.capacity() > 2 * write_bytes) std::string().swap(buffer_);
  outcome.problem = problem_;
  return outcome;
}

}  // namespace signet::telemetry
