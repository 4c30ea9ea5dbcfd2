#include "doctor/checks.hpp"
#include "request/client_options.hpp"
#include "request/sign_in_hint.hpp"
#include "safe_place.hpp"

#include <oauth_token/token_store.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace oauth_token::cli {
namespace {

constexpr std::chrono::milliseconds slow{1'000};

Error no_tokens(const Settings& settings, const SessionRecord& record, const std::string& place) {
  return {.error_class = ErrorClass::store,
          .message = place + " holds no tokens of session \"" + record.name + "\".",
          .hint = give_up_or_sign_in_again(settings, record),
          .reason = "absent"};
}

std::string sealed_folder(const std::string& store) { return file_store_folder(store).value_or(""); }

void check_keyring(Examination& run, const std::vector<SessionRecord>& sessions) {
  KeyringOptions options = keyring_options(run.context, run.settings);
  options.may_prompt = false;
  options.timeout = std::min(options.timeout, run.time_left());
  const auto begin = std::chrono::steady_clock::now();
  const auto store = open_keyring_store(options);
  if (!store) return run.failed("keyring", store.error());
  if (auto works = (*store)->probe(run.stop); !works) return run.failed("keyring", works.error());
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  const std::string time = std::to_string(took.count()) + " ms";
  if (took >= slow)
    run.list.warning("keyring", "The keyring is open, but took " + time + " to answer.",
                     "Look at what it is busy with; --store-timeout allows it more time.");
  else
    run.list.ok("keyring", "The keyring is open and answers (" + time + ").");
  for (const SessionRecord& record : sessions) {
    if (record.store != "keyring") continue;
    if (const auto half = (*store)->load(record.id, run.stop); !half)
      run.failed("keyring", half.error());
    else if (!*half)
      run.failed("keyring", no_tokens(run.settings, record, "The keyring"));
  }
}

/// The file stores of one run, each opened once.
class FileStores {
 public:
  explicit FileStores(Examination& run) : run_(run) {}

  /// `record`: of the session to look at; its key is the one of this run, else its own. nullptr: for new
  /// ones.
  Result<std::shared_ptr<TokenStore>> open(const std::string& store, const SessionRecord* record) {
    const std::string key_file = key_file_of(record);
    const auto place = std::pair(sealed_folder(store), key_file);
    if (const auto known = stores_.find(place); known != stores_.end()) return known->second;
    FileStoreOptions options{.folder = place.first,
                             .key_file = key_file,
                             .allow_plaintext = run_.settings.flag("allow-plaintext-store")};
    if (others_may_read(options.key_file))
      run_.list.warning("sealed-files", "Other users can read " + key_file + ", which holds the key.",
                        "chmod 600 " + key_file);
    if (auto key = store_key(run_.context, run_.settings)) options.key = std::move(*key);
    auto opened = open_file_store(std::move(options));
    if (opened) stores_.emplace(place, *opened);
    return opened;
  }

  [[nodiscard]] bool have_key_of(const SessionRecord& record) const {
    return !key_file_of(&record).empty() || store_key(run_.context, run_.settings);
  }

 private:
  /// Empty: the variable's key. A profile's key file is for new sessions and the one of its own name.
  [[nodiscard]] std::string key_file_of(const SessionRecord* record) const {
    const Settings& asked = run_.settings;
    if (store_key(run_.context, asked)) return "";
    const bool is_for_all = asked.origin("store-key-file") != Origin::profile;
    const std::string named =
        is_for_all || record == nullptr || record->name == asked.profile ? asked.value("store-key-file") : "";
    return record == nullptr || !named.empty() ? named : record->store_key_file;
  }

  Examination& run_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<TokenStore>> stores_ = {};
};

/// True: the session's file opens with its key.
bool check_file(Examination& run, FileStores& stores, const SessionRecord& record) {
  const std::string folder = sealed_folder(record.store);
  const auto sealed = is_sealed(folder, record.id);
  if (!sealed) {
    run.failed("sealed-files", sealed.error());
  } else if (!*sealed) {
    run.failed("sealed-files", no_tokens(run.settings, record, folder));
  } else if (!**sealed) {
    run.list.warning("sealed-files",
                     "The tokens of session \"" + record.name + "\" are in plain text in " + folder + ".",
                     "Sign in again with a key: --store-key-file FILE.");
  } else if (!stores.have_key_of(record)) {
    run.list.warning("sealed-files",
                     "Session \"" + record.name +
                         "\" is in sealed files, and its key was not given, so it was not looked at.",
                     "Give it with --store-key-file FILE or OAUTH_TOKEN_STORE_KEY.");
  } else {
    const auto store = stores.open(record.store, &record);
    const auto half = store ? (*store)->load(record.id, run.stop) : fail(store.error());
    if (half) return true;
    run.failed("sealed-files", half.error());
  }
  return false;
}

void check_files(Examination& run, const std::vector<SessionRecord>& sessions, const std::string& wanted) {
  FileStores stores(run);
  std::size_t opened = 0;
  for (const SessionRecord& record : sessions)
    if (is_file_store(record.store) && check_file(run, stores, record)) ++opened;
  if (opened > 0)
    run.list.ok("sealed-files", std::to_string(opened) + (opened == 1 ? " session opens" : " sessions open") +
                                    " with the key given.");
  if (!is_file_store(wanted)) return;
  const auto store = stores.open(wanted, nullptr);
  const auto works = store ? (*store)->probe(run.stop) : fail(store.error());
  if (!works) return run.failed("sealed-files", works.error());
  run.list.ok("sealed-files", "New sessions can be kept in " + sealed_folder(wanted) + ".");
}

}  // namespace

void check_stores(Examination& run, const std::vector<SessionRecord>& sessions) {
  const std::string& chosen = run.settings.value("store");
  const std::string wanted = chosen.empty() ? "keyring" : chosen;
  const bool keyring_in_use = wanted == "keyring" || run.settings.flag("client-secret-in-keyring") ||
                              std::any_of(sessions.begin(), sessions.end(), [](const SessionRecord& record) {
                                return record.store == "keyring";
                              });
  if (keyring_in_use) check_keyring(run, sessions);
  check_files(run, sessions, wanted);
}

}  // namespace oauth_token::cli
