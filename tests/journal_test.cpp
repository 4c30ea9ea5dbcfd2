#include "session/journal.hpp"

#include "support/session_world.hpp"

#include <chrono>
#include <string>

namespace journal_test {

using namespace world;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds first{seconds(1'700'000'000)};
constexpr sys_seconds afterwards = first + seconds(500);

struct Book {
  TemporaryFolder temporary;
  Folder state = Folder::open(temporary.path).value();
  std::string next = temporary.path + "/journal/session.next";
  std::string last = temporary.path + "/journal/session.journal";

  [[nodiscard]] Journal open(const std::string& id = "session") const {
    return Journal::open(state, id).value();
  }
  // A renewal of generation 4 whose answer was kept, but did not reach the store.
  void answer_generation_4() const {
    Journal journal = open();
    REQUIRE(journal.begin(4, Secret("rt-4"), 1000, first).has_value());
    REQUIRE(journal.keep(Secret("answer to rt-4")).has_value());
  }
};

std::string kept(const Journal& journal, std::uint64_t generation, std::string_view refresh_token) {
  const auto found = journal.beyond(generation, Secret(refresh_token));
  if (!found) return shown(found.error());
  if (found->answer) return std::string(found->answer->expose());
  return found->unreadable ? "unreadable" : "nothing";
}

}  // namespace

TEST_CASE("an empty journal knows nothing") {
  const Book book;
  const Journal journal = book.open();
  CHECK(kept(journal, 1, "rt-1") == "nothing");
  CHECK_FALSE(journal.unanswered().value().has_value());
  CHECK(journal.last_generation().value() == 0);
}

TEST_CASE("the intent has its space reserved, and is known to the next run") {
  const Book book;
  {
    Journal journal = book.open();
    REQUIRE(journal.begin(4, Secret("rt-4"), 100'000, first).has_value());
  }
  CHECK(fs::file_size(book.next) > 100'000);
  const Journal journal = book.open();
  CHECK(journal.unanswered().value()->generation == 4);
  CHECK(journal.unanswered().value()->since == first);
  CHECK(kept(journal, 4, "rt-4") == "nothing");
  CHECK(journal.last_generation().value() == 4);
}

TEST_CASE("an answer opens with the refresh token that was spent for it, and with nothing else") {
  const Book book;
  book.answer_generation_4();
  const Journal journal = book.open();
  CHECK(kept(journal, 4, "rt-4") == "answer to rt-4");
  CHECK(kept(journal, 4, "rt-5") == "unreadable");
  CHECK(kept(journal, 4, "") == "unreadable");
  CHECK(kept(journal, 5, "rt-5") == "nothing");
  CHECK_FALSE(journal.unanswered().value().has_value());
  CHECK(journal.last_generation().value() == 5);
  CHECK(everything_in(book.temporary.path).find("answer") == std::string::npos);
  CHECK(everything_in(book.temporary.path).find("rt-4") == std::string::npos);
}

TEST_CASE("the last answer stays until the next one takes its place") {
  const Book book;
  {
    Journal journal = book.open();
    REQUIRE(journal.begin(4, Secret("rt-4"), 1000, first).has_value());
    REQUIRE(journal.keep(Secret("answer to rt-4")).has_value());
    journal.finish();
  }
  CHECK_FALSE(fs::exists(book.next));
  CHECK(fs::file_size(book.last) < 400);
  {
    Journal journal = book.open();
    CHECK(kept(journal, 4, "rt-4") == "answer to rt-4");
    REQUIRE(journal.begin(5, Secret("rt-5"), 1000, first).has_value());
    CHECK(kept(journal, 4, "rt-4") == "answer to rt-4");
    REQUIRE(journal.keep(Secret("answer to rt-5")).has_value());
    CHECK(kept(journal, 4, "rt-4") == "answer to rt-4");
    CHECK(kept(journal, 5, "rt-5") == "answer to rt-5");
    journal.finish();
  }
  CHECK(kept(book.open(), 5, "rt-5") == "answer to rt-5");
  CHECK(kept(book.open(), 4, "rt-4") == "unreadable");
}

TEST_CASE("an answer that was recovered is not lost when the next renewal begins") {
  const Book book;
  book.answer_generation_4();
  Journal journal = book.open();
  REQUIRE(journal.begin(5, Secret("rt-5"), 1000, first).has_value());
  CHECK(kept(journal, 4, "rt-4") == "answer to rt-4");
}

TEST_CASE("a renewal without an answer stays known while nothing is issued, and takes no room") {
  const Book book;
  {
    Journal journal = book.open();
    REQUIRE(journal.begin(4, Secret("rt-4"), 1000, first).has_value());
  }
  {
    Journal journal = book.open();
    REQUIRE(journal.begin(4, Secret("rt-4"), 1000, afterwards).has_value());
    journal.nothing_issued();
    CHECK(journal.unanswered().value()->since == first);
    CHECK(fs::file_size(book.next) < 1000);
  }
  {
    Journal journal = book.open();
    REQUIRE(journal.begin(4, Secret("rt-4"), 1000, afterwards).has_value());
    REQUIRE(journal.keep(Secret("answer")).has_value());
    CHECK(kept(journal, 4, "rt-4") == "answer");
    journal.finish();
    CHECK_FALSE(journal.unanswered().value().has_value());
  }
  Journal journal = book.open();
  REQUIRE(journal.begin(5, Secret("rt-5"), 1000, afterwards).has_value());
  journal.nothing_issued();
  CHECK_FALSE(fs::exists(book.next));
}

TEST_CASE("a damaged, truncated or foreign journal gives no answer, and says so") {
  const Book book;
  book.answer_generation_4();
  const std::string good = content(book.next);
  for (const std::size_t at : {0U, 22U, 192U, 208U, 240U, 252U}) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    write(book.next, bad);
    CAPTURE(at);
    CHECK(kept(book.open(), 4, "rt-4") == "unreadable");
  }
  for (const std::size_t size : {1U, 100U, 200U, 230U, 253U, 270U}) {
    write(book.next, good.substr(0, size));
    CAPTURE(size);
    CHECK(kept(book.open(), 4, "rt-4") == "unreadable");
  }
  // Torn before anything was sent: nothing happened.
  write(book.next, "");
  CHECK(kept(book.open(), 4, "rt-4") == "nothing");
  write(book.next, std::string(1000, '\0'));
  CHECK(kept(book.open(), 4, "rt-4") == "nothing");
  // Another session's, under this one's name: its identity is sealed with it.
  write(book.temporary.path + "/journal/other.next", good);
  CHECK(kept(book.open("other"), 4, "rt-4") == "unreadable");
  std::string renamed = good;
  renamed.replace(22, 7, "another");
  write(book.temporary.path + "/journal/another.next", renamed);
  CHECK(kept(book.open("another"), 4, "rt-4") == "unreadable");
  // It does not stand in the way of the next renewal.
  Journal journal = book.open("other");
  REQUIRE(journal.begin(4, Secret("rt-4"), 1000, first).has_value());
  REQUIRE(journal.keep(Secret("whole")).has_value());
  CHECK(kept(journal, 4, "rt-4") == "whole");
}

TEST_CASE("erasing leaves nothing") {
  const Book book;
  book.answer_generation_4();
  Journal journal = book.open();
  REQUIRE(journal.begin(5, Secret("rt-5"), 1000, first).has_value());
  REQUIRE(journal.erase().has_value());
  CHECK(fs::is_empty(book.temporary.path + "/journal"));
}

}  // namespace journal_test
