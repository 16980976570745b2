#include "oidc/configuration_file.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/files.h"
#include "base/log.h"
#include "base/try.h"

namespace signet::oidc {
namespace {

// What decides which keys there are: rules and audiences do not.
bool same_source(const Issuer& a, const Issuer& b) {
  return a.url == b.url && a.discovery_url == b.discovery_url &&
         a.certificate_authority == b.certificate_authority;
}

}  // namespace

ConfigurationFile::ConfigurationFile(Options options, const Clock& clock,
                                     telemetry::Registry& metrics)
    : options_(std::move(options)), clock_(clock), metrics_(metrics) {
  if (!options_.make_fetch) {
    options_.make_fetch = [](const Issuer& issuer, std::stop_token stop) {
      return https_fetch(issuer.certificate_authority, std::move(stop));
    };
  }
}

ConfigurationFile::~ConfigurationFile() {
  // The follower first: it makes and ends the others. Those are told all at once, then waited for.
  follower_.reset();
  for (const auto& [issuer, keeping] : keepings_) keeping->thread.request_stop();
}

Result<std::unique_ptr<ConfigurationFile>> ConfigurationFile::open(Options options,
                                                                   const Clock& clock,
                                                                   telemetry::Registry& metrics) {
  std::unique_ptr<ConfigurationFile> file(
      new ConfigurationFile(std::move(options), clock, metrics));
  const auto& path = file->options_.path;
  TRY(file->text_, read_file(path, configuration_bytes_max));
  auto configuration = parse_configuration(file->text_);
  if (!configuration) return in_context(path, configuration.error());
  file->anonymous_ = std::move(configuration->anonymous);
  if (auto loaded = file->load(file->text_); !loaded) return in_context(path, loaded.error());
  if (file->options_.follow) {
    constexpr std::chrono::seconds interval{1};
    file->follower_.emplace(interval, [held = file.get()] { held->look(); });
  }
  return file;
}

std::unique_ptr<ConfigurationFile::Keeping> ConfigurationFile::keep(const Issuer& issuer) const {
  auto keeping = std::make_unique<Keeping>();
  std::stop_source stop;
  keeping->keeper = std::make_shared<KeyKeeper>(issuer.url, issuer.discovery_url,
                                                options_.make_fetch(issuer, stop.get_token()));
  keeping->thread = std::jthread(
      [keeper = keeping->keeper, fetching = std::move(stop)](const std::stop_token& stop_token) {
        // A fetch that is under way ends with the thread.
        auto held = fetching;
        const std::stop_callback end(stop_token, [&held] { held.request_stop(); });
        while (!stop_token.stop_requested()) {
          const auto next = keeper->attend(std::chrono::steady_clock::now());
          keeper->wait_until(next, stop_token);
        }
      });
  return keeping;
}

Result<void> ConfigurationFile::load(const std::string& text) {
  TRY(const auto configuration, parse_configuration(text));
  TRY(const auto compiled, compile(configuration, options_.own_issuers));
  AuthenticatorSet set;
  decltype(keepings_) keepings;
  for (const auto& rules : compiled) {
    const auto& issuer = rules->source.issuer;
    const auto kept = std::ranges::find_if(keepings_, [&](const auto& candidate) {
      return candidate.second != nullptr && same_source(candidate.first, issuer);
    });
    auto keeping = kept == keepings_.end() ? keep(issuer) : std::move(kept->second);
    set.emplace(issuer.url, LiveAuthenticator{.rules = rules, .keys = keeping->keeper});
    keepings.emplace_back(issuer, std::move(keeping));
  }
  authenticators_.replace(std::move(set));
  for (const auto& [issuer, keeping] : keepings_) {
    if (keeping != nullptr) keeping->thread.request_stop();
  }
  keepings_ = std::move(keepings);  // waits for those that are gone
  const auto paths = [](const std::optional<access::AnonymousAccess>& anonymous) {
    return anonymous ? anonymous->paths : std::vector<std::string>();
  };
  if (configuration.anonymous.has_value() != anonymous_.has_value() ||
      paths(configuration.anonymous) != paths(anonymous_) ||
      (anonymous_ && configuration.anonymous->enabled != anonymous_->enabled)) {
    log::warn("a change of \"anonymous\" is in force after a restart", {{"file", options_.path}});
  }
  return {};
}

void ConfigurationFile::look() {
  auto text = read_file(options_.path, configuration_bytes_max);
  if (!text) {
    // Once for as long as it stays away.
    if (std::exchange(readable_, false)) {
      count("failure");
      log::error("authentication configuration cannot be read",
                 {{"file", options_.path}, {"reason", text.error().message}});
    }
    return;
  }
  readable_ = true;
  if (*text == text_) return;
  text_ = *std::move(text);
  if (const auto loaded = load(text_); !loaded) {
    count("failure");
    log::error("authentication configuration stays as it was",
               {{"file", options_.path}, {"reason", loaded.error().message}});
    return;
  }
  count("success");
  log::info("authentication configuration reloaded", {{"file", options_.path}});
}

void ConfigurationFile::count(std::string_view status) {
  metrics_
      .counter("apiserver_authentication_config_controller_automatic_reloads_total",
               "Changes of the authentication configuration that were looked at.",
               {{"status", status}})
      .add();
  metrics_
      .gauge("apiserver_authentication_config_controller_automatic_reload_last_timestamp_seconds",
             "When a change of the authentication configuration was last looked at.",
             {{"status", status}})
      .set(static_cast<double>(unix_seconds(clock_.now())));
}

}  // namespace signet::oidc
