#include "base/characters.hpp"
#include "base/folder.hpp"
#include "crypto/module.hpp"
#include "store/sealed_file.hpp"
#include "store/store_key.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/secret_source.hpp>
#include <oauth_token/text.hpp>
#include <oauth_token/token_store.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token {
namespace {

constexpr std::string_view sealed_suffix = ".sealed";
constexpr std::size_t most_that_sealing_adds = 4096;
constexpr std::size_t file_limit = store_value_limit + most_that_sealing_adds;
// With what a temporary name adds, a file system takes 255 bytes.
constexpr std::size_t longest_file_name = 200;

bool stands_for_itself(char byte) noexcept { return is_letter_or_digit(byte) || byte == '_' || byte == '-'; }

std::string file_name(std::string_view id) {
  std::string name;
  for (const char byte : id) {
    if (stands_for_itself(byte))
      name += byte;
    else
      append_percent_encoded(name, byte);
  }
  return name.append(sealed_suffix);
}

// Nothing for a name that file_name does not make.
std::optional<std::string> id_of(std::string_view name) {
  if (!name.ends_with(sealed_suffix)) return std::nullopt;
  std::string id;
  for (std::string_view rest = name.substr(0, name.size() - sealed_suffix.size()); !rest.empty();) {
    const bool escaped = rest.front() == '%' && rest.size() >= 3;
    const std::string digits(rest.substr(1, 2));
    if (escaped && digits.find_first_not_of("0123456789ABCDEF") != std::string::npos) return std::nullopt;
    id += escaped ? static_cast<char>(std::stoi(digits, nullptr, 16)) : rest.front();
    rest.remove_prefix(escaped ? 3 : 1);
  }
  if (file_name(id) != name) return std::nullopt;
  return id;
}

class FileStore final : public TokenStore {
 public:
  FileStore(Folder folder, FileStoreOptions options)
      : folder_(std::move(folder)), options_(std::move(options)) {}

  Result<std::optional<Secret>> load(std::string_view id, std::stop_token stop) override {
    const std::lock_guard lock(mutex_);
    auto file = read(id);
    if (!file) return fail(std::move(file.error()));
    if (!*file) return std::nullopt;
    auto value = open(id, **file, stop);
    if (!value) return fail(std::move(value.error()));
    return std::move(*value);
  }

  Result<void> save(const StoreItem& item, const Secret& value, std::stop_token stop) override {
    const std::lock_guard lock(mutex_);
    if (auto ready = prepare_to_write(stop); !ready) return ready;
    auto previous = read(item.id);
    if (!previous) return fail(std::move(previous.error()));
    // What cannot be opened is somebody's, or worth a look: it is not written over.
    if (*previous)
      if (auto opened = open(item.id, **previous, stop); !opened) return fail(std::move(opened.error()));
    if (!sealer_) {
      SecretBuffer plain;
      plain.append(SealedHeader{.generation = item.generation}.bytes()).append(value.expose());
      return replace(item.id, plain.expose());
    }
    auto sealed = sealer_->seal(item.id, item.generation, value, *previous ? &(*previous)->header : nullptr);
    if (!sealed) return fail(std::move(sealed.error()));
    return replace(item.id, *sealed);
  }

  Result<void> erase(std::string_view id, std::stop_token /*stop*/) override {
    return folder_.remove(file_name(id));
  }

  Result<std::vector<std::string>> list(std::stop_token /*stop*/) override {
    auto names = folder_.names();
    if (!names) return fail(std::move(names.error()));
    std::vector<std::string> ids;
    for (const std::string& name : *names)
      if (auto id = id_of(name)) ids.push_back(std::move(*id));
    return ids;
  }

  Result<void> probe(std::stop_token stop) override {
    const std::lock_guard lock(mutex_);
    if (auto ready = prepare_to_write(stop); !ready) return ready;
    if (sealer_)
      if (const auto& module = crypto(); !module) return fail(module.error());
    auto writable = folder_.probe();
    if (!writable) writable.error().hint += " Or choose another folder: --store file:FOLDER.";
    return writable;
  }

 private:
  struct File {
    Secret bytes;
    SealedHeader header;
  };

  std::string place(std::string_view id) const {
    return escape_for_terminal(folder_.path() + "/" + file_name(id));
  }

  // What could not be read again must not take the place of what can be.
  Result<void> replace(std::string_view id, std::string_view bytes) const {
    if (bytes.size() > file_limit)
      return fail(ErrorClass::store,
                  "The tokens of " + std::to_string(bytes.size()) + " bytes are too large for the file " +
                      place(id) + ".",
                  "Ask the server for a smaller token: fewer scopes, perhaps.");
    return folder_.replace(file_name(id), bytes);
  }

  Result<std::optional<File>> read(std::string_view id) const {
    const std::string name = file_name(id);
    if (id.empty() || name.size() > longest_file_name)
      return fail(ErrorClass::usage, "An id of " + std::to_string(id.size()) + " bytes cannot name a file.",
                  "Choose one of at most 60 letters and digits.");
    auto bytes = folder_.read(name, file_limit);
    if (!bytes) return fail(std::move(bytes.error()));
    if (!*bytes) return std::nullopt;
    auto header = parse_sealed_header((*bytes)->expose(), place(id));
    if (!header) return fail(std::move(header.error()));
    return File{.bytes = std::move(**bytes), .header = std::move(*header)};
  }

  Result<Secret> open(std::string_view id, const File& file, const std::stop_token& stop) {
    if (file.header.derivation == Derivation::none) {
      if (options_.allow_plaintext) return Secret(file.bytes.expose().substr(SealedHeader::size()));
      return refuse(
          "key", "The file " + place(id) + " is not sealed: its tokens are in plain text.",
          "Allow it with --allow-plaintext-store, or forget the session and sign in again with a key.");
    }
    if (auto ready = make_sealer(stop); !ready) return fail(std::move(ready.error()));
    if (!sealer_)
      return refuse("key", "The file " + place(id) + " is sealed, and no key was given.",
                    "Give its key: --store-key-file FILE or OAUTH_TOKEN_STORE_KEY.");
    return sealer_->open(id, file.header, file.bytes.expose(), place(id));
  }

  Result<void> prepare_to_write(const std::stop_token& stop) {
    if (auto ready = make_sealer(stop); !ready || sealer_ || options_.allow_plaintext) return ready;
    return refuse("key", "The file store has no key to seal tokens with.",
                  "Give one: --store-key-file FILE or OAUTH_TOKEN_STORE_KEY. Or keep tokens in plain text: "
                  "--allow-plaintext-store.");
  }

  // Success without a sealer: there is no key.
  Result<void> make_sealer(const std::stop_token& stop) {
    if (sealer_) return {};
    Secret text = std::move(options_.key);
    if (text.empty() && !options_.key_file.empty()) {
      auto read = read_secret_file(options_.key_file, stop);
      if (!read) return fail(std::move(read.error()));
      text = std::move(*read);
    } else if (text.empty()) {
      return {};
    }
    auto key = parse_store_key(text);
    options_.key = std::move(text);
    if (!key) return fail(std::move(key.error()));
    options_.key.wipe();
    sealer_.emplace(std::move(*key));
    return {};
  }

  const Folder folder_;
  std::mutex mutex_;
  FileStoreOptions options_;
  std::optional<Sealer> sealer_;
};

}  // namespace

Result<std::shared_ptr<TokenStore>> open_file_store(FileStoreOptions options) {
  auto folder = Folder::open(options.folder);
  if (!folder) return fail(std::move(folder.error()));
  return std::make_shared<FileStore>(std::move(*folder), std::move(options));
}

Result<std::optional<bool>> is_sealed(const std::string& folder, std::string_view id) {
  auto opened = Folder::find(folder);
  if (!opened) return fail(std::move(opened.error()));
  if (!*opened) return std::nullopt;
  auto bytes = (*opened)->read(file_name(id), file_limit);
  if (!bytes) return fail(std::move(bytes.error()));
  if (!*bytes) return std::nullopt;
  auto header = parse_sealed_header((*bytes)->expose(), escape_for_terminal(folder + "/" + file_name(id)));
  if (!header) return fail(std::move(header.error()));
  return header->derivation != Derivation::none;
}

}  // namespace oauth_token
