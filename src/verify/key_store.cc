#include "verify/key_store.h"

#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/cat.h"
#include "base/files.h"
#include "base/try.h"
#include "jose/jwk.h"

namespace signet::verify {
namespace {

constexpr std::string_view magic = "signet-keysets-1\n";
constexpr std::size_t tag_bytes = sizeof(crypto::Sha256);
constexpr std::size_t key_bytes = 32;
constexpr std::size_t file_bytes_max = std::size_t{1024} * 1024 * 1024;
constexpr std::size_t sets_max = 1'000'000;
constexpr mode_t private_file = 0600;
constexpr mode_t private_directory = 0700;

static_assert(std::endian::native == std::endian::little);

template <typename T>
void put(std::string& out, T number) {
  std::array<char, sizeof number> bytes{};
  std::memcpy(bytes.data(), &number, sizeof number);
  out.append(bytes.data(), bytes.size());
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

void put_time(std::string& out, Instant time) {
  put(out, std::int64_t{time.time_since_epoch().count()});
}

void put_set(std::string& out, const StoredSet& set) {
  out += crypto::as_bytes(set.source);
  put_time(out, set.fetched_at);
  put_text(out, set.etag);
  put_text(out, set.last_modified);
  put_text(out, set.jwks_uri);
  put_time(out, set.document_read_at.value_or(Instant()));
  put(out, static_cast<std::uint8_t>(set.algorithms.size()));
  for (const auto algorithm : set.algorithms) put(out, static_cast<std::uint8_t>(algorithm));
  const auto& records = set.keys->records();
  put(out, static_cast<std::uint8_t>(records.size()));
  for (const auto& record : records) {
    put_text(out, record.kid);
    put(out, static_cast<std::uint8_t>(record.algorithm));
    put_text(out, record.spki_der);
  }
}

// Takes values from the front; after a fault everything is empty and good() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <typename T>
  T number() {
    T value{};
    const auto bytes = take(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string text() { return std::string(take(number<std::uint32_t>())); }
  Instant time() { return Instant(std::chrono::nanoseconds(number<std::int64_t>())); }
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  jose::Algorithm algorithm() {
    const auto index = number<std::uint8_t>();
    if (index >= jose::algorithm_table.size()) {
      good_ = false;
      return {};
    }
    return static_cast<jose::Algorithm>(index);
  }
  bool good() const { return good_; }
  bool finished() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

StoredSet read_set(Reader& reader) {
  StoredSet set;
  const auto source = reader.take(sizeof set.source);
  if (source.size() == sizeof set.source) {
    std::memcpy(set.source.data(), source.data(), source.size());
  }
  set.fetched_at = reader.time();
  set.etag = reader.text();
  set.last_modified = reader.text();
  set.jwks_uri = reader.text();
  const auto document = reader.time();
  if (document != Instant()) set.document_read_at = document;
  const auto algorithms = reader.number<std::uint8_t>();
  for (std::size_t i = 0; i < algorithms && reader.good(); ++i) {
    set.algorithms.push_back(reader.algorithm());
  }
  const auto keys = reader.number<std::uint8_t>();
  std::vector<KeyRecord> records;
  records.reserve(keys);
  for (std::size_t i = 0; i < keys && reader.good(); ++i) {
    auto kid = reader.text();
    const auto algorithm = reader.algorithm();
    records.push_back({.kid = std::move(kid), .algorithm = algorithm, .spki_der = reader.text()});
  }
  set.keys = std::make_shared<const KeySet>(std::move(records), 0);
  return set;
}

}  // namespace

Result<KeyStore> KeyStore::open(const std::string& directory, Random& random) {
  TRY_VOID(make_directory(directory, private_directory));
  const auto key_path = directory + "/keysets.key";
  auto key = read_file(key_path, key_bytes);
  if (!key && key.error().kind == ErrorKind::not_found) {
    std::string made(key_bytes, '\0');
    random.fill(std::as_writable_bytes(std::span(made)));
    TRY_VOID(write_file_durably(key_path, made, private_file));
    key = std::move(made);
  }
  if (!key) return std::unexpected(std::move(key).error());
  if (key->size() != key_bytes) return fail(ErrorKind::invalid, key_path + ": not 32 bytes");
  return KeyStore(directory + "/keysets", Secret(*std::move(key)));
}

Result<std::vector<StoredSet>> KeyStore::load() const {
  const auto file = read_file(path_, file_bytes_max);
  if (!file && file.error().kind == ErrorKind::not_found) return std::vector<StoredSet>();
  if (!file) return std::unexpected(file.error());
  const auto damaged = [&](std::string_view how) {
    return fail(ErrorKind::invalid, cat(path_, ": ", how));
  };
  const std::string_view bytes = *file;
  if (!bytes.starts_with(magic)) return damaged("not a file of key sets");
  if (bytes.size() < magic.size() + tag_bytes) return damaged("cut off");
  const auto signed_part = bytes.substr(0, bytes.size() - tag_bytes);
  const auto tag = crypto::hmac_sha256(key_.reveal(), signed_part);
  if (!crypto::equal_in_constant_time(crypto::as_bytes(tag), bytes.substr(signed_part.size()))) {
    return damaged("cut off or changed");
  }
  Reader reader(signed_part.substr(magic.size()));
  const auto count = reader.number<std::uint32_t>();
  if (count > sets_max) return damaged("too many sets");
  std::vector<StoredSet> sets;
  sets.reserve(count);
  for (std::size_t i = 0; i < count && reader.good(); ++i) sets.push_back(read_set(reader));
  if (!reader.finished()) return damaged("not as it was written");
  return sets;
}

Result<void> KeyStore::save(std::span<const StoredSet> sets) const {
  std::string out(magic);
  put(out, static_cast<std::uint32_t>(sets.size()));
  for (const auto& set : sets) put_set(out, set);
  const auto tag = crypto::hmac_sha256(key_.reveal(), out);
  out += crypto::as_bytes(tag);
  return write_file_durably(path_, out, private_file);
}

}  // namespace signet::verify
