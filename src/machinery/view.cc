#include "machinery/view.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"

namespace signet::machinery {
namespace {

// Keeps an index true to a change of one object; either version may be missing.
template <typename Index>
void reindex(Index& index, const Object* before, const Object* after) {
  const auto* old_keys = before == nullptr ? nullptr : before->index_keys().get();
  const auto* new_keys = after == nullptr ? nullptr : after->index_keys().get();
  if (old_keys == new_keys) return;
  if (old_keys != nullptr) {
    for (const auto& key : *old_keys) index = index.erase(key);
  }
  if (new_keys != nullptr) {
    for (const auto& key : *new_keys) {
      index = index.insert_or_assign(key, IndexEntry(after->index_keys(), &key));
    }
  }
}

std::vector<IndexEntry> sorted_index(const std::vector<ObjectPtr>& objects) {
  std::vector<IndexEntry> entries;
  for (const auto& object : objects) {
    if (object->index_keys() == nullptr) continue;
    for (const auto& key : *object->index_keys()) entries.emplace_back(object->index_keys(), &key);
  }
  std::ranges::sort(entries, {}, KeyOfIndexEntry{});
  return entries;
}

}  // namespace

std::string store_key(const Kind& asked, std::string_view key) {
  const auto& kind = asked.stored_as();
  return cat(kind.group.empty() ? std::string_view("core") : kind.group, '/', kind.plural, '/',
             key);
}

const Object* Snapshot::find(const Kind& kind, std::string_view key) const {
  const auto* found = objects(kind).find(key);
  return found == nullptr ? nullptr : found->get();
}

ObjectPtr Snapshot::find_shared(const Kind& kind, std::string_view key) const {
  const auto* found = objects(kind).find(key);
  return found == nullptr ? nullptr : *found;
}

std::string Snapshot::start_of(std::string_view index_key) {
  return cat(index_key, '\0');
}

bool Snapshot::has_indexed(const Kind& kind, std::string_view key) const {
  bool found = false;
  for_each_indexed(kind, key, [&](const Object&) {
    found = true;
    return false;
  });
  return found;
}

View::View(const Registry& registry)
    : registry_(registry),
      current_(std::make_shared<Snapshot>(registry)),
      history_(registry.kinds().size()) {}

const Kind* parse_store_key(const Registry& registry, std::string_view store_key,
                            std::string_view& key) {
  const auto first = store_key.find('/');
  const auto second = store_key.find('/', first + 1);
  if (second == std::string_view::npos) return nullptr;
  const auto group = store_key.substr(0, first);
  const auto plural = store_key.substr(first + 1, second - first - 1);
  key = store_key.substr(second + 1);
  for (const auto* kind : registry.kinds()) {
    if (kind->plural == plural && (kind->group.empty() ? "core" : kind->group) == group) {
      return kind;
    }
  }
  return nullptr;
}

Result<void> View::load(store::Store& store) {
  TRY(const auto range, store.range(""));
  std::vector<std::vector<ObjectPtr>> objects(registry_.kinds().size());
  for (const auto& entry : range.entries) {
    std::string_view key;
    const auto* kind = parse_store_key(registry_, entry.key, key);
    if (kind == nullptr) {
      return fail(ErrorKind::invalid,
                  cat("the database holds \"", entry.key,
                      "\", which this version does not know: use the version that wrote it"));
    }
    auto object = Object::from_store(*kind, entry.value, entry.revision);
    if (!object) return in_context(cat("the database's ", entry.key), object.error());
    objects[registry_.index(*kind)].push_back(*std::move(object));
  }
  auto next = std::make_shared<Snapshot>(registry_);
  next->revision_ = range.revision;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    next->by_kind_[i] = Snapshot::Objects::from_sorted(objects[i]);
    next->indexes_[i] = Snapshot::Index::from_sorted(sorted_index(objects[i]));
  }
  const std::scoped_lock lock(mutex_);
  current_ = std::move(next);
  for (auto& history : history_) history.start = range.revision;
  revision_.store(range.revision, std::memory_order_release);
  return {};
}

void View::start_history() {
  const std::scoped_lock lock(mutex_);
  past_.clear();
  for (auto& history : history_) {
    history.start = current_->revision();
    history.changes.clear();
  }
}

std::optional<Change> View::apply(Snapshot& next, store::Event& event) const {
  std::string_view key;
  const auto* kind = parse_store_key(registry_, event.key, key);
  next.revision_ = event.revision;
  if (kind == nullptr) return std::nullopt;
  auto& objects = next.by_kind_[registry_.index(*kind)];
  auto& index = next.indexes_[registry_.index(*kind)];
  const auto* found = objects.find(key);
  Change change{.type = ChangeType::added,
                .object = nullptr,
                .previous = found == nullptr ? nullptr : *found};
  if (!event.value) {
    if (change.previous == nullptr) return std::nullopt;
    change.type = ChangeType::deleted;
    auto last = Object::from_store(*kind, change.previous->stored_form(), event.revision);
    if (!last) return std::nullopt;
    change.object = *std::move(last);
    objects = objects.erase(key);
    reindex(index, change.previous.get(), nullptr);
    return change;
  }
  if (change.previous != nullptr) change.type = ChangeType::modified;
  std::shared_ptr<Object> object;
  if (event.attachment != nullptr) {
    // Whoever wrote it made it for us and reads it only after this; nobody else has it yet.
    object = std::const_pointer_cast<Object>(
        std::static_pointer_cast<const Object>(std::move(event.attachment)));
    object->commit(event.revision);
  } else {
    auto read = Object::from_store(*kind, *event.value, event.revision);
    if (!read) {
      log::error("a committed object cannot be read", {{"key", event.key}});
      return std::nullopt;
    }
    object = *std::move(read);
  }
  if (change.previous != nullptr) object->share_index_keys(*change.previous);
  reindex(index, change.previous.get(), object.get());
  change.object = std::move(object);
  objects = objects.insert_or_assign(key, change.object);
  return change;
}

void View::committed(std::vector<store::Event> events) {
  // Only this thread replaces current_, so it may be read here without the lock.
  auto latest = current();
  std::vector<SnapshotPtr> snapshots;
  auto changes = std::make_shared<std::vector<Change>>();
  for (auto& event : events) {
    auto next = std::make_shared<Snapshot>(*latest);
    if (auto change = apply(*next, event)) changes->push_back(*std::move(change));
    snapshots.push_back(std::exchange(latest, std::move(next)));
  }
  std::vector<std::shared_ptr<Subscriber>> subscribers;
  {
    const std::scoped_lock lock(mutex_);
    current_ = latest;
    for (auto& snapshot : snapshots) past_.push_back(std::move(snapshot));
    while (past_.size() > history_max) past_.pop_front();
    for (const auto& change : *changes) {
      auto& history = history_[registry_.index(change.object->kind())];
      history.changes.push_back(change);
      if (history.changes.size() > history_max) {
        history.start = history.changes.front().revision();
        history.changes.pop_front();
      }
    }
    std::erase_if(subscribers_, [](const auto& subscriber) { return subscriber->ended.load(); });
    subscribers = subscribers_;
    revision_.store(latest->revision(), std::memory_order_release);
  }
  if (changes->empty()) return;
  for (const auto& subscriber : subscribers) {
    subscriber->executor->post([subscriber, changes] {
      if (!subscriber->ended.load()) subscriber->deliver(changes);
    });
  }
}

SnapshotPtr View::current() const {
  const std::scoped_lock lock(mutex_);
  return current_;
}

SnapshotPtr View::at(Revision revision) const {
  const std::scoped_lock lock(mutex_);
  if (revision >= current_->revision()) return current_;
  const auto after =
      std::ranges::upper_bound(past_, revision, {}, [](const auto& s) { return s->revision(); });
  return after == past_.begin() ? nullptr : *std::prev(after);
}

std::optional<std::vector<Change>> View::since(const Kind& kind, Revision revision) const {
  const std::scoped_lock lock(mutex_);
  const auto& history = history_[registry_.index(kind.stored_as())];
  if (revision < history.start) return std::nullopt;
  const auto first = std::ranges::upper_bound(history.changes, revision, {}, &Change::revision);
  return std::vector<Change>(first, history.changes.end());
}

Revision View::history_start(const Kind& kind) const {
  const std::scoped_lock lock(mutex_);
  return history_[registry_.index(kind.stored_as())].start;
}

View::Subscription View::subscribe(Executor& executor,
                                   std::function<void(const Changes&)> deliver) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->executor = &executor;
  subscriber->deliver = std::move(deliver);
  const std::scoped_lock lock(mutex_);
  subscribers_.push_back(subscriber);
  return {subscriber.get(), [subscriber](void*) { subscriber->ended = true; }};
}

const SnapshotPtr& View::Reader::shared() {
  if (snapshot_ == nullptr ||
      snapshot_->revision() != view_->revision_.load(std::memory_order_acquire)) {
    snapshot_ = view_->current();
  }
  return snapshot_;
}

}  // namespace signet::machinery
