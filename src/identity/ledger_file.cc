#include "identity/ledger_file.h"

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/cat.h"
#include "base/files.h"
#include "base/log.h"
#include "identity/migration_report.h"

namespace signet::identity {

LedgerFile::LedgerFile(Options options, MigrationLedger& ledger, const Clock& clock)
    : options_(std::move(options)), ledger_(ledger), clock_(clock) {
  load();
  if (options_.follow) {
    follower_ = std::jthread([this](const std::stop_token& stop) { follow(stop); });
  }
}

LedgerFile::~LedgerFile() {
  follower_.request_stop();
  if (follower_.joinable()) follower_.join();
  save();
}

void LedgerFile::load() {
  const auto text = read_file(options_.path, report_bytes_max);
  if (!text && text.error().kind == ErrorKind::not_found) {
    saved_ = ledger_.version() - 1;  // since when there is a ledger is worth keeping, too
    return;
  }
  auto contents = text ? parse_report(*text) : std::unexpected(text.error());
  if (contents) {
    ledger_.restore(*std::move(contents));
    saved_ = ledger_.version();
    return;
  }
  const auto aside = cat(options_.path, ".damaged");
  log::error("the token report cannot be read and begins anew",
             {{"file", options_.path}, {"kept_as", aside}, {"reason", contents.error().message}});
  std::error_code ignored;  // the log has said it; the next write replaces the file either way
  std::filesystem::rename(options_.path, aside, ignored);
  saved_ = ledger_.version() - 1;
}

void LedgerFile::save() {
  const auto now = whole_seconds(clock_.now());
  ledger_.expire(now);
  const auto version = ledger_.version();
  if (version == saved_) return;
  constexpr mode_t owner_only = 0600;
  const auto report = to_report(ledger_.contents(now));
  const auto written = write_file_durably(options_.path, codec::to_json(report) + '\n', owner_only);
  if (written) {
    saved_ = version;
    writable_ = true;
  } else if (std::exchange(writable_, false)) {
    log::error("the token report cannot be written",
               {{"file", options_.path}, {"reason", written.error().message}});
  }
}

void LedgerFile::follow(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    stopped.wait_for(lock, stop, options_.interval, [] { return false; });
    if (!stop.stop_requested()) save();
  }
}

}  // namespace signet::identity
