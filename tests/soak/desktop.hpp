#pragma once

#include "calls.hpp"
#include "chance.hpp"
#include "window.hpp"
#include "worker.hpp"

#include <oauth_token/interactive_token_source.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token_client.hpp>
#include <oauth_token/token_source.hpp>
#include <oauth_token/token_store.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/types.h>

/// Where the tokens come from and go to, as soak.py says.
struct Surroundings {
  double per_second = 1;                                 ///< things that somebody does
  std::string state_folder = {};                         ///< of the sessions
  oauth_token::ClientSettings client = {};               ///< at the server with the faults
  std::optional<oauth_token::ClientSettings> real = {};  ///< at a real server, with the next two
  std::string real_username = {};
  std::string real_password = {};
  std::chrono::milliseconds timeout{2'000};
};

/// An application as people have it on their desktop, whose users do everything at once: many requests,
/// accounts with a sign-in dialog, guests who sign in and out again, what is cancelled or closed half-way.
class Desktop {
 public:
  Desktop(Window& window, Calls& calls, Surroundings surroundings, std::uint64_t seed);

  /// Does something at random from now on; the first time, everything once before that.
  void work();
  /// Begins nothing new.
  void rest();
  /// Nothing is under way.
  [[nodiscard]] bool is_quiet() const;
  /// Destroys every object of the library; `work` makes them anew.
  void close();
  /// How often each thing was done.
  [[nodiscard]] nlohmann::json done() const;
  /// Guests whose session could not be removed so far.
  [[nodiscard]] std::size_t guests() const { return guests_.size(); }
  void forget_guest();
  /// A child that tries what the library promises there: while it is closed, that new objects work.
  void fork();
  /// What the children found wrong.
  [[nodiscard]] long bad_children() const { return bad_children_; }

 private:
  /// A session that one asks for tokens through two objects.
  struct Account {
    std::string name;
    std::string store;
    bool is_real = false;
    std::unique_ptr<oauth_token::InteractiveTokenSource> interactive = {};
    Gone interactive_gone = not_gone();
    std::shared_ptr<oauth_token::TokenSource> source = {};
    Gone source_gone = not_gone();
    int waiting = 0;
  };
  struct Deed {
    int weight;
    std::string_view name;
    void (Desktop::*does)();
  };

  void open();
  void next();
  void begin(std::size_t deed);
  void open_client();
  void open_interactive(Account& account);
  void open_source(Account& account);
  [[nodiscard]] oauth_token::SessionOptions session_options(const std::string& store, bool is_real) const;
  [[nodiscard]] oauth_token::SessionRecord wanted(const std::string& name, const std::string& store,
                                                  bool is_real) const;
  void ask(bool is_real, const oauth_token::SignInQuestion& question,
           std::function<void(oauth_token::Result<oauth_token::SignInAnswer>)> answer);
  [[nodiscard]] oauth_token::TokenSourceOptions any_options();
  std::stop_token perhaps_stopped(double probability, int milliseconds);
  Account& any_account();
  oauth_token::Grant any_grant();

  void request();
  void request_many();
  void introspect_or_revoke();
  void ask_account();
  void ask_source();
  void ask_and_wait();
  void sign_out();
  void welcome_or_forget_guest();
  void welcome_guest();
  void await_child(pid_t child);
  void replace_client();
  void replace_interactive();
  void replace_source();

  static const std::array<Deed, 12> deeds;

  Window& window_;
  Calls& calls_;
  Surroundings surroundings_;
  Chance chance_;
  Worker worker_ = {};
  std::shared_ptr<oauth_token::TokenStore> own_store_ = {};
  std::shared_ptr<oauth_token::TokenClient> client_ = {};
  Gone client_gone_ = not_gone();
  std::vector<Account> accounts_ = {};
  std::vector<std::string> guests_ = {};
  std::array<long, 12> counts_ = {};
  int next_guest_ = 0;
  int children_ = 0;
  long bad_children_ = 0;
  bool is_open_ = false;
  bool has_begun_ = false;
  bool works_ = false;
};
