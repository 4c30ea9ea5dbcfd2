#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#pragma GCC visibility push(default)
namespace oauth_token {

/// The whole content of a file, read anew each time. A FIFO will do.
struct SecretFile {
  std::string path = {};                               ///< best absolute: a session reads it from anywhere
  bool operator==(const SecretFile&) const = default;  ///< the same path
};

/// The standard output of `/bin/sh -c command`, run without any OAUTH_TOKEN_* variable; at most 60 s and 64
/// KiB, its process group is ended after that.
struct SecretCommand {
  std::string command = {};                               ///< for the shell
  bool operator==(const SecretCommand&) const = default;  ///< the same text
};

/// The item that `oauth-token profile set` put into the keyring, bound to token endpoint and client id.
struct SecretInKeyring {
  bool operator==(const SecretInKeyring&) const = default;  ///< always
};

/// Where a secret comes from when it is needed: never the value itself.
using SecretSource = std::variant<std::monostate, SecretFile, SecretCommand, SecretInKeyring>;

/// How much is read at most from any source, bytes.
inline constexpr std::size_t secret_source_limit = std::size_t{64} * 1024;

/// Reads to the end, with read(2) into wiped memory, and removes one trailing newline (LF or CR LF), nothing
/// else. An empty secret is returned as such. Blocks until the writer closes, 60 s have passed (`timeout`; a
/// terminal is waited for) or a stop is requested (`interrupted`). Errors: `config` for what cannot be
/// opened, holds a NUL byte, or is larger than the limit. This and all below are thread-safe.
Result<Secret> read_secret_file(const std::string& path, std::stop_token stop = {});
/// The same from an open descriptor, which stays open.
Result<Secret> read_secret_descriptor(int descriptor, std::stop_token stop = {});
/// The same from a command. A status other than 0 is an error that names it; what the command wrote to its
/// standard error goes to ours.
Result<Secret> read_secret_command(const std::string& command, std::stop_token stop = {});
/// The same from a program that asks a person, in the manner of SSH_ASKPASS: found along PATH, run with
/// `question` as its only argument and without any OAUTH_TOKEN_* variable; waited for as long as the person
/// takes. A status other than 0 is no answer: `usage`.
Result<Secret> read_secret_askpass(const std::string& program, const std::string& question,
                                   std::stop_token stop = {});
/// Runs `/bin/sh -c command` as above and writes `input` to its standard input; its standard output goes to
/// /dev/null. Success is status 0, anything else is class `output`, `timeout` or `interrupted`.
Result<void> run_with_secret_input(const std::string& command, const Secret& input,
                                   std::stop_token stop = {});

}  // namespace oauth_token
#pragma GCC visibility pop
