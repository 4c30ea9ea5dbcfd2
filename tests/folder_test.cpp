#include "base/folder.hpp"

#include "support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace folder_test {

using namespace oauth_token;
using namespace world;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

// In a child, so that umask and user id of this process stay. Returns its status.
template <class Work>
int in_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

constexpr uid_t other = 65534;

// As `other` with `top` for a root folder, since the machine's own need not let everybody pass; who is not
// root stays who he is. `work` gets what its paths begin with.
template <class Work>
int in_child_of_other(const std::string& top, Work work) {
  return in_child([&] {
    if (::geteuid() != 0) return work(top);
    if (::chroot(top.c_str()) != 0 || ::chdir("/") != 0 || ::setuid(other) != 0) return 1;
    return work(std::string());
  });
}

std::string class_of(const Error& error) { return std::string(to_string(error.error_class)); }

}  // namespace

TEST_CASE("folders are made with mode 0700 and files with 0600, whatever umask says") {
  const TemporaryFolder temporary;
  for (const mode_t mask : {0000U, 0077U, 0777U}) {
    const std::string path = temporary.path + "/mask" + std::to_string(mask) + "/inner";
    CHECK(in_child([&] {
            ::umask(mask);
            auto folder = Folder::open(path);
            if (!folder || !folder->replace("file", "text")) return 1;
            auto file = folder->open_file("other", true);
            return file && *file ? 0 : 2;
          }) == 0);
    CHECK(mode_of(temporary.path + "/mask" + std::to_string(mask)) == 0700);
    CHECK(mode_of(path) == 0700);
    CHECK(mode_of(path + "/file") == 0600);
    CHECK(mode_of(path + "/other") == 0600);
  }
}

TEST_CASE("a file is replaced as a whole, read back, listed and removed") {
  const TemporaryFolder temporary;
  const auto folder = Folder::open(temporary.path + "/state").value();
  CHECK_FALSE(folder.read("a", 100).value().has_value());
  REQUIRE(folder.replace("a", "one"));
  REQUIRE(folder.replace("a", "two"));
  REQUIRE(folder.replace("b", ""));
  CHECK(folder.read("a", 100).value()->expose() == "two");
  CHECK(folder.read("b", 100).value()->empty());
  CHECK(folder.names().value() == std::vector<std::string>{"a", "b"});
  CHECK(folder.read("a", 2).error().error_class == ErrorClass::store);
  REQUIRE(folder.remove("a"));
  REQUIRE(folder.remove("a"));
  CHECK(folder.names().value() == std::vector<std::string>{"b"});
}

TEST_CASE("temporary files that a crash left are removed after an hour") {
  const TemporaryFolder temporary;
  const auto folder = Folder::open(temporary.path).value();
  std::ofstream(temporary.path + "/.a.1234.tmp") << "old";
  std::ofstream(temporary.path + "/.b.1234.tmp") << "new";
  fs::last_write_time(temporary.path + "/.a.1234.tmp",
                      fs::file_time_type::clock::now() - std::chrono::hours(2));
  CHECK(folder.names().value().empty());
  CHECK_FALSE(fs::exists(temporary.path + "/.a.1234.tmp"));
  CHECK(fs::exists(temporary.path + "/.b.1234.tmp"));
}

TEST_CASE("links are not followed, neither for a folder nor for a file") {
  const TemporaryFolder temporary;
  fs::create_directory(temporary.path + "/real");
  fs::permissions(temporary.path + "/real", fs::perms::owner_all);
  fs::create_directory_symlink(temporary.path + "/real", temporary.path + "/link");
  CHECK(class_of(Folder::open(temporary.path + "/link").error()) == "config");
  const auto folder = Folder::open(temporary.path + "/real").value();
  CHECK(folder.inside("sub").has_value());
  fs::create_directory_symlink(temporary.path + "/real/sub", temporary.path + "/real/other");
  CHECK(class_of(folder.inside("other").error()) == "config");
  std::ofstream(temporary.path + "/target") << "text";
  fs::create_symlink(temporary.path + "/target", temporary.path + "/real/file");
  CHECK(class_of(folder.read("file", 100).error()) == "config");
  CHECK(class_of(folder.open_file("file", true).error()) == "config");
  // Replacing takes the link's place and leaves its target alone.
  REQUIRE(folder.replace("file", "ours"));
  CHECK(folder.read("file", 100).value()->expose() == "ours");
  CHECK(fs::file_size(temporary.path + "/target") == 4);
}

TEST_CASE("what others may use is refused, naming the command that mends it") {
  const TemporaryFolder temporary;
  const auto folder = Folder::open(temporary.path).value();
  REQUIRE(folder.replace("file", "text"));
  for (const int mode : {0610, 0620, 0640, 0601, 0602, 0604}) {
    CAPTURE(mode);
    fs::permissions(temporary.path + "/file", fs::perms(mode));
    const Error error = folder.read("file", 100).error();
    CHECK(class_of(error) == "config");
    CHECK(error.message == temporary.path + "/file is not safe to use: other users can use it.");
    CHECK(error.hint == "If nobody did, run: chmod 600 " + temporary.path + "/file");
  }
  for (const int mode : {0720, 0702, 0777}) {
    CAPTURE(mode);
    fs::permissions(temporary.path, fs::perms(mode));
    const Error error = Folder::open(temporary.path).error();
    CHECK(class_of(error) == "config");
    CHECK(error.message == temporary.path + " is not safe to use: other users can write to it.");
    CHECK(error.hint == "Run: chmod 700 " + temporary.path);
  }
  REQUIRE(::chmod(temporary.path.c_str(), 01777) == 0);
  CHECK(Folder::open(temporary.path).error().hint ==
        "Choose a folder of your own, " + temporary.path + "/NAME perhaps.");
  fs::permissions(temporary.path, fs::perms(0755));
  CHECK(Folder::open(temporary.path).has_value());
}

TEST_CASE("relative paths, fifos and folders in place of files are refused") {
  const TemporaryFolder temporary;
  CHECK(class_of(Folder::open("relative").error()) == "config");
  CHECK(class_of(Folder::open("").error()) == "config");
  const auto folder = Folder::open(temporary.path).value();
  REQUIRE(::mkfifo((temporary.path + "/fifo").c_str(), 0600) == 0);
  CHECK(class_of(folder.read("fifo", 100).error()) == "config");
  fs::create_directory(temporary.path + "/folder");
  CHECK_FALSE(folder.read("folder", 100).has_value());
}

TEST_CASE("root does not work in another user's home, and nobody in another user's folder") {
  if (::geteuid() != 0) {
    CHECK(Folder::open("/usr").error().error_class == ErrorClass::config);
    return;
  }
  const TemporaryFolder temporary;
  REQUIRE(::chmod(temporary.path.c_str(), 0755) == 0);
  REQUIRE(::mkdir((temporary.path + "/home").c_str(), 0755) == 0);
  REQUIRE(::chown((temporary.path + "/home").c_str(), other, other) == 0);
  const Error error = Folder::open(temporary.path + "/home/.local/state").error();
  CHECK(class_of(error) == "config");
  CHECK(error.message == "You are root, but " + temporary.path + "/home belongs to user id 65534.");
  CHECK_FALSE(fs::exists(temporary.path + "/home/.local"));
  // The other way round: a folder of root's, seen by that user.
  REQUIRE(Folder::open(temporary.path + "/ours").has_value());
  fs::permissions(temporary.path + "/ours", fs::perms(0755));
  CHECK(in_child_of_other(temporary.path, [](const std::string& top) {
          auto folder = Folder::open(top + "/ours");
          return !folder && folder.error().error_class == ErrorClass::config ? 0 : 2;
        }) == 0);
}

TEST_CASE("a home may lie in folders that its owner may pass but not list") {
  const TemporaryFolder temporary;
  REQUIRE(::chmod(temporary.path.c_str(), 0755) == 0);
  const std::string homes = temporary.path + "/homes";
  REQUIRE(::mkdir(homes.c_str(), 0755) == 0);
  REQUIRE(::mkdir((homes + "/user").c_str(), 0755) == 0);
  if (::geteuid() == 0) REQUIRE(::chown((homes + "/user").c_str(), other, other) == 0);
  REQUIRE(::chmod(homes.c_str(), 0111) == 0);
  CHECK(in_child_of_other(temporary.path, [](const std::string& top) {
          return Folder::open(top + "/homes/user/.local/state/oauth-token").has_value() ? 0 : 2;
        }) == 0);
  REQUIRE(::chmod(homes.c_str(), 0755) == 0);
  CHECK(mode_of(homes + "/user/.local/state/oauth-token") == 0700);
}

}  // namespace folder_test
