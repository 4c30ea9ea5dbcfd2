// Writes a page of the manual: page NAME SECTION DATE <PROSE. What the tables of the program know comes from
// them; the prose has the rest, with lines that stand for a list:
//   .\"@commands  .\"@keys  .\"@status  .\"@variables  .\"@references
// The prose of a command is its description, then the sections that only this command has; a first line
// ".\"@see PAGE..." names pages to look at. Runs at build time only, and is not installed.
#include "roff.hpp"
#include "tables.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace oauth_token;
using namespace oauth_token::manual;

constexpr std::string_view mark = ".\\\"@";

using Lines = std::vector<std::string>;

Lines read_prose() {
  Lines lines;
  for (std::string line; std::getline(std::cin, line);) lines.push_back(line);
  return lines;
}

/// "November 22, 2026" for "2026-11-22".
std::string written_out(std::string_view date) {
  constexpr std::array months{"January", "February", "March",     "April",   "May",      "June",
                              "July",    "August",   "September", "October", "November", "December"};
  const std::size_t month = std::stoul(std::string(date.substr(5, 2)));
  return std::string(months.at(month - 1)) + " " + std::to_string(std::stoul(std::string(date.substr(8)))) +
         ", " + std::string(date.substr(0, 4));
}

void write_head(std::ostream& out, std::string_view name, std::string_view section, std::string_view date) {
  std::string title(name);
  for (char& letter : title)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  out << ".Dd " << written_out(date) << "\n.Dt " << title << ' ' << section << "\n.Os \"oauth\\-token "
      << OAUTH_TOKEN_VERSION << "\"\n";
}

bool write_list(std::ostream& out, std::string_view what) {
  if (what == "commands") {
    write_commands(out);
  } else if (what == "keys") {
    write_keys(out);
  } else if (what == "status") {
    write_exit_status(out, nullptr);
  } else if (what == "variables") {
    write_variables(out, nullptr);
  } else if (what == "references") {
    write_references(out);
  } else {
    return false;
  }
  return true;
}

bool write_prose(std::ostream& out, const Lines& lines) {
  for (const std::string& line : lines) {
    if (!line.starts_with(mark)) {
      out << line << '\n';
    } else if (!write_list(out, std::string_view(line).substr(mark.size()))) {
      std::cerr << "There is nothing to put in for: " << line << '\n';
      return false;
    }
  }
  return true;
}

void write_synopsis(std::ostream& out, const cli::Command& command) {
  out << ".Sh SYNOPSIS\n.Nm \"oauth\\-token " << escaped(command.name) << "\"\n.Op Ar OPTION ...\n";
  std::string_view rest = command.operands;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (word == "--") {
      out << ".Fl \\&-\n";
    } else if (word.starts_with('[')) {
      out << ".Op Ar " << word.substr(1, word.size() - 2) << '\n';
    } else if (word.find('|') != std::string_view::npos) {
      out << ".Cm " << word << '\n';
    } else if (word.ends_with("...")) {
      out << ".Ar " << word.substr(0, word.size() - 3) << " ...\n";
    } else {
      out << ".Ar " << word << '\n';
    }
  }
}

void write_environment(std::ostream& out, const cli::Command& command) {
  const bool has_profile = command.operands.view().find("[PROFILE]") != std::string_view::npos;
  const bool has_session = command.takes(cli::OptionName("session").option());
  out << ".Sh ENVIRONMENT\n"
         "An option that can come from a variable says so above; the variables of the system are in\n"
         ".Xr oauth-token 1 .\n";
  std::ostringstream list;
  if (has_profile)
    list << ".It Ev OAUTH_TOKEN_PROFILE\nThe profile, where none is named; without it, the one called\n.Dq "
            "default .\n";
  if (has_session && !has_profile)
    list << ".It Ev OAUTH_TOKEN_SESSION\nThe session, where none is named; without it, the one called\n.Dq "
            "default .\n";
  write_variables(list, &command);
  if (!list.str().empty()) out << ".Bl -tag -width Ds\n" << list.str() << ".El\n";
}

void write_files(std::ostream& out, const cli::Command& command) {
  out << ".Sh FILES\n.Bl -tag -width Ds\n"
         ".It Pa ~/.config/oauth\\-token/config.toml\nThe profiles, see\n.Xr oauth-token-profile 5 .\n";
  if (command.takes(cli::OptionName("session").option()))
    out << ".It Pa ~/.local/state/oauth\\-token/\nThe sessions without their secrets, locks, the journal, "
           "sealed files.\n";
  out << ".El\n";
}

void write_examples(std::ostream& out, const cli::Command& command) {
  out << ".Sh EXAMPLES\n.Bd -literal -offset indent\n";
  for (std::string_view rest = command.examples; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    out << escaped(line.substr(std::min<std::size_t>(2, line.size()))) << '\n';
    rest.remove_prefix(line.size() + 1);
  }
  out << ".Ed\n";
}

void write_see_also(std::ostream& out, const std::string& more) {
  out << ".Sh SEE ALSO\n.Xr oauth-token 1 ,\n";
  std::istringstream pages(more);
  std::vector<std::string> sorted{std::istream_iterator<std::string>(pages), {}};
  std::sort(sorted.begin(), sorted.end());
  for (const std::string& page : sorted) out << ".Xr oauth-token-" << page << " 1 ,\n";
  out << ".Xr oauth-token-profile 5\n";
}

void write_command(std::ostream& out, const cli::Command& command, Lines prose) {
  std::string see;
  if (!prose.empty() && prose.front().starts_with(std::string(mark) + "see ")) {
    see = prose.front().substr(mark.size() + 4);
    prose.erase(prose.begin());
  }
  out << ".Sh NAME\n.Nm " << page_of(command) << "\n.Nd " << escaped(command.summary) << '\n';
  write_synopsis(out, command);
  out << ".Sh DESCRIPTION\n";
  std::size_t next = 0;
  for (; next < prose.size() && !prose[next].starts_with(".Sh "); ++next) out << prose[next] << '\n';
  out << ".Sh OPTIONS\n";
  write_options(out, command);
  write_environment(out, command);
  write_files(out, command);
  out << ".Sh EXIT STATUS\n";
  write_exit_status(out, &command);
  if (command.has_child) out << "Otherwise that of\n.Ar COMMAND .\n";
  write_examples(out, command);
  write_see_also(out, see);
  for (; next < prose.size(); ++next) out << prose[next] << '\n';
}

/// Lines of text that are too long are folded; macros and literal lines stay.
void write_folded(std::ostream& out, const std::string& page) {
  constexpr std::size_t width = 78;
  bool literal = false;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(".Bd -literal")) literal = true;
    if (line == ".Ed") literal = false;
    std::size_t space = 0;
    while (!literal && !line.starts_with('.') && line.size() > width &&
           (space = line.rfind(' ', width)) != std::string::npos) {
      out << line.substr(0, space) << '\n';
      line = (line[space + 1] == '.' || line[space + 1] == '\'' ? "\\&" : "") + line.substr(space + 1);
    }
    out << line << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::string_view name = argv[1];
  const Lines prose = read_prose();
  std::ostringstream page;
  write_head(page, name, argv[2], argv[3]);
  bool done = false;
  for (const cli::Command& command : cli::commands()) {
    if (page_of(command) != name) continue;
    write_command(page, command, prose);
    done = true;
  }
  if (!done && !write_prose(page, prose)) return 1;
  write_folded(std::cout, page.str());
  return std::cout.flush() ? 0 : 1;
}
