#pragma once

#include "options/literal.hpp"
#include "options/options.hpp"

#include <oauth_token/error.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace oauth_token::cli {

struct Context;
class Settings;

/// Whose settings a command starts from.
enum class Basis : std::uint8_t {
  none,           ///< of nobody
  profile,        ///< the last operand names a profile
  session,        ///< the operand names a session
  first_session,  ///< of nobody; the first operand names a session
  examined,       ///< as profile, but what is wrong with it is left to the command: Settings::profile_error
};

/// One command: what the help says, which options it takes, what it runs.
struct Command {
  std::string_view name = {};  ///< "password", "profile set"
  Literal operands = {};
  Literal summary = {};
  unsigned groups = 0;  ///< of Group
  Literal forms = {};   ///< values of --output, the default first; empty: there is no --output
  std::size_t operands_needed = 0;
  std::size_t operands_at_most = 0;
  Basis basis = Basis::none;
  Literal examples = {};
  /// The exit status, or an error to report.
  Result<int> (*run)(Context&, const Settings&) = nullptr;
  bool has_child = false;  ///< runs what stands behind "--"

  [[nodiscard]] bool takes(const Option& option) const noexcept;
};

std::span<const Command> commands() noexcept;
/// Nothing where there is no command of that name.
const Command* find_command(std::string_view name) noexcept;

/// Commands of two words have a group: "profile" of "profile set", else empty.
std::string_view group_of(const Command& command);
/// "set" of "profile set"; the whole name of a command without a group.
std::string_view name_in_group(const Command& command);
/// The commands of the group; none for an empty one.
std::vector<const Command*> group_commands(std::string_view group);
/// What the commands of the group are about.
std::string_view group_summary(std::string_view group);

// One file in commands/ each.
Result<int> run_password(Context& context, const Settings& settings);
Result<int> run_token(Context& context, const Settings& settings);
Result<int> run_refresh(Context& context, const Settings& settings);
Result<int> run_exec(Context& context, const Settings& settings);
Result<int> run_client_credentials(Context& context, const Settings& settings);
Result<int> run_batch(Context& context, const Settings& settings);
Result<int> run_assertion(Context& context, const Settings& settings);
Result<int> run_dpop_proof(Context& context, const Settings& settings);
Result<int> run_request(Context& context, const Settings& settings);
Result<int> run_introspect(Context& context, const Settings& settings);
Result<int> run_revoke(Context& context, const Settings& settings);
Result<int> run_list(Context& context, const Settings& settings);
Result<int> run_show(Context& context, const Settings& settings);
Result<int> run_forget(Context& context, const Settings& settings);
Result<int> run_discover(Context& context, const Settings& settings);
Result<int> run_doctor(Context& context, const Settings& settings);
Result<int> run_store_move(Context& context, const Settings& settings);
Result<int> run_profile_set(Context& context, const Settings& settings);
Result<int> run_profile_list(Context& context, const Settings& settings);
Result<int> run_profile_show(Context& context, const Settings& settings);
Result<int> run_profile_remove(Context& context, const Settings& settings);
Result<int> run_completion(Context& context, const Settings& settings);

}  // namespace oauth_token::cli
