#include "tables.hpp"

#include "roff.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::manual {
namespace {

using cli::Command;
using cli::Group;
using cli::Kind;
using cli::Option;

constexpr unsigned bit(Group group) { return static_cast<unsigned>(group); }

struct Topic {
  std::string_view title;
  unsigned groups;
};

constexpr Topic topics[] = {
    {"Server", bit(Group::server)},
    {"Client", bit(Group::client) | bit(Group::profile_edit)},
    {"Connection", bit(Group::transport)},
    {"Request", bit(Group::grant)},
    {"User and password", bit(Group::identity) | bit(Group::user)},
    {"Refresh token that the caller keeps", bit(Group::kept)},
    {"Session and store", bit(Group::store) | bit(Group::session) | bit(Group::replace)},
    {"Validity and renewal", bit(Group::age) | bit(Group::cache) | bit(Group::force) | bit(Group::wait)},
    {"List of users", bit(Group::batch)},
    {"Proof", bit(Group::dpop_proof)},
    {"The command that is run", bit(Group::exec)},
    {"Output", bit(Group::output) | bit(Group::token_output) | bit(Group::trace)},
    {"General", bit(Group::common)},
};

struct Status {
  std::string_view number;
  std::string_view text;  ///< mdoc
};

constexpr Status statuses[] = {
    {"0", "Done."},
    {"1", "A defect; please report it."},
    {"2", "The command line or the configuration is wrong; nothing was sent."},
    {"3",
     "The server refused the user name or password.\nDo not try again from a script: accounts get locked."},
    {"4",
     "The refresh token is missing, expired, revoked or already used: a person must sign in again.\nFrom\n"
     ".Cm introspect :\nthe token is not active."},
    {"5", "The server wants a second factor, a new password or a browser."},
    {"6", "The server refused this client or this request."},
    {"7",
     "An outage: network, timeout, rate limit or server error.\n.Sy retry_safe\nin the error object of\n"
     ".Fl o Cm json\nsays whether trying again can do harm."},
    {"8",
     "The answer is no OAuth answer: HTML, a redirect (not followed), an empty body, broken JSON; or it\n"
     "cannot be printed in the form asked for."},
    {"9", "A certificate was refused, or plain http was asked for."},
    {"10",
     "The store is absent, locked, full or slow, or standard output could not be written.\nA token that was "
     "issued but could be kept nowhere is still printed."},
    {"125", "The program itself failed; the class of the failure begins the message."},
    {"126", ".Ar COMMAND\nis there, but cannot be run."},
    {"127", "There is no such\n.Ar COMMAND ."},
    {"129 , 130 , 143", "Ended by SIGHUP, SIGINT, SIGTERM; the terminal is restored."},
};

bool can_end_with(const Command& command, std::string_view number) {
  const auto takes = [&](Group group) { return (command.groups & bit(group)) != 0; };
  if (number.size() == 3) return command.has_child;
  if (number == "0" || number == "2" || number == "10") return true;
  if (number == "3" || number == "5") return takes(Group::user) || takes(Group::batch);
  if (number == "4") return command.basis == cli::Basis::session;
  if (number == "1" || number.size() > 3) return false;
  return takes(Group::server);
}

struct Variable {
  std::string_view name;
  unsigned groups;
  std::string_view text;  ///< mdoc
};

constexpr Variable secrets[] = {
    {"OAUTH_TOKEN_PASSWORD", bit(Group::user), "The user's password."},
    {"OAUTH_TOKEN_CLIENT_SECRET", bit(Group::client), "The client secret."},
    {"OAUTH_TOKEN_SIGNING_KEY_PASSPHRASE", bit(Group::client),
     "The passphrase or PIN of\n.Fl \\-signing\\-key ."},
    {"OAUTH_TOKEN_TLS_KEY_PASSPHRASE", bit(Group::client), "The passphrase or PIN of\n.Fl \\-tls\\-key ."},
    {"OAUTH_TOKEN_REFRESH_TOKEN", bit(Group::kept),
     "A refresh token that the caller keeps; nothing is stored then."},
    {"OAUTH_TOKEN_STORE_KEY", bit(Group::session),
     "The key of sealed files:\n.Dq base64:\nand 32 bytes in base64, or\n.Dq passphrase:\nand any text."},
};

std::string dashed(const Option& option) { return "\\-" + escaped(option.name); }

void write_choices(std::ostream& out, const Option& option, std::string_view choices) {
  if (choices.empty() || option.value_name == option.choices || option.check == cli::Check::store) return;
  out << (option.check == cli::Check::text ? "For example\n" : "One of\n");
  std::vector<std::string_view> words;
  for (; !choices.empty(); choices.remove_prefix(std::min(words.back().size() + 1, choices.size())))
    words.push_back(choices.substr(0, choices.find('|')));
  for (std::size_t i = 0; i < words.size(); ++i)
    out << ".Cm " << argument(words[i]) << (i + 1 == words.size() ? " .\n" : " ,\n");
}

/// Where its value can come from, beside the command line.
void write_origins(std::ostream& out, const Option& option) {
  const bool variable = option.has(cli::variable);
  const bool profile = option.has(cli::profile);
  if (variable) out << "Variable:\n.Ev " << variable_name(option) << (profile ? " ;\n" : " .\n");
  if (profile)
    out << (variable ? "key of a profile" : "Key of a profile")
        << (option.has(cli::loopback_only) ? " for a server on this machine.\n" : ".\n");
}

void write_option(std::ostream& out, const Command& command, const Option& option) {
  out << ".It ";
  if (option.letter != 0) out << "Fl " << option.letter << " , ";
  out << "Fl " << dashed(option);
  if (option.kind == Kind::choice_flag) {
    out << " Ns Op = Ns Ar " << argument(option.value_name);
  } else if (!option.value_name.empty()) {
    out << " Ar " << argument(option.value_name);
  }
  const bool is_form = option.name == "output";
  out << '\n' << (is_form ? "The form of the answer; the default comes first.\n" : sentence(option.help));
  write_choices(out, option, is_form ? std::string_view(command.forms) : option.choices);
  write_origins(out, option);
}

void write_variable(std::ostream& out, const Variable& variable) {
  out << ".It Ev " << variable.name << '\n' << variable.text << '\n';
}

}  // namespace

std::string page_of(const Command& command) {
  std::string name = "oauth-token-" + std::string(command.name);
  for (char& letter : name)
    if (letter == ' ') letter = '-';
  return name;
}

void write_options(std::ostream& out, const Command& command) {
  for (const Topic& topic : topics) {
    bool begun = false;
    for (const Option& option : cli::option_table) {
      if (!command.takes(option) || (bit(option.group) & topic.groups) == 0) continue;
      if (!begun) out << ".Ss " << topic.title << "\n.Bl -tag -width Ds\n";
      begun = true;
      write_option(out, command, option);
    }
    if (begun) out << ".El\n";
  }
}

void write_keys(std::ostream& out) {
  for (const Topic& topic : topics) {
    bool begun = false;
    for (const Option& option : cli::option_table) {
      if (!option.has(cli::profile) || (bit(option.group) & topic.groups) == 0) continue;
      if (!begun) out << ".Ss " << topic.title << "\n.Bl -tag -width Ds\n";
      begun = true;
      const bool is_number = option.check == cli::Check::seconds || option.check == cli::Check::lifetime;
      out << ".It Sy " << argument(option.name) << " Pq "
          << (option.kind == Kind::flag   ? "boolean"
              : option.kind == Kind::list ? "string or array of strings"
              : is_number                 ? "integer, or string"
                                          : "string")
          << '\n'
          << sentence(option.help);
      write_choices(out, option, option.choices);
      if (option.has(cli::loopback_only)) out << "For a server on this machine only.\n";
    }
    if (begun) out << ".El\n";
  }
}

void write_commands(std::ostream& out) {
  for (const Command& command : cli::commands()) {
    out << ".It Cm " << argument(command.name);
    if (!command.operands.empty()) out << " Ar " << argument(command.operands);
    out << '\n' << sentence(command.summary) << "See\n.Xr " << page_of(command) << " 1 .\n";
  }
}

void write_exit_status(std::ostream& out, const Command* command) {
  out << ".Bl -tag -width 00000\n";
  for (const Status& status : statuses)
    if (command == nullptr || can_end_with(*command, status.number))
      out << ".It " << status.number << '\n' << status.text << '\n';
  out << ".El\n";
}

void write_variables(std::ostream& out, const Command* command) {
  for (const Variable& variable : secrets)
    if (command == nullptr || (command->groups & variable.groups) != 0) write_variable(out, variable);
}

void write_references(std::ostream& out) {
  std::vector<std::string> pages;
  for (const Command& command : cli::commands()) pages.push_back(page_of(command));
  std::sort(pages.begin(), pages.end());
  for (const std::string& page : pages) out << ".Xr " << page << " 1 ,\n";
}

}  // namespace oauth_token::manual
