#include "desktop.hpp"

#include <oauth_token/secret.hpp>

#include <stdexcept>
#include <utility>

using namespace oauth_token;
using std::chrono::milliseconds;

namespace {

const std::string file_key = "base64:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

}  // namespace

const std::array<Desktop::Deed, 12> Desktop::deeds = {{
    {300, "requests", &Desktop::request},
    {5, "bursts of 50 requests", &Desktop::request_many},
    {100, "introspections and revocations", &Desktop::introspect_or_revoke},
    {250, "tokens through a dialog", &Desktop::ask_account},
    {250, "tokens of a source", &Desktop::ask_source},
    {100, "tokens waited for on a thread", &Desktop::ask_and_wait},
    {20, "sign-outs", &Desktop::sign_out},
    {60, "guests, come or gone", &Desktop::welcome_or_forget_guest},
    {5, "forks", &Desktop::fork},
    {5, "clients replaced", &Desktop::replace_client},
    {10, "dialogs replaced", &Desktop::replace_interactive},
    {20, "sources replaced", &Desktop::replace_source},
}};

Desktop::Desktop(Window& window, Calls& calls, Surroundings surroundings, std::uint64_t seed)
    : window_(window), calls_(calls), surroundings_(std::move(surroundings)), chance_(seed) {}

void Desktop::work() {
  open();
  works_ = true;
  if (!std::exchange(has_begun_, true))
    for (std::size_t i = 0; i < deeds.size(); ++i) begin(i);
  next();
}

void Desktop::rest() { works_ = false; }

bool Desktop::is_quiet() const { return calls_.open == 0 && worker_.is_idle() && children_ == 0; }

void Desktop::close() {
  for (auto& account : accounts_) {
    *account.interactive_gone = *account.source_gone = true;
    account.interactive.reset();
    account.source.reset();
  }
  accounts_.clear();
  *client_gone_ = true;
  client_.reset();
  own_store_.reset();
  is_open_ = false;
}

nlohmann::json Desktop::done() const {
  nlohmann::json out;
  for (std::size_t i = 0; i < deeds.size(); ++i) out[std::string(deeds.at(i).name)] = counts_.at(i);
  return out;
}

void Desktop::open() {
  if (std::exchange(is_open_, true)) return;
  own_store_ = make_memory_store();
  open_client();
  accounts_.push_back({.name = "work", .store = "keyring"});
  accounts_.push_back({.name = "home", .store = "file"});
  accounts_.push_back({.name = "own", .store = "own"});
  if (surroundings_.real) accounts_.push_back({.name = "real", .store = "keyring", .is_real = true});
  for (auto& account : accounts_) {
    open_interactive(account);
    open_source(account);
  }
}

void Desktop::next() {
  window_.after(chance_.until_next(surroundings_.per_second), [this] {
    if (!works_) return;
    int at = 0;
    for (const auto& deed : deeds) at += deed.weight;
    at = chance_.below(at);
    std::size_t which = 0;
    while ((at -= deeds.at(which).weight) >= 0) ++which;
    begin(which);
    next();
  });
}

void Desktop::begin(std::size_t deed) {
  ++counts_.at(deed);
  (this->*deeds.at(deed).does)();
}

void Desktop::open_client() {
  client_gone_ = not_gone();
  const auto& at = surroundings_.client;
  client_ = std::make_shared<TokenClient>(
      TokenClientOptions{.token_endpoint = at.token_endpoint,
                         .introspection_endpoint = at.introspection_endpoint,
                         .revocation_endpoint = at.revocation_endpoint,
                         .authentication = NoAuthentication{at.client_id},
                         .timeout = surroundings_.timeout,
                         .transport_options = {.ca_file = at.ca_file, .proxy = at.proxy},
                         .executor = chance_.of(0.5) ? window_.executor() : Executor()});
}

SessionOptions Desktop::session_options(const std::string& store, bool is_real) const {
  SessionOptions options{.state_folder = surroundings_.state_folder};
  if (store == "own") options.store = own_store_;
  if (store == "file") options.file.key = Secret(file_key);
  options.client.timeout = is_real ? milliseconds(20'000) : surroundings_.timeout;
  options.refresh_timeout = options.client.timeout;
  return options;
}

SessionRecord Desktop::wanted(const std::string& name, const std::string& store, bool is_real) const {
  SessionRecord record{.name = name, .store = store};
  record.client = is_real ? *surroundings_.real : surroundings_.client;
  record.username = is_real ? surroundings_.real_username : "alice";
  return record;
}

void Desktop::open_interactive(Account& account) {
  account.interactive_gone = not_gone();
  account.waiting = 0;
  SignInOptions options{.wanted = wanted(account.name, account.store, account.is_real),
                        .replace = true,
                        .session = session_options(account.store, account.is_real),
                        .executor = window_.executor()};
  account.interactive = std::make_unique<InteractiveTokenSource>(
      std::move(options), [this, is_real = account.is_real](const SignInQuestion& question, auto answer) {
        ask(is_real, question, std::move(answer));
      });
}

// There may be no session yet: the source says so whenever it is asked.
void Desktop::open_source(Account& account) {
  account.source_gone = not_gone();
  account.source = std::make_shared<TokenSource>(
      Session::open(account.name, session_options(account.store, account.is_real)),
      chance_.of(0.5) ? window_.executor() : Executor());
}

void Desktop::ask(bool is_real, const SignInQuestion& question,
                  std::function<void(Result<SignInAnswer>)> answer) {
  const int what = is_real ? 0 : chance_.below(20);
  if (what == 19) throw std::runtime_error("no dialog");
  SignInAnswer typed{.username = question.username,
                     .password = Secret(is_real      ? surroundings_.real_password
                                        : what == 18 ? "wrong"
                                                     : "secret")};
  window_.after(chance_.up_to(50),
                [what, answer = std::move(answer),
                 typed = std::make_shared<SignInAnswer>(std::move(typed))] {  // a function is copyable
                  if (what == 16) return;                                     // given up
                  if (what == 17)
                    answer(fail(ErrorClass::interrupted, "The screen was locked."));
                  else
                    answer(std::move(*typed));
                });
}
