#include "support/temporary_folder.hpp"

#include <oauth_token/error.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <profile/profile_file.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace profile_file_test {

using namespace oauth_token;
using namespace oauth_token::cli;
using world::content;

namespace {

std::vector<std::string> keys() {
  return {"issuer", "client-id", "client-auth", "scope", "timeout", "lenient"};
}
const std::vector<ProfileSetting> client{{.key = "client-id", .values = {"new"}}};

struct Folder : world::TemporaryFolder {
  [[nodiscard]] std::string file(const std::string& text, mode_t mode = 0600) const {
    const std::string name = path + "/config.toml";
    std::ofstream(name) << text;
    REQUIRE(::chmod(name.c_str(), mode) == 0);
    return name;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path))
      names.push_back(entry.path().filename().string());
    return names;
  }
};

mode_t mode(const std::string& path) {
  struct stat status = {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

template <class T>
std::string trouble(const Result<T>& result) {
  if (result) return "none";
  CHECK(result.error().error_class == ErrorClass::config);
  return result.error().message + (result.error().hint.empty() ? "" : " | " + result.error().hint);
}

std::string read_trouble(const std::string& path) { return trouble(read_profiles(path, true, keys)); }

}  // namespace

TEST_CASE("profiles are read in the order of the file, each value as text") {
  const Folder folder;
  const std::string path = folder.file(
      "[profiles.work]\nissuer = \"https://as.example\"\nscope = [\"a\", \"b\"]\ntimeout = 30\nlenient = "
      "true\n\n"
      "[profiles.\"my.name\"]\n");
  const auto file = read_profiles(path, true, keys);
  REQUIRE(file);
  REQUIRE(file->profiles.size() == 2);
  CHECK(file->profiles[0].name == "work");
  CHECK(file->profiles[1].name == "my.name");
  const Profile* const work = file->find("work");
  REQUIRE(work != nullptr);
  const std::map<std::string, std::vector<std::string>, std::less<>> values{
      {"issuer", {"https://as.example"}}, {"scope", {"a", "b"}}, {"timeout", {"30"}}, {"lenient", {"true"}}};
  CHECK(work->values == values);
  CHECK(work->lines.at("timeout") == 4);
  CHECK(file->find("none") == nullptr);
}

TEST_CASE("an unknown key is an error that names line and nearest key") {
  const Folder folder;
  const auto of = [&](const std::string& key) {
    return read_trouble(folder.file("[profiles.work]\n\n" + key + " = \"x\"\n"));
  };
  const std::string where = folder.path + "/config.toml, line 3: the profile \"work\" ";
  CHECK(of("isuer") == where + "has an unknown key, \"isuer\". | Did you mean \"issuer\"?");
  CHECK(of("client_id") == where + "has an unknown key, \"client_id\". | Did you mean \"client-id\"?");
  CHECK(of("scopes") == where + "has an unknown key, \"scopes\". | Did you mean \"scope\"?");
  CHECK(of("socpe") == where + "has an unknown key, \"socpe\". | Did you mean \"scope\"?");
  CHECK(of("colour") ==
        where +
            "has an unknown key, \"colour\". | The keys are the names of the options, without the dashes.");
}

TEST_CASE("a secret in a profile is an error that says what to do instead, and does not show it") {
  const Folder folder;
  for (const std::string key :
       {"password", "client-secret", "client_secret", "refresh-token", "totp", "store-key"}) {
    const std::string message = read_trouble(folder.file("[profiles.work]\n" + key + " = \"s3cret\"\n"));
    const std::string start = folder.path + "/config.toml, line 2: the profile \"work\" holds a secret, \"" +
                              key + "\". | Take it out. ";
    CHECK(message.substr(0, start.size()) == start);
    CHECK(message.find("s3cret") == std::string::npos);
  }
}

TEST_CASE("a missing file is an error only for who named it") {
  const Folder folder;
  const std::string path = folder.path + "/none.toml";
  CHECK(read_trouble(path) == "The configuration file \"" + path + "\" does not exist. | Check --config.");
  const auto file = read_profiles(path, false, keys);
  REQUIRE(file);
  CHECK(file->profiles.empty());
  CHECK(read_profiles("", false, keys));
}

TEST_CASE("a file or folder that others can write is refused") {
  const Folder folder;
  const std::string path = folder.file("");
  const std::string name = "The configuration file \"" + path + "\" ";
  for (const mode_t bits : {mode_t{0600}, mode_t{0644}, mode_t{0400}}) {
    REQUIRE(::chmod(path.c_str(), bits) == 0);
    CHECK(read_trouble(path) == "none");
  }
  for (const mode_t bits : {mode_t{0620}, mode_t{0602}, mode_t{0666}}) {
    REQUIRE(::chmod(path.c_str(), bits) == 0);
    CHECK(read_trouble(path) ==
          name + "can be written by others, who could have commands run here. | chmod go-w \"" + path + "\"");
    CHECK(trouble(set_in_profile(path, "work", client, keys)) != "none");
  }
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  REQUIRE(::chmod(folder.path.c_str(), 0777) == 0);
  CHECK(read_trouble(path) ==
        "The folder \"" + folder.path +
            "\" can be written by others, who could have commands run here. | chmod go-w \"" + folder.path +
            "\"");
  REQUIRE(::chmod(folder.path.c_str(), 01777) == 0);  // as /tmp: only owners may replace files
  CHECK(read_trouble(path) == "none");
}

TEST_CASE("a link is followed, and the folder behind it is what counts") {
  const Folder folder;
  const Folder open_to_all;
  const std::string target = open_to_all.file("[profiles.work]\n");
  const std::string link = folder.path + "/link.toml";
  REQUIRE(::symlink(target.c_str(), link.c_str()) == 0);
  CHECK(read_trouble(link) == "none");
  REQUIRE(::chmod(open_to_all.path.c_str(), 0777) == 0);
  CHECK(read_trouble(link).starts_with("The folder \"" + open_to_all.path + "\" can be written by others"));
}

TEST_CASE("what is no regular file is refused without waiting") {
  const Folder folder;
  const std::string pipe = folder.path + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(read_trouble(pipe) == "The configuration file \"" + pipe + "\" is no regular file.");
  CHECK(read_trouble(folder.path) == "The configuration file \"" + folder.path + "\" is no regular file.");
}

TEST_CASE("another user's file is refused") {
  const Folder folder;
  const std::string path = folder.file("");
  // Only root can give a file away.
  if (::geteuid() != 0) {
    MESSAGE("not tried: only root can give a file to another user");
    return;
  }
  REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
  CHECK(read_trouble(path) ==
        "The configuration file \"" + path +
            "\" belongs to another user, who could have commands run here. | It must belong to "
            "you or to root.");
}

TEST_CASE("setting makes folder, file and profile, for the user alone") {
  const Folder folder;
  const std::string path = folder.path + "/a/b/config.toml";
  CHECK(trouble(set_in_profile(path, "work", client, keys)) == "none");
  CHECK(content(path) == "[profiles.work]\nclient-id = \"new\"\n");
  CHECK(mode(path) == 0600);
  CHECK(mode(folder.path + "/a/b") == 0700);
  CHECK(mode(folder.path + "/a") == 0700);
}

TEST_CASE("an edit keeps mode and link, and leaves nothing beside the file") {
  const Folder folder;
  const Folder elsewhere;
  const std::string target = elsewhere.file("# mine\n[profiles.work]\nclient-id = 'old' # c\n", 0640);
  const std::string link = folder.path + "/config.toml";
  REQUIRE(::symlink(target.c_str(), link.c_str()) == 0);
  CHECK(trouble(set_in_profile(link, "work", client, keys)) == "none");
  CHECK(std::filesystem::is_symlink(link));
  CHECK(content(target) == "# mine\n[profiles.work]\nclient-id = \"new\" # c\n");
  CHECK(mode(target) == 0640);
  CHECK(elsewhere.names() == std::vector<std::string>{"config.toml"});
  CHECK(folder.names() == std::vector<std::string>{"config.toml"});
  CHECK(trouble(remove_profile(link, "work", keys)) == "none");
  CHECK(content(target) == "# mine\n");
}

TEST_CASE("what is wrong already, or would be, is not written") {
  const Folder folder;
  for (const std::string text : {"[profiles.work]\nisuer = 'x'\n", "[profiles.work\n", "x = 1\n"}) {
    const std::string path = folder.file(text);
    CHECK(trouble(set_in_profile(path, "work", client, keys)) != "none");
    CHECK(content(path) == text);
  }
  const std::string path = folder.file("[profiles.work]\n");
  CHECK(trouble(set_in_profile(path, "work", {{.key = "no-such-key", .values = {"x"}}}, keys)) ==
        path +
            ", line 2: the profile \"work\" has an unknown key, \"no-such-key\". | The keys are the names of "
            "the "
            "options, without the dashes.");
  CHECK(content(path) == "[profiles.work]\n");
  for (const std::string name : {"", "two\nlines", "\xff", "\x1b[31m"}) {
    const auto done = set_in_profile(path, name, client, keys);
    REQUIRE(!done);
    CHECK(done.error().error_class == ErrorClass::usage);
  }
  CHECK(trouble(remove_profile(path, "none", keys)) ==
        path + " holds no profile \"none\". | See \"oauth-token profile list\".");
  CHECK(trouble(set_in_profile("", "work", client, keys)) ==
        "There is no place for a configuration file: neither XDG_CONFIG_HOME nor HOME is an absolute path. | "
        "Name one with --config.");
  CHECK(folder.names() == std::vector<std::string>{"config.toml"});
}

TEST_CASE("a link to nothing is not replaced") {
  const Folder folder;
  const std::string link = folder.path + "/config.toml";
  REQUIRE(::symlink((folder.path + "/none").c_str(), link.c_str()) == 0);
  CHECK(trouble(set_in_profile(link, "work", client, keys)) ==
        "The configuration file \"" + link +
            "\" is a link to nothing. | Make the file that it names, or remove the link.");
  CHECK(std::filesystem::is_symlink(link));
}

TEST_CASE("edits at the same time are all kept") {
  const Folder folder;
  const std::string path = folder.file("");
  {
    std::array<std::jthread, 8> threads;
    for (std::size_t i = 0; i < threads.size(); ++i)
      threads.at(i) = std::jthread([&path, i] {
        for (int n = 0; n < 5; ++n)
          [[maybe_unused]] const auto done =
              set_in_profile(path, "p" + std::to_string(i) + "-" + std::to_string(n), client, keys);
      });
  }
  const auto file = read_profiles(path, true, keys);
  REQUIRE(file);
  CHECK(file->profiles.size() == 40);
}

TEST_CASE("the configuration's path comes from the flag, the XDG folder or the home folder") {
  const auto path = [](const char* xdg, const char* home, const std::string& flag = "") {
    xdg == nullptr ? ::unsetenv("XDG_CONFIG_HOME") : ::setenv("XDG_CONFIG_HOME", xdg, 1);
    home == nullptr ? ::unsetenv("HOME") : ::setenv("HOME", home, 1);
    return config_path(flag);
  };
  CHECK(path("/x", "/home/u", "my.toml") == "my.toml");
  CHECK(path("/x", "/home/u") == "/x/oauth-token/config.toml");
  CHECK(path("relative", "/home/u") == "/home/u/.config/oauth-token/config.toml");
  CHECK(path("", "/home/u") == "/home/u/.config/oauth-token/config.toml");
  CHECK(path(nullptr, "/home/u") == "/home/u/.config/oauth-token/config.toml");
  CHECK(path(nullptr, nullptr).empty());
  CHECK(path(nullptr, "relative").empty());
}

}  // namespace profile_file_test
