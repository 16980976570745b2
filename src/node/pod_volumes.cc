#include "node/pod_volumes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"
#include "node/files.h"
#include "node/projected_volume.h"

namespace signet::node {
namespace {

using codec::Json;
using std::chrono::milliseconds;

constexpr milliseconds sweep_delay{100};
constexpr milliseconds first_backoff{500};
constexpr milliseconds backoff_max{122000};
constexpr std::string_view empty_dir = "kubernetes.io~empty-dir";

}  // namespace

PodVolumes::PodVolumes(const NodeContext& context, const Json& pod)
    : context_(context),
      uid_(codec::string_at(pod, "metadata.uid")),
      pod_directory_(cat(context.root_dir, "/pods/", uid_)) {
  for (const auto& spec : codec::array_at(pod, "spec.volumes")) {
    Volume volume;
    volume.name = codec::string_at(spec, "name");
    const auto plugin = volume_plugin(spec);
    if (!plugin.empty() && is_safe_name(volume.name)) {
      volume.directory = cat(pod_directory_, "/volumes/", plugin, '/', volume.name);
    }
    volumes_.push_back(std::move(volume));
  }
}

milliseconds PodVolumes::grow(Volume& volume) {
  volume.backoff = std::clamp(volume.backoff * 2, first_backoff, backoff_max);
  return volume.backoff;
}

void PodVolumes::sweep(Volume& volume) const {
  volume.sweep_at.reset();
  const AtomicWriter writer(volume.directory, context_.clock, context_.random);
  if (const auto swept = writer.sweep(); !swept) {
    log::warn("cannot remove replaced files",
              {{"volume", volume.name}, {"error", swept.error().message}});
  }
}

std::chrono::nanoseconds PodVolumes::resync_period() {
  // 60 s stretched by 1.0 to 1.5, so that many pods do not meet.
  return milliseconds{60000 + static_cast<std::int64_t>(uniform(context_.random, 30001))};
}

std::vector<PodVolumes::Failure> PodVolumes::sync(const Json& pod, Instant now) {
  std::vector<Failure> failures;
  const auto& specs = codec::array_at(pod, "spec.volumes");
  for (std::size_t i = 0; i < volumes_.size() && i < specs.size(); ++i) {
    auto& volume = volumes_[i];
    if (volume.sweep_at && now >= *volume.sweep_at) sweep(volume);
    if (now < volume.next) continue;
    auto due_at = set_up(pod, specs[i], volume);
    if (!due_at) {
      volume.next = now + grow(volume);
      failures.push_back({.volume = volume.name, .message = std::move(due_at).error().message});
      continue;
    }
    volume.ready = true;
    volume.next = now + resync_period();
    if (*due_at && **due_at <= context_.clock.now()) {
      // The token is due and could not be had: the old one is good for some time yet.
      volume.next = std::min(volume.next, now + grow(volume));
    } else {
      volume.backoff = milliseconds{0};
      if (*due_at) volume.next = std::min(volume.next, **due_at);
    }
  }
  return failures;
}

Result<std::optional<Instant>> PodVolumes::set_up(const Json& pod, const Json& spec,
                                                  Volume& volume) {
  if (volume.directory.empty()) return fail(ErrorKind::invalid, "unsupported volume type");
  const bool is_empty_dir = volume_plugin(spec) == empty_dir;
  VolumeContent content;
  if (!is_empty_dir) {
    TRY(content,
        collect_volume(spec, {.pod = pod, .objects = context_.objects, .tokens = context_.tokens}));
  }
  const auto owner = volume_owner(pod);
  if (!volume.ready) {
    const auto parent = volume.directory.substr(0, volume.directory.rfind('/'));
    TRY_VOID(make_directories(parent, 0700));
  }
  const bool fresh = ::mkdir(volume.directory.c_str(), 0777) == 0;
  if (!fresh && errno != EEXIST) return fail_errno(cat("mkdir ", volume.directory), errno);
  if (fresh) {
    if (::chmod(volume.directory.c_str(), 0777) != 0) {
      return fail_errno(cat("chmod ", volume.directory), errno);
    }
    if (owner.group && ::geteuid() == 0) {
      TRY_VOID(give_to_group(volume.directory, *owner.group));
    }
  }
  if (is_empty_dir) return std::nullopt;
  const auto written =
      write_volume(volume.directory, content.payload, owner, context_.clock, context_.random);
  if (written && (*written == AtomicWriter::Outcome::written || !volume.ready)) {
    volume.sweep_at = context_.clock.now() + sweep_delay;
  }
  if (!written) {
    if (!volume.ready) {
      // Nobody uses it yet, so it is built anew from nothing.
      context_.tokens.drop_pod(uid_);
      TRY_VOID(remove_tree(AT_FDCWD, volume.directory));
    }
    return std::unexpected(written.error());
  }
  return content.due_at;
}

void PodVolumes::mark_due() {
  for (auto& volume : volumes_) {
    if (volume.ready) volume.next = Instant{};
  }
}

bool PodVolumes::ready() const {
  return std::ranges::all_of(volumes_, &Volume::ready);
}

std::vector<std::string> PodVolumes::names(bool only_unready) const {
  std::vector<std::string> names;
  for (const auto& volume : volumes_) {
    if (!only_unready || !volume.ready) names.push_back(volume.name);
  }
  return names;
}

Instant PodVolumes::next() const {
  Instant next = Instant::max();
  for (const auto& volume : volumes_) {
    next = std::min({next, volume.next, volume.sweep_at.value_or(Instant::max())});
  }
  return next;
}

std::string PodVolumes::directory(std::string_view volume) const {
  const auto found = std::ranges::find(volumes_, volume, &Volume::name);
  return found == volumes_.end() ? std::string() : found->directory;
}

Result<void> PodVolumes::tear_down() {
  context_.tokens.drop_pod(uid_);
  auto pods = open_directory(AT_FDCWD, context_.root_dir + "/pods");
  if (!pods) {
    if (pods.error().kind == ErrorKind::not_found) return {};
    return std::unexpected(std::move(pods).error());
  }
  return remove_tree(pods->get(), uid_);
}

}  // namespace signet::node
