#include "support/temporary_folder.hpp"

#include <oauth_token/token_store.hpp>

#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace file_store_test {

using namespace oauth_token;
using namespace world;

namespace {

const std::string key_a = "base64:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const std::string key_b = "HxAREhMUFRYXGBkaGxwdHgABAgMEBQYHCAkKCwwNDg8=";
const std::string canary = "canary-7c2fd1b04e9a";

struct StoreFolder : TemporaryFolder {
  [[nodiscard]] fs::path sealed(std::string_view id) const {
    return path + "/secrets/" + std::string(id) + ".sealed";
  }
  [[nodiscard]] std::shared_ptr<TokenStore> store(std::string_view key, bool allow_plaintext = false) const {
    auto opened = open_file_store(
        {.folder = path + "/secrets", .key = Secret(key), .allow_plaintext = allow_plaintext});
    REQUIRE(opened.has_value());
    return *opened;
  }
};

std::string text_of(const Result<std::optional<Secret>>& loaded) {
  REQUIRE(loaded.has_value());
  return *loaded ? std::string((*loaded)->expose()) : "nothing";
}

template <class T>
std::string failure_of(const Result<T>& result) {
  REQUIRE_FALSE(result.has_value());
  const Error& error = result.error();
  CHECK_FALSE(error.hint.empty());
  return std::string(to_string(error.error_class)) + "/" + error.reason + ": " + error.message;
}

// Neither load nor save may get past what is wrong with the file, and it stays as it is.
void check_refused(TokenStore& store, const fs::path& path, const std::string& expected) {
  const std::string before = content(path);
  CHECK(failure_of(store.load("a", {})) == expected);
  CHECK(failure_of(store.save({.id = "a", .generation = 9}, Secret("new"), {})) == expected);
  CHECK(content(path) == before);
}

}  // namespace

TEST_CASE("a sealed file gives back what was saved, in another store with the same key too") {
  const StoreFolder folder;
  const auto store = folder.store(key_a);
  REQUIRE(store->probe({}).has_value());
  CHECK(text_of(store->load("a", {})) == "nothing");
  for (const std::string& value :
       {canary, std::string(), std::string(65536, 'x'), std::string("a\0\xff", 3)}) {
    REQUIRE(store->save({.id = "a", .generation = 1}, Secret(value), {}).has_value());
    CHECK(text_of(store->load("a", {})) == value);
    CHECK(text_of(folder.store(key_a.substr(7))->load("a", {})) == value);
  }
  CHECK(store->erase("a", {}).has_value());
  CHECK(store->erase("a", {}).has_value());
  CHECK(text_of(store->load("a", {})) == "nothing");
}

TEST_CASE("what could not be read again is not written") {
  const StoreFolder folder;
  for (const bool in_plain_text : {false, true}) {
    const auto store = folder.store(in_plain_text ? "" : key_a, in_plain_text);
    const std::string id = in_plain_text ? "plain" : "sealed";
    REQUIRE(store->save({.id = id, .generation = 1}, Secret(std::string(store_value_limit, 'x')), {})
                .has_value());
    const auto refused =
        store->save({.id = id, .generation = 2}, Secret(std::string(2 * store_value_limit, 'y')), {});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().error_class == ErrorClass::store);
    CHECK(refused.error().message.find("are too large for the file") != std::string::npos);
    CHECK(text_of(store->load(id, {})) == std::string(store_value_limit, 'x'));
  }
}

TEST_CASE("files are named after ids, and other files are passed over") {
  const StoreFolder folder;
  const auto store = folder.store(key_a);
  const std::vector<std::string> ids{"../up", ".hidden", "client-secret:https://as.example/%41:app",
                                     "plain_ID-7"};
  for (const std::string& id : ids) REQUIRE(store->save({.id = id}, Secret(id), {}).has_value());
  write(folder.path + "/secrets/notes.txt", "x");
  write(folder.path + "/secrets/%2e%2e.sealed", "x");
  CHECK(*store->list({}) == std::vector<std::string>{"../up", ".hidden", ids[2], "plain_ID-7"});
  for (const std::string& id : ids) CHECK(text_of(store->load(id, {})) == id);
  CHECK(fs::exists(folder.sealed("%2E%2E%2Fup")));
  CHECK(failure_of(store->load(std::string(300, 'x'), {})).starts_with("usage/"));
}

TEST_CASE("files and folder belong to this user alone whatever the umask is") {
  const StoreFolder folder;
  const mode_t before = ::umask(0);
  const auto saved = folder.store(key_a)->save({.id = "a"}, Secret("x"), {});
  ::umask(before);
  REQUIRE(saved.has_value());
  CHECK(fs::status(folder.sealed("a")).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(fs::status(folder.path + "/secrets").permissions() == fs::perms::owner_all);
}

TEST_CASE("nothing of a value stands in clear in any file") {
  const StoreFolder folder;
  const auto store = folder.store(key_a);
  for (int i = 0; i < 3; ++i) REQUIRE(store->save({.id = "a"}, Secret(canary), {}).has_value());
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder.path + "/secrets")) {
    ++files;
    const std::string text = content(entry.path());
    for (std::size_t i = 0; i + 8 <= canary.size(); ++i)
      CHECK(text.find(canary.substr(i, 8)) == std::string::npos);
  }
  CHECK(files == 1);  // no temporary file is left
}

TEST_CASE("every save has a nonce of its own") {
  const StoreFolder folder;
  const auto store = folder.store(key_a);
  REQUIRE(store->save({.id = "a"}, Secret(canary), {}).has_value());
  const std::string first = content(folder.sealed("a"));
  REQUIRE(store->save({.id = "a"}, Secret(canary), {}).has_value());
  const std::string second = content(folder.sealed("a"));
  CHECK(first.substr(33, 48) == second.substr(33, 48));  // salt and key check
  CHECK(first.substr(81, 12) != second.substr(81, 12));
  CHECK(first.substr(93) != second.substr(93));
}

TEST_CASE("another key is told from a damaged file") {
  const StoreFolder folder;
  REQUIRE(folder.store(key_a)->save({.id = "a"}, Secret(canary), {}).has_value());
  const std::string place = folder.sealed("a").string();
  check_refused(*folder.store(key_b), place,
                "store/key: The sealed file " + place + " was sealed with another key.");
  check_refused(*folder.store("passphrase:x"), place,
                "store/key: The sealed file " + place + " was sealed with a key, not a passphrase.");
  CHECK(failure_of(folder.store("", true)->load("a", {})) ==
        "store/key: The file " + place + " is sealed, and no key was given.");
  CHECK(text_of(folder.store(key_a)->load("a", {})) == canary);
}

TEST_CASE("a change of any one byte is noticed") {
  const StoreFolder folder;
  const auto store = folder.store(key_a);
  REQUIRE(store->save({.id = "a", .generation = 7}, Secret(canary), {}).has_value());
  const std::string whole = content(folder.sealed("a"));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CAPTURE(i);
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    write(folder.sealed("a"), changed);
    const auto loaded = store->load("a", {});
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().error_class == ErrorClass::store);
    CHECK_FALSE(store->save({.id = "a"}, Secret("new"), {}).has_value());
    CHECK(content(folder.sealed("a")) == changed);
  }
  write(folder.sealed("a"), whole);
  CHECK(text_of(store->load("a", {})) == canary);
}

TEST_CASE("a file that was cut off anywhere is damaged") {
  const StoreFolder folder;
  const auto store = folder.store(key_a);
  REQUIRE(store->save({.id = "a"}, Secret(canary), {}).has_value());
  const std::string whole = content(folder.sealed("a"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write(folder.sealed("a"), whole.substr(0, size));
    const auto loaded = store->load("a", {});
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().reason == "damaged");
  }
  write(folder.sealed("a"), whole + "x");
  CHECK(store->load("a", {}).error().reason == "damaged");
  const std::string place = folder.sealed("a").string();
  write(folder.sealed("a"), "");
  check_refused(
      *store, place,
      "store/damaged: The sealed file " + place + " is damaged: it does not begin like one of ours.");
}

TEST_CASE("a file put in the place of another session's is noticed") {
  const StoreFolder folder;
  const auto store = folder.store(key_a);
  REQUIRE(store->save({.id = "a"}, Secret("value of a"), {}).has_value());
  REQUIRE(store->save({.id = "b"}, Secret("value of b"), {}).has_value());
  fs::copy_file(folder.sealed("b"), folder.sealed("a"), fs::copy_options::overwrite_existing);
  const std::string place = folder.sealed("a").string();
  check_refused(*store, place,
                "store/damaged: The sealed file " + place +
                    " is damaged: it was changed, cut off or put in the place of another session's.");
  CHECK(text_of(store->load("b", {})) == "value of b");
}

TEST_CASE("a file of a newer version is left alone") {
  const StoreFolder folder;
  const auto store = folder.store(key_a);
  REQUIRE(store->save({.id = "a"}, Secret(canary), {}).has_value());
  std::string file = content(folder.sealed("a"));
  file[19] = '2';
  write(folder.sealed("a"), file);
  const std::string place = folder.sealed("a").string();
  check_refused(*store, place,
                "store/newer: The sealed file " + place + " was written by a newer version of this program.");
}

TEST_CASE(
    "a passphrase seals as a key does, and costly numbers in a file are refused before they cost anything") {
  const StoreFolder folder;
  const auto store = folder.store("passphrase:correct horse");
  REQUIRE(store->save({.id = "a"}, Secret(canary), {}).has_value());
  CHECK(text_of(store->load("a", {})) == canary);
  CHECK(text_of(folder.store("passphrase:correct horse")->load("a", {})) == canary);
  const std::string place = folder.sealed("a").string();
  check_refused(*folder.store("passphrase:wrong"), place,
                "store/key: The sealed file " + place + " was sealed with another key.");
  check_refused(*folder.store(key_a), place,
                "store/key: The sealed file " + place + " was sealed with a passphrase, not a key.");
  const std::string whole = content(folder.sealed("a"));
  struct Row {
    std::size_t where;
    char value;
  };
  for (const Row row :
       {Row{22, 14}, Row{22, 21}, Row{22, 63}, Row{23, 9}, Row{24, 2}, Row{21, 3}, Row{21, 1}}) {
    std::string changed = whole;
    changed[row.where] = row.value;
    write(folder.sealed("a"), changed);
    check_refused(*store, place,
                  "store/damaged: The sealed file " + place +
                      " is damaged: it names a key derivation that is never used.");
  }
}

TEST_CASE("plain text is written and read only on request") {
  const StoreFolder folder;
  const auto closed = folder.store("");
  const std::string no_key = "store/key: The file store has no key to seal tokens with.";
  CHECK(failure_of(closed->probe({})) == no_key);
  CHECK(failure_of(closed->save({.id = "a"}, Secret(canary), {})) == no_key);
  CHECK_FALSE(fs::exists(folder.sealed("a")));

  const auto open = folder.store("", true);
  REQUIRE(open->probe({}).has_value());
  REQUIRE(open->save({.id = "a"}, Secret(canary), {}).has_value());
  CHECK(text_of(open->load("a", {})) == canary);
  const std::string folder_name = folder.path + "/secrets";
  CHECK(is_sealed(folder_name, "a").value() == std::optional(false));
  CHECK(is_sealed(folder_name, "none").value() == std::nullopt);
  const std::string place = folder.sealed("a").string();
  const std::string plain = "store/key: The file " + place + " is not sealed: its tokens are in plain text.";
  CHECK(failure_of(closed->load("a", {})) == plain);
  check_refused(*folder.store(key_a), place, plain);
  CHECK(*closed->list({}) == std::vector<std::string>{"a"});

  const auto both = folder.store(key_a, true);
  CHECK(text_of(both->load("a", {})) == canary);
  REQUIRE(both->save({.id = "a"}, Secret(canary), {}).has_value());
  CHECK(is_sealed(folder_name, "a").value() == std::optional(true));
  const std::string sealed = "store/key: The file " + place + " is sealed, and no key was given.";
  CHECK(failure_of(closed->load("a", {})) == sealed);
  CHECK(failure_of(open->load("a", {})) == sealed);
}

TEST_CASE("a key that is none is refused with what is wrong with it") {
  struct Row {
    std::string key;
    std::string message;
  };
  const std::array<Row, 6> rows{
      {{"base64:AAEC", "The key of the file store has 3 bytes instead of 32."},
       {"AAEC", "The key of the file store has 3 bytes instead of 32."},
       {"base64:", "The key of the file store is empty."},
       {"base64:not base64!", "The key of the file store is not base64."},
       {"passphrase:", "The passphrase of the file store is empty."},
       {"correct horse battery staple", "The key of the file store is not base64."}}};
  const StoreFolder folder;
  for (const Row& row : rows) {
    CAPTURE(row.key);
    const auto store = folder.store(row.key);
    CHECK(failure_of(store->probe({})) == "config/key: " + row.message);
    CHECK(failure_of(store->save({.id = "a"}, Secret("x"), {})) == "config/key: " + row.message);
  }
  std::string url_safe = "base64:-_8CAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
  CHECK(folder.store(url_safe)->probe({}).has_value());
}

TEST_CASE("the key may stand in a file, which is read when it is needed") {
  const StoreFolder folder;
  const std::string key_file = folder.path + "/key";
  const auto opened = open_file_store({.folder = folder.path + "/secrets", .key_file = key_file});
  REQUIRE(opened.has_value());
  CHECK((*opened)->list({}).has_value());
  CHECK(failure_of((*opened)->probe({})) == "config/: The file \"" + key_file + "\" does not exist.");
  write(key_file, key_a + "\n");
  REQUIRE((*opened)->save({.id = "a"}, Secret(canary), {}).has_value());
  CHECK(text_of(folder.store(key_a)->load("a", {})) == canary);
}

TEST_CASE("a file that others can read, that is a link or that belongs to another user is refused") {
  const StoreFolder folder;
  const auto store = folder.store(key_a);
  REQUIRE(store->save({.id = "a"}, Secret(canary), {}).has_value());
  const fs::path path = folder.sealed("a");
  const std::string unsafe = "config/: " + path.string() + " is not safe to use: ";

  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  check_refused(*store, path, unsafe + "other users can use it.");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);

  fs::rename(path, folder.path + "/elsewhere");
  fs::create_symlink(folder.path + "/elsewhere", path);
  check_refused(*store, path, unsafe + "it is a link.");
  CHECK(fs::is_symlink(path));
  fs::remove(path);
  fs::create_directory(path);
  CHECK(failure_of(store->load("a", {})).starts_with(unsafe));
  fs::remove(path);
  fs::rename(folder.path + "/elsewhere", path);

  if (::geteuid() == 0) {  // only root can give a file away
    REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
    check_refused(*store, path, unsafe + "it belongs to user id 65534.");
    REQUIRE(::chown(path.c_str(), 0, 0) == 0);
  } else {
    MESSAGE("not root: the foreign owner was not tried");
  }
  CHECK(text_of(store->load("a", {})) == canary);
}

TEST_CASE("a folder that others can write to, or that is a link, is refused") {
  const StoreFolder folder;
  const std::string path = folder.path + "/secrets";
  REQUIRE(folder.store(key_a)->save({.id = "a"}, Secret(canary), {}).has_value());
  REQUIRE(::chmod(path.c_str(), 0770) == 0);
  CHECK(failure_of(open_file_store({.folder = path})) ==
        "config/: " + path + " is not safe to use: other users can write to it.");
  REQUIRE(::chmod(path.c_str(), 0700) == 0);
  fs::create_symlink(path, folder.path + "/link");
  CHECK(failure_of(open_file_store({.folder = folder.path + "/link"}))
            .starts_with("config/: " + folder.path + "/link" + " is not safe to use: "));
  CHECK(failure_of(open_file_store({.folder = "relative"})).starts_with("config/"));
}

TEST_CASE("an older file put back opens, with the value that tells its age") {
  const StoreFolder folder;
  const auto store = folder.store(key_a);
  REQUIRE(store->save({.id = "a", .generation = 1}, Secret("generation 1"), {}).has_value());
  const std::string yesterday = content(folder.sealed("a"));
  REQUIRE(store->save({.id = "a", .generation = 2}, Secret("generation 2"), {}).has_value());
  write(folder.sealed("a"), yesterday);
  CHECK(text_of(store->load("a", {})) == "generation 1");
}

}  // namespace file_store_test
