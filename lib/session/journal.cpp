#include "session/journal.hpp"

#include "base/random.hpp"
#include "crypto/module.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace oauth_token {
namespace {

// A page: one line of text, padded with spaces; then, once there is an answer, its size, salt, nonce and the
// sealed text. Zeros in place of the size: there is none.
constexpr std::string_view journal_magic = "oauth-token-journal 1 ";
constexpr std::size_t line_size = 192;
constexpr std::size_t size_digits = 16;
constexpr std::size_t salt_size = 32;
constexpr std::size_t prefix_size = line_size + size_digits + salt_size + aes_nonce_size;
constexpr std::size_t page_limit = std::size_t{8} << 20U;
constexpr std::string_view purpose = "oauth-token journal";

std::string identity(const std::string& id, std::uint64_t generation) {
  return std::string(journal_magic) + id + " " + std::to_string(generation);
}

std::string padded(std::string text, std::size_t size) {
  text.resize(size, ' ');
  return text;
}

template <class T>
bool take_number(std::string_view& text, T& number) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

Result<void> write_at(int file, std::string_view bytes, std::size_t offset, const std::string& place) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return storage_failure("Cannot write", place);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::size_t>(written);
  }
  return {};
}

}  // namespace

// What a file of the journal says. Not sound: something else was there than a page of this session.
struct Journal::Page {
  bool sound = false;
  std::uint64_t generation = 0;
  std::int64_t since = 0;
  bool answered = false;
  std::string salt = {};
  std::string nonce = {};
  std::string sealed = {};
};

Result<Journal> Journal::open(const Folder& state, const std::string& session_id) {
  auto folder = state.inside("journal");
  if (!folder) return fail(std::move(folder.error()));
  return Journal(std::move(*folder), session_id);
}

// Nothing for what is missing or was not finished before anything was sent.
Result<std::optional<Journal::Page>> Journal::page(const std::string& file) const {
  const auto text = folder_.read(file, page_limit);
  if (!text) return fail(text.error());
  if (!*text) return std::nullopt;
  const std::string_view bytes = (*text)->expose();
  const std::string start = std::string(journal_magic) + id_ + " ";
  if (bytes.empty() || bytes.front() == '\0') return std::nullopt;
  Page page;
  if (bytes.size() < line_size || !bytes.starts_with(start)) return page;
  std::string_view line = bytes.substr(start.size(), line_size - start.size());
  if (!take_number(line, page.generation) || !take_number(line, page.since)) return page;
  page.sound = true;
  std::string_view digits = bytes.substr(line_size, size_digits);
  std::size_t size = 0;
  page.answered = !digits.empty() && digits.front() != '\0';
  if (page.answered && bytes.size() >= prefix_size && take_number(digits, size) &&
      size <= bytes.size() - prefix_size) {
    page.salt = bytes.substr(line_size + size_digits, salt_size);
    page.nonce = bytes.substr(prefix_size - aes_nonce_size, aes_nonce_size);
    page.sealed = bytes.substr(prefix_size, size);
  }
  return page;
}

Result<std::optional<Journal::Unanswered>> Journal::unanswered() const {
  const auto found = page(next());
  if (!found) return fail(found.error());
  if (!*found || !(*found)->sound || (*found)->answered) return std::nullopt;
  return Unanswered{(*found)->generation, std::chrono::sys_seconds(std::chrono::seconds((*found)->since))};
}

Result<bool> Journal::has_unstored_answer() const {
  const auto found = page(next());
  if (!found) return fail(found.error());
  return *found && (*found)->sound && (*found)->answered;
}

Result<Journal::Kept> Journal::beyond(std::uint64_t generation, const Secret& refresh_token) const {
  Kept kept;
  for (const std::string& file : {next(), last()}) {
    const auto found = page(file);
    if (!found) return fail(found.error());
    if (!*found) continue;
    const Page& answer = **found;
    if (answer.sound && (!answer.answered || answer.generation + 1 <= generation)) continue;
    if (answer.nonce.size() == aes_nonce_size && !refresh_token.empty()) {
      const auto& module = crypto();
      if (!module) return fail(module.error());
      const auto key = (*module)->hkdf_sha256(refresh_token.expose(), answer.salt, purpose, aes_key_size);
      if (!key) return fail(key.error());
      auto opened =
          (*module)->open(key->expose(), answer.nonce, identity(id_, answer.generation), answer.sealed);
      if (!opened) return fail(std::move(opened.error()));
      if (*opened) return Kept{std::move(*opened), false, file == next(), folder_.path() + "/" + file};
    }
    kept.unreadable = true;
  }
  return kept;
}

Result<std::uint64_t> Journal::last_generation() const {
  std::uint64_t generation = 0;
  for (const std::string& file : {next(), last()}) {
    const auto found = page(file);
    if (!found) return fail(found.error());
    if (*found) generation = std::max(generation, (*found)->generation + ((*found)->answered ? 1 : 0));
  }
  return generation;
}

Result<void> Journal::begin(std::uint64_t generation, const Secret& refresh_token, std::size_t room,
                            std::chrono::sys_seconds now) {
  const auto& module = crypto();
  if (!module) return fail(module.error());
  salt_ = random_bytes(salt_size);
  auto key = (*module)->hkdf_sha256(refresh_token.expose(), salt_, purpose, aes_key_size);
  if (!key) return fail(std::move(key.error()));
  key_ = std::move(*key);
  spent_ = generation;

  const auto before = page(next());
  if (!before) return fail(before.error());
  std::int64_t since = now.time_since_epoch().count();
  repeated_ = *before && (*before)->sound && !(*before)->answered && (*before)->generation == generation;
  if (repeated_) since = (*before)->since;
  if (*before && (*before)->answered) {
    if (auto moved = folder_.rename(next(), last()); !moved) return moved;
  }
  auto file = folder_.open_file(next(), true);
  if (!file) return fail(std::move(file.error()));
  file_ = std::move(*file);
  // What an older renewal without an answer left is never out of the file.
  if (!repeated_) [[maybe_unused]]
    const int emptied = ::ftruncate(file_.get(), 0);
  const auto size = static_cast<off_t>(prefix_size + room + aes_tag_size);
  if (const int error = ::posix_fallocate(file_.get(), 0, size); error != 0) {
    nothing_issued();
    return storage_failure("Cannot reserve " + std::to_string(size) + " bytes in", folder_.path(), error);
  }
  const std::string line =
      padded(identity(id_, generation) + " " + std::to_string(since), line_size - 1) + "\n";
  if (auto written = write_at(file_.get(), line, 0, place()); !written) return written;
  if (::fsync(file_.get()) != 0) return storage_failure("Cannot write", place());
  return folder_.sync();
}

Result<void> Journal::keep(const Secret& answer) {
  const auto& module = crypto();
  if (!module) return fail(module.error());
  const std::string nonce = random_bytes(aes_nonce_size);
  const auto sealed = (*module)->seal(key_.expose(), nonce, identity(id_, spent_), answer.expose());
  if (!sealed) return fail(sealed.error());
  const std::string bytes = padded(std::to_string(sealed->size()), size_digits) + salt_ + nonce + *sealed;
  if (auto written = write_at(file_.get(), bytes, line_size, place()); !written) return written;
  if (::fdatasync(file_.get()) != 0) return storage_failure("Cannot write", place());
  return {};
}

void Journal::finish() {
  const auto done = page(next());
  if (!done || !*done || !(*done)->answered) {
    repeated_ = false;
    return nothing_issued();
  }
  if (!file_) {  // what another run began
    if (auto file = folder_.open_file(next(), false)) file_ = std::move(*file);
  }
  // What is left of the reserved room is given back; recovery looks at either name.
  if (file_) [[maybe_unused]]
    const int cut = ::ftruncate(file_.get(), static_cast<off_t>(prefix_size + (*done)->sealed.size()));
  [[maybe_unused]] const auto moved = folder_.rename(next(), last());
  file_.close();
  key_.wipe();
}

void Journal::nothing_issued() {
  if (repeated_) [[maybe_unused]]
    const int cut = ::ftruncate(file_.get(), static_cast<off_t>(line_size));  // gives the reserved room back
  else [[maybe_unused]]
    const auto removed = folder_.remove(next());
  file_.close();
  key_.wipe();
}

Result<void> Journal::erase() {
  file_.close();
  if (auto removed = folder_.remove(next()); !removed) return removed;
  return folder_.remove(last());
}

std::string Journal::place() const { return folder_.path() + "/" + next(); }

}  // namespace oauth_token
