#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>

namespace oauth_token {

/// How messages about a file begin: `The file "…"`, fit for a terminal.
std::string file_in_messages(const std::string& path);

/// Where read(2) goes on: what is left of the buffer's last page, else a new one. What fits into a page takes
/// one.
inline std::span<char> room_to_read(SecretBuffer& buffer) {
  constexpr std::size_t page = 4096;
  const std::size_t left = buffer.capacity() - buffer.size();
  char* const where = buffer.room(left > 0 ? left : page);
  return {where, buffer.capacity() - buffer.size()};
}

/// Reads to the end, or to a little more than secret_source_limit, with read(2) into wiped memory; any byte
/// may occur. Waits 60 s at most (`timeout`), for a terminal without end; `interrupted` when stopped,
/// `config` for what cannot be read. `source` begins a sentence.
Result<SecretBuffer> read_to_end(int descriptor, const std::string& source, std::stop_token stop);

struct FileContents {
  SecretBuffer bytes = {};
  bool others_may_read = false;  ///< a regular file whose group or everybody may read it
};

/// The same from a file. A FIFO will do.
Result<FileContents> read_file(const std::string& path, std::stop_token stop);

}  // namespace oauth_token
