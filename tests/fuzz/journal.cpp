// The journal's two files: "NEXT", then "LAST", each behind two bytes that say how long it is.

#include "session/journal.hpp"

#include "base/folder.hpp"
#include "fuzzing.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace {

using namespace oauth_token;

constexpr const char* id = "0123456789abcdef0123456789abcdef";

const Folder& state() {
  static const Folder folder = [] {
    std::string path = std::filesystem::exists("/dev/shm") ? "/dev/shm/oauth-token-fuzz.XXXXXX"
                                                           : "/tmp/oauth-token-fuzz.XXXXXX";
    fuzzing::must(::mkdtemp(path.data()) != nullptr, "there is a folder to work in");
    static const std::string made = path;
    std::atexit([] { std::filesystem::remove_all(made); });
    auto opened = Folder::open(path);
    fuzzing::must(opened.has_value(), "the folder can be opened");
    return std::move(*opened);
  }();
  return folder;
}

void write(const Folder& journal, const std::string& name, std::string_view& input) {
  if (input.size() < 2) return;
  const std::size_t wanted =
      static_cast<unsigned char>(input[0]) * std::size_t{256} + static_cast<unsigned char>(input[1]);
  input.remove_prefix(2);
  const std::size_t size = std::min(wanted, input.size());
  fuzzing::must(journal.replace(name, input.substr(0, size)).has_value(), "the file can be written");
  input.remove_prefix(size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = fuzzing::text(data, size);
  const auto folder = state().inside("journal");
  fuzzing::must(folder.has_value(), "the journal's folder can be opened");
  for (const char* end : {".next", ".journal"}) {
    [[maybe_unused]] const auto removed = folder->remove(std::string(id) + end);
    write(*folder, std::string(id) + end, input);
  }
  auto journal = Journal::open(state(), id);
  fuzzing::must(journal.has_value(), "the journal can be opened");
  if (const auto known = journal->unanswered(); !known) fuzzing::check(known.error());
  if (const auto known = journal->has_unstored_answer(); !known) fuzzing::check(known.error());
  if (const auto known = journal->last_generation(); !known) fuzzing::check(known.error());
  const auto kept = journal->beyond(0, Secret("rt-1"));
  if (!kept) fuzzing::check(kept.error());
  fuzzing::must(!kept || !kept->answer, "nothing that was not sealed opens");
  const auto begun =
      journal->begin(7, Secret("rt-2"), 512, std::chrono::sys_seconds(std::chrono::seconds(1'795'262'400)));
  fuzzing::must(begun.has_value(), "whatever lay there, the next renewal can begin");
  fuzzing::must(journal->keep(Secret("answer")).has_value(), "and be kept");
  const auto answer = journal->beyond(7, Secret("rt-2"));
  fuzzing::must(answer && answer->answer && answer->answer->expose() == "answer", "and be read");
  return 0;
}
