#include "support/temporary_folder.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
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
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <terminal/secret_input.hpp>
#include <unistd.h>

namespace secret_input_test {

using namespace oauth_token;
using namespace oauth_token::cli;

namespace {

struct Folder : world::TemporaryFolder {
  std::string file(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(path + "/" + name) << text;
    REQUIRE(::chmod((path + "/" + name).c_str(), mode) == 0);
    return path + "/" + name;
  }
};

SecretInput password(SecretPlaces flags = {}, SecretPlaces variables = {}, SecretPlaces profile = {}) {
  return {.kind = password_kind(),
          .flags = std::move(flags),
          .variables = std::move(variables),
          .profile = std::move(profile)};
}

SecretPlaces value(std::string_view text) { return {.value = Secret(text), .value_given = true}; }

const Question question{.text = "Password for alice: "};

Result<Secret> answer_typed(const Question&) { return Secret("typed"); }

// "Class: message | hint", or the secret.
std::string outcome(const Result<Secret>& result) {
  if (result) return std::string(result->expose());
  const Error& error = result.error();
  return std::string(to_string(error.error_class)) + ": " + error.message +
         (error.hint.empty() ? "" : " | " + error.hint);
}

std::string read(SecretInput input, SecretReading reading = {.ask = answer_typed}) {
  return outcome(read_secret(input, question, reading));
}

}  // namespace

TEST_CASE("a flag beats a variable beats the profile beats the prompt") {
  const Folder folder;
  const SecretPlaces file{.file = folder.file("secret", "from file\n")};
  const SecretPlaces other{.file = folder.file("other", "from the profile\n")};
  CHECK(read(password()) == "typed");
  CHECK(read(password({}, {}, {.file = other.file})) == "from the profile");
  CHECK(read(password({}, value("from variable"), {.file = other.file})) == "from variable");
  CHECK(read(password({.file = file.file}, value("from variable"), {.file = other.file})) == "from file");
}

TEST_CASE("askpass of environment or profile stands for the prompt only") {
  const Folder folder;
  const std::string program = folder.file("askpass", "#!/bin/sh\necho \"asked: $1\"\n", 0700);
  SecretPlaces both = value("from variable");
  both.askpass = program;
  CHECK(read(password({}, std::move(both))) == "from variable");
  CHECK(read(password({}, {.askpass = program})) == "asked: Password for alice: ");
  CHECK(read(password({}, {}, {.command = "echo from command", .askpass = program})) == "from command");
  CHECK(read(password({.askpass = program}, value("from variable"))) == "asked: Password for alice: ");
}

TEST_CASE("two places for one secret are an error that names both") {
  CHECK(read(password({.standard_input = true, .file = "f"})) ==
        "usage: Both --password-stdin and --password-file say where the password comes from. | Give only one "
        "of "
        "them.");
  CHECK(read(password({.command = "c", .askpass = "a"})) ==
        "usage: Both --password-command and --askpass say where the password comes from. | Give only one of "
        "them.");
  SecretPlaces variables = value("v");
  variables.file = "f";
  CHECK(read(password({}, std::move(variables))) ==
        "config: Both OAUTH_TOKEN_PASSWORD_FILE and OAUTH_TOKEN_PASSWORD say where the password comes from. "
        "| Give "
        "only one of them.");
  CHECK(read(password({}, {}, {.file = "f", .command = "c"})) ==
        "config: Both password-file in the profile and password-command in the profile say where the "
        "password comes "
        "from. | Give only one of them.");
}

TEST_CASE("standard input is for one secret") {
  const SecretInput from_stdin = password({.standard_input = true});
  SecretInput refresh{.kind = refresh_token_kind(), .flags = {.descriptor = 0}};
  CHECK(check_standard_input({&from_stdin}));
  const auto checked = check_standard_input({&from_stdin, &refresh});
  REQUIRE(!checked);
  CHECK(checked.error().message == "Both --password-stdin and --refresh-token-fd would read standard input.");
  refresh.flags = {.descriptor = 3};
  CHECK(check_standard_input({&from_stdin, &refresh}));
}

TEST_CASE("standard input and descriptors are read to their end") {
  for (const bool by_number : {false, true}) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    REQUIRE(::write(ends[1], " s3cr%t \r\n", 10) == 10);
    ::close(ends[1]);
    if (by_number)
      CHECK(read(password({.descriptor = ends[0]})) == " s3cr%t ");
    else
      CHECK(read(password({.standard_input = true}), {.standard_input = ends[0]}) == " s3cr%t ");
    ::close(ends[0]);
  }
}

TEST_CASE("an empty secret is an error that names its place") {
  const Folder folder;
  CHECK(read(password({.file = folder.file("empty", "\n")})) ==
        "usage: The password from --password-file is empty.");
  CHECK(read(password({}, value(""))) == "usage: The password from OAUTH_TOKEN_PASSWORD is empty.");
  CHECK(read(password({.command = "true"})) == "usage: The password from --password-command is empty.");
}

TEST_CASE("a secret that is no UTF-8 passes with a warning") {
  std::vector<std::string> warnings;
  const auto warn = [&](const std::string& text) { warnings.push_back(text); };
  CHECK(read(password({}, value("caf\xe9")), {.warn = warn}) == "caf\xe9");
  CHECK(warnings ==
        std::vector<std::string>{
            "The password is not UTF-8; it is sent as the bytes it is, which servers often refuse."});
  warnings.clear();
  CHECK(read(password({}, value("café")), {.warn = warn}) == "café");
  CHECK(warnings.empty());
}

TEST_CASE("with nobody to ask, what is missing is an error that names the other ways") {
  const std::string ways =
      "Use --password-stdin, --password-fd, --password-file, --password-command, --askpass or the variable "
      "OAUTH_TOKEN_PASSWORD.";
  CHECK(read(password(), {}) ==
        "usage: No password was given, and --no-input forbids asking for it. | " + ways);
  CHECK(read(password({}, {.askpass = "/bin/echo"}), {}) ==
        "usage: No password was given, and --no-input forbids asking for it. | " + ways);
  const auto no_terminal = [](const Question&) -> Result<Secret> {
    return fail(ErrorClass::usage, "There is no terminal.");
  };
  CHECK(read(password(), {.ask = no_terminal}) == "usage: There is no terminal. | " + ways);
  SecretInput totp{.kind = prompt_param_kind("totp")};
  CHECK(outcome(read_secret(totp, question, {})) ==
        "usage: No parameter \"totp\" was given, and --no-input forbids asking for it. | Use --param-file "
        "totp=FILE.");
}

TEST_CASE("an interrupted prompt keeps its error") {
  const auto interrupted = [](const Question&) -> Result<Secret> {
    return fail(ErrorClass::interrupted, "Interrupted.");
  };
  CHECK(read(password(), {.ask = interrupted}) == "interrupted: Interrupted.");
}

TEST_CASE("a client secret's place becomes a source") {
  CHECK(std::get<SecretFile>(as_source(SecretFile{"f"})).path == "f");
  CHECK(std::get<SecretCommand>(as_source(SecretCommand{"c"})).command == "c");
  CHECK(std::holds_alternative<std::monostate>(as_source(FromVariable{})));
}

TEST_CASE(
    "askpass sees its question and the environment without our variables, and its refusal is an error") {
  const Folder folder;
  ::setenv("OAUTH_TOKEN_CANARY", "1", 1);
  const auto run = [&](const std::string& script) {
    return outcome(
        read_secret_askpass(folder.file("askpass", "#!/bin/sh\n" + script + "\n", 0700), "Q 'x': "));
  };
  const std::string name = "The askpass program \"" + folder.path + "/askpass\"";
  CHECK(run("echo \"$# $1|$OAUTH_TOKEN_CANARY|\"") == "1 Q 'x': ||");
  CHECK(run("printf 'a\\n\\n'") == "a\n");
  CHECK(run("cat; echo end") == "end");
  CHECK(run("exit 1") == "usage: " + name + " gave no answer: it ended with status 1.");
  CHECK(run("kill -TERM $$") == "usage: " + name + " gave no answer: it ended with signal 15.");
  CHECK(run("yes") ==
        "config: The answer of the askpass program holds more than 64 KiB: that is no secret of any use "
        "here. | "
        "Name the file or command that gives the secret alone.");
  CHECK(run("printf 'a\\0b'") ==
        "config: The answer of the askpass program holds a NUL byte, which no password or token has. | Save "
        "it as "
        "plain text in UTF-8; UTF-16 is full of NUL bytes.");
  CHECK(outcome(read_secret_askpass("/no/such/program", "Q")) ==
        "config: The askpass program \"/no/such/program\" cannot be started: No such file or directory. | "
        "Check "
        "--askpass or OAUTH_TOKEN_ASKPASS.");
}

TEST_CASE("what an askpass program leaves behind is not waited for") {
  const Folder folder;
  const std::string script = "#!/bin/sh\nsleep 60 &\necho $! >" + folder.path + "/pid\necho done\n";
  CHECK(outcome(read_secret_askpass(folder.file("askpass", script, 0700), "Q")) == "done");
  int left = 0;
  std::ifstream(folder.path + "/pid") >> left;
  CHECK(::kill(left, SIGKILL) == 0);
}

TEST_CASE("a stop request ends askpass") {
  const Folder folder;
  const std::string program = folder.file("askpass", "#!/bin/sh\nexec sleep 60\n", 0700);
  std::stop_source source;
  const std::jthread stopper([&source] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    source.request_stop();
  });
  CHECK(outcome(read_secret_askpass(program, "Q", source.get_token())) ==
        "interrupted: Interrupted while the askpass program was asking.");
}

}  // namespace secret_input_test
