#include "base/command.hpp"
#include "support/temporary_folder.hpp"

#include <oauth_token/secret_source.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace secret_source_test {

using namespace oauth_token;
using namespace std::string_literals;

namespace {

struct Folder : world::TemporaryFolder {
  [[nodiscard]] std::string operator/(std::string_view name) const { return path + "/" + std::string(name); }
  [[nodiscard]] std::string holding(std::string_view text) const {
    world::write(*this / "secret", text);
    return *this / "secret";
  }
};

std::string message_of(const Result<Secret>& result) {
  REQUIRE_FALSE(result.has_value());
  return std::string(to_string(result.error().error_class)) + ": " + result.error().message;
}

}  // namespace

TEST_CASE("one trailing newline is removed from a secret, and nothing else") {
  struct Row {
    std::string content;
    std::string secret;
  };
  const std::array<Row, 10> rows{{{"", ""},
                                  {"\n", ""},
                                  {"\r\n", ""},
                                  {"hunter2", "hunter2"},
                                  {"hunter2\n", "hunter2"},
                                  {"hunter2\r\n", "hunter2"},
                                  {"hunter2\n\n", "hunter2\n"},
                                  {"hunter2\r", "hunter2\r"},
                                  {" p\xc3\xa4$$w+rd \t\n", " p\xc3\xa4$$w+rd \t"},
                                  {"\xff\xfe\x80\n", "\xff\xfe\x80"}}};
  const Folder folder;
  for (const Row& row : rows) {
    CAPTURE(row.content);
    const auto secret = read_secret_file(folder.holding(row.content));
    REQUIRE(secret.has_value());
    CHECK(secret->expose() == row.secret);
  }
}

TEST_CASE("a secret of 64 KiB is read whole, and one byte more is refused") {
  const Folder folder;
  const std::string largest(secret_source_limit, 'x');
  const auto secret = read_secret_file(folder.holding(largest + "\r\n"));
  REQUIRE(secret.has_value());
  CHECK(secret->expose() == largest);
  CHECK(message_of(read_secret_file(folder.holding(largest + "x"))) ==
        "config: The file \"" + folder / "secret" +
            "\" holds more than 64 KiB: that is no secret of any use here.");
  CHECK(message_of(read_secret_file("/dev/zero")) ==
        "config: The file \"/dev/zero\" holds more than 64 KiB: that is no secret of any use here.");
}

TEST_CASE("a file that cannot give a secret is named with the reason") {
  const Folder folder;
  CHECK(message_of(read_secret_file(folder / "none")) ==
        "config: The file \"" + folder / "none" + "\" does not exist.");
  CHECK(message_of(read_secret_file(folder / "")) == "config: The file \"" + folder / "" + "\" is a folder.");
  CHECK(message_of(read_secret_file(folder.holding("a\0b"s))) ==
        "config: The file \"" + folder / "secret" + "\" holds a NUL byte, which no password or token has.");
  CHECK(message_of(read_secret_file("/nowhere/\x1b[2J")) ==
        "config: The file \"/nowhere/\\x1b[2J\" does not exist.");
}

TEST_CASE("a socket is no source of a secret") {
  const Folder folder;
  const std::string path = folder / "socket";
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(static_cast<char*>(address.sun_path), path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(message_of(read_secret_file(path)) ==
        "config: The file \"" + path + "\" is a socket or a device that cannot be read.");
  ::close(socket);
}

TEST_CASE("a FIFO is read until its writer closes, however the secret comes in pieces") {
  const Folder folder;
  const std::string path = folder / "fifo";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::thread writer([&] {
    const int out = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    for (const std::string_view piece : {"hun", "ter2", "\n"}) {
      CHECK(::write(out, piece.data(), piece.size()) == static_cast<ssize_t>(piece.size()));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ::close(out);
  });
  const auto secret = read_secret_file(path);
  writer.join();
  REQUIRE(secret.has_value());
  CHECK(secret->expose() == "hunter2");
}

TEST_CASE("waiting for the writer of a FIFO ends when a stop is requested") {
  const Folder folder;
  const std::string path = folder / "fifo";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::stop_source stop;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    stop.request_stop();
  });
  CHECK(message_of(read_secret_file(path, stop.get_token())) ==
        "interrupted: Interrupted while a secret was read.");
  stopper.join();
}

TEST_CASE("a descriptor is read to its end and stays open") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  REQUIRE(::write(ends[1], "hunter2\n", 8) == 8);
  ::close(ends[1]);
  const auto secret = read_secret_descriptor(ends[0]);
  REQUIRE(secret.has_value());
  CHECK(secret->expose() == "hunter2");
  CHECK(::fcntl(ends[0], F_GETFD) >= 0);
  ::close(ends[0]);
  CHECK(message_of(read_secret_descriptor(ends[0])) ==
        "config: Descriptor " + std::to_string(ends[0]) + " is not open.");
}

TEST_CASE("a command gives its standard output") {
  struct Row {
    std::string command;
    std::string expected;
  };
  const std::array<Row, 12> rows{
      {{"echo hunter2", "hunter2"},
       {"printf 'a b\\n\\n'", "a b\n"},
       {"true", ""},
       {"head -c 65536 /dev/zero | tr '\\0' x | wc -c; head -c 60000 /dev/zero | tr '\\0' y | tail -c 3",
        "65536\nyyy"},
       {"(sleep 600 &) ; echo quick", "quick"},
       {"echo early; exec >&-; sleep 0.05", "early"},
       {"exit 3", "config: The command ended with status 3."},
       {"no-such-command-here 2>/dev/null",
        "config: The command ended with status 127 (there is no such command)."},
       {"/dev/null 2>/dev/null", "config: The command ended with status 126 (it cannot be executed)."},
       {"kill -9 $$", "config: The command was ended by signal 9."},
       {"printf 'a\\000b'",
        "config: The output of the command holds a NUL byte, which no password or token has."},
       {"cat /dev/zero",
        "config: The command wrote more than 64 KiB, which is no secret of any use here; it was ended."}}};
  for (const Row& row : rows) {
    CAPTURE(row.command);
    const auto secret = read_secret_command(row.command);
    CHECK((secret ? std::string(secret->expose()) : message_of(secret)) == row.expected);
  }
}

TEST_CASE("a command sees none of our variables, no input and no other descriptor") {
  ::setenv("OAUTH_TOKEN_PASSWORD", "canary", 1);
  ::setenv("OAUTH_TOKENS", "kept", 1);
  const int leaking = ::open("/dev/null", O_RDONLY);  // NOLINT: without O_CLOEXEC on purpose
  const auto secret = read_secret_command(
      "cat; env | grep -c ^OAUTH_TOKEN_; echo $OAUTH_TOKENS; ls /proc/self/fd | tr '\\n' ' '");
  ::close(leaking);
  ::unsetenv("OAUTH_TOKEN_PASSWORD");
  ::unsetenv("OAUTH_TOKENS");
  REQUIRE(secret.has_value());
  CHECK(secret->expose() == "0\nkept\n0 1 2 3 ");  // 3 is ls reading the folder
}

TEST_CASE("a command that takes too long is ended with everything it started") {
  const Folder folder;
  const std::string line = "echo $$ > " + folder / "id" + "; sleep 600 | sleep 600";
  const auto output =
      run_shell({.line = line, .wants_output = true, .time_limit = std::chrono::milliseconds(200)}, {});
  CHECK(message_of(output) == "timeout: The command did not end within 1 s; it was ended.");
  const pid_t group = std::stoi(world::content(folder / "id"));
  for (int i = 0; i < 1000 && ::kill(-group, 0) == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(::kill(-group, 0) != 0);
}

TEST_CASE("a command ends when a stop is requested, even one that ignores SIGTERM") {
  std::stop_source stop;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop.request_stop();
  });
  CHECK(message_of(read_secret_command("trap '' TERM; sleep 600; sleep 600", stop.get_token())) ==
        "interrupted: Interrupted while the command ran; it was ended.");
  stopper.join();
  CHECK(message_of(read_secret_command("echo late", stop.get_token())) ==
        "interrupted: Interrupted before the command was started.");
}

// Only root may become somebody else; without the right to end others' processes, it meets what a user meets
// who runs sudo.
TEST_CASE("a command that this process may not end keeps it no longer than a second") {
  REQUIRE_MESSAGE(::geteuid() == 0, "this test needs root");
  const Folder folder;
  const std::string id = folder / "id";
  std::ofstream(id).flush();
  const std::string line = "exec 3> " + id +
                           "; exec python3 -c 'import os, time; os.setuid(65534); os.write(3, b\"%d\" % "
                           "os.getpid()); time.sleep(600)'";
  const pid_t child = ::fork();
  if (child == 0) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> rights{};
    ::syscall(SYS_capget, &header, rights.data());
    rights[0].effective &= ~(1U << CAP_KILL);
    if (::syscall(SYS_capset, &header, rights.data()) != 0) ::_exit(1);
    std::stop_source stop;
    std::thread stopper([&] {
      while (world::content(id).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      stop.request_stop();
    });
    const std::string message = message_of(read_secret_command(line, stop.get_token()));
    stopper.join();
    ::_exit(message == "interrupted: Interrupted while the command ran; it could not be ended, and runs on."
                ? 0
                : 2);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(::kill(std::stoi(world::content(id)), SIGKILL) == 0);
  CHECK(status == 0);
}

TEST_CASE("a secret reaches a command's standard input whole, and its status decides") {
  const Folder folder;
  const Secret secret(std::string(secret_source_limit, 's') + "end");
  REQUIRE(run_with_secret_input("cat > " + folder / "copy", secret).has_value());
  CHECK(world::content(folder / "copy") == secret.expose());

  CHECK(run_with_secret_input("true", secret).has_value());
  CHECK(run_with_secret_input("cat > " + folder / "empty", Secret()).has_value());
  CHECK(world::content(folder / "empty").empty());

  const auto failed = run_with_secret_input("exec <&-; exit 7", secret);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().error_class == ErrorClass::output);
  CHECK(failed.error().message == "The command ended with status 7.");
}

TEST_CASE("a command that closes its input leaves no SIGPIPE behind") {
  const Secret secret(std::string(secret_source_limit, 's'));
  for (int i = 0; i < 20; ++i) CHECK(run_with_secret_input("exec <&-; sleep 0.01", secret).has_value());
  sigset_t pending;
  REQUIRE(::sigpending(&pending) == 0);
  CHECK(::sigismember(&pending, SIGPIPE) == 0);
}

TEST_CASE("a command works in a process whose standard descriptors are closed") {
  std::array<int, 3> saved{};
  for (int i = 0; i < 3; ++i) saved.at(static_cast<std::size_t>(i)) = ::fcntl(i, F_DUPFD_CLOEXEC, 10);
  for (int i = 0; i < 3; ++i) ::close(i);
  const auto secret = read_secret_command("cat; echo hunter2");
  const auto sent = run_with_secret_input("test \"$(cat)\" = hunter2", Secret("hunter2"));
  for (int i = 0; i < 3; ++i) {
    ::dup2(saved.at(static_cast<std::size_t>(i)), i);
    ::close(saved.at(static_cast<std::size_t>(i)));
  }
  REQUIRE(secret.has_value());
  CHECK(secret->expose() == "hunter2");
  CHECK(sent.has_value());
}

TEST_CASE("many threads run commands at once") {
  std::array<std::thread, 8> threads;
  for (std::size_t i = 0; i < threads.size(); ++i)
    threads.at(i) = std::thread([i] {
      for (int round = 0; round < 5; ++round) {
        const auto secret = read_secret_command("echo secret " + std::to_string(i));
        CHECK((secret && secret->expose() == "secret " + std::to_string(i)));
      }
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace secret_source_test
