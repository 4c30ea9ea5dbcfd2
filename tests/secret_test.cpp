#include "base/secret_pages.hpp"
#include "support/other_user.hpp"
#include "support/sanitized.hpp"

#include <oauth_token/secret.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace secret_test {

using oauth_token::Secret;
using oauth_token::SecretBuffer;

TEST_CASE("a secret gives back the bytes it was made of, NUL included") {
  const std::string text("a\0b", 3);
  CHECK(Secret(text).expose() == text);
  CHECK(Secret(text).size() == 3);
  CHECK(Secret().empty());
}

TEST_CASE("moving a secret moves its pages and leaves the source empty") {
  Secret source("correct horse battery staple");
  const char* const where = source.expose().data();
  Secret target = std::move(source);
  CHECK(target.expose().data() == where);
  CHECK(source.empty());  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("the bytes of a secret are overwritten when it ends") {
  const char* where = nullptr;
  {
    const Secret secret("correct horse battery staple");
    where = secret.expose().data();
  }
  // The page is kept for the next secret, so that it may still be read.
  CHECK(std::string_view(where, 4) == std::string_view("\0\0\0\0", 4));
}

TEST_CASE("a buffer that grows beyond a page keeps its text") {
  SecretBuffer buffer;
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    buffer.append(piece);
    expected += piece;
  }
  CHECK(buffer.expose() == expected);
  buffer.drop_front(2);
  CHECK(buffer.expose() == expected.substr(2));
  buffer.truncate(5);
  CHECK(buffer.take().expose() == expected.substr(2, 5));
  CHECK(buffer.empty());
}

TEST_CASE("bytes behind a shortened text are overwritten") {
  SecretBuffer buffer;
  buffer.append("secretsecret");
  buffer.truncate(6);
  CHECK(std::memcmp(buffer.data() + 6, "\0\0\0\0\0\0", 6) == 0);
}

TEST_CASE("wiped pages that find no room are handed on, and whoever keeps them gives them out again") {
  static std::vector<char*> handed_on;
  oauth_token::hand_secret_pages_on_to(+[](char* page) noexcept {
    handed_on.push_back(page);
    return true;
  });
  {
    std::vector<Secret> many;
    for (int i = 0; i < 40; ++i) many.emplace_back("secret");
  }
  oauth_token::hand_secret_pages_on_to(nullptr);
  REQUIRE(handed_on.size() == 8);
  for (const char* page : handed_on)
    CHECK(std::all_of(page, page + ::sysconf(_SC_PAGESIZE), [](char byte) { return byte == 0; }));
  CHECK_FALSE(oauth_token::keep_secret_page(handed_on.front()));
  const Secret taken("secret");
  CHECK(oauth_token::keep_secret_page(handed_on.front()));
  CHECK(Secret("other").expose().data() == handed_on.front());
  for (char* const page : handed_on)
    if (page != handed_on.front()) ::munmap(page, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
}

TEST_CASE("secrets are equal when their bytes are") {
  CHECK(Secret("abc") == Secret("abc"));
  CHECK_FALSE(Secret("abc") == Secret("abd"));
  CHECK_FALSE(Secret("abc") == Secret("ab"));
}

TEST_CASE("a forked child finds nothing in its parent's secret") {
  const Secret secret("correct horse battery staple");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(secret.expose()[0] == '\0' ? 0 : 1);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a child of fork makes secrets of its own whatever other threads were doing") {
  std::atomic<bool> ends{false};
  std::thread busy([&] {
    while (!ends) const Secret secret("correct horse battery staple");
  });
  int good = 0;
  for (int i = 0; i < 200; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(10);  // ends a child that waits for ever
      const Secret secret("another one");
      ::_exit(secret.expose() == "another one" ? 0 : 1);
    }
    int status = -1;
    good += static_cast<int>(::waitpid(child, &status, 0) == child && status == 0);
  }
  ends = true;
  busy.join();
  CHECK(good == 200);
}

// Sanitizers have an mlock(2) of their own, which does nothing.
#ifndef SANITIZED
bool is_locked(const Secret& secret) {
  const auto page = reinterpret_cast<std::uintptr_t>(secret.expose().data());
  std::ifstream maps("/proc/self/smaps");
  std::string line;
  bool is_here = false;
  while (std::getline(maps, line)) {
    unsigned long long from = 0;
    unsigned long long to = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx ", &from, &to) == 2)
      is_here = page >= from && page < to;
    else if (is_here && line.starts_with("VmFlags:"))
      return line.find(" lo") != std::string::npos;
  }
  return false;
}

TEST_CASE("the secrets of a forked child are locked as its parent's are, on whatever pages they are") {
  REQUIRE(is_locked(Secret("one")));
  std::vector<Secret> inherited;
  for (int i = 0; i < 20; ++i) inherited.emplace_back("secret");
  for (int i = 0; i < 10; ++i) inherited.pop_back();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (const bool after_their_end : {false, true}) {
      if (after_their_end) inherited.clear();
      std::vector<Secret> own;
      for (int i = 0; i < 40; ++i)
        if (!is_locked(own.emplace_back("secret"))) ::_exit(after_their_end ? 2 : 1);
    }
    ::_exit(oauth_token::secret_memory_is_locked() ? 0 : 3);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("where only little memory may be locked, each page that can be is") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (!become(65534)) ::_exit(2);  // root may lock what it likes
    const auto three_pages = static_cast<rlim_t>(3 * ::sysconf(_SC_PAGESIZE));
    const rlimit few{three_pages, three_pages};
    if (::setrlimit(RLIMIT_MEMLOCK, &few) != 0) ::_exit(3);
    const std::vector<Secret> more_than_is_kept = [] {
      std::vector<Secret> secrets;
      for (int i = 0; i < 64; ++i) secrets.emplace_back("secret");
      return secrets;
    }();
    if (oauth_token::secret_memory_is_locked()) ::_exit(4);
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line) && !line.starts_with("VmLck:")) {
    }
    std::istringstream words(line.substr(std::min<std::size_t>(line.size(), 6)));
    rlim_t locked_kilobytes = 0;
    words >> locked_kilobytes;
    ::_exit(locked_kilobytes * 1024 == three_pages ? 0 : 5);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif

}  // namespace secret_test
