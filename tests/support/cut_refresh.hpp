#pragma once

// A stored session whose renewals are cut at each byte: what it is afterwards, and what its record says.

#include "cutting_server.hpp"
#include "own_certificate.hpp"
#include "session_world.hpp"

#include <cstddef>
#include <cstdlib>
#include <deque>
#include <set>
#include <string>
#include <utility>

class CutSession {
 public:
  explicit CutSession(bool tls)
      : server_(tls ? certificate_.context() : nullptr,
                [this](const std::string& request) { return answer(request); }) {
    world_.server.forgives = true;  // else a session would be over with the first answer that is lost
    world::write(ca_file_, certificate_.pem());
    sign_in();
    renew_whole();
    generation_ = world_.record().generation;
  }

  /// Renews once, with the first connections cut; false when the exchange was over before that.
  bool renew(const std::deque<Cut>& cuts) {
    const std::string half = world::content(world_.half_file());
    server_.cut(cuts);
    const auto token = ask();
    const auto served = server_.take_served();
    CHECK(served.size() <= 2);
    CHECK(token.has_value() == (!served.empty() && served.back().answer_sent));
    if (token) {
      is_unanswered_ = false;
      ++generation_;
    } else {
      const world::Error& error = token.error();
      CHECK_MESSAGE(error.error_class == world::ErrorClass::network, world::shown(error));
      for (const Served& one : served)
        if (one.request_bytes > 0) CHECK(error.sent != world::Sent::no);
      const bool is_kept = world::content(world_.half_file()) != half;
      // The refresh token had come, what is behind it had not.
      if (is_kept) CHECK(served.back().head_sent);
      is_unanswered_ = !is_kept && (is_unanswered_ || error.sent != world::Sent::no);
      generation_ += is_kept ? 1 : 0;
      CHECK(error.retry_safe == (error.sent == world::Sent::no));
    }
    check_record(!token);
    return served.front().was_cut;
  }

  /// Renews without a cut: nothing was lost.
  void renew_whole() {
    server_.cut({});
    const auto token = ask();
    REQUIRE_MESSAGE(token.has_value(), world::value(token));
    CHECK(world::value(token) == "at-" + std::to_string(world_.server.state().current));
    CHECK(world_.server.state().reused == 0);
    server_.take_served();
    is_unanswered_ = false;
    ++generation_;
  }

 private:
  // The server is busy with this connection until it is gone.
  void sign_in() {
    world::SessionRecord wanted;
    wanted.name = "work";
    wanted.client.token_endpoint = server_.url();
    wanted.client.client_id = "app";
    wanted.client.ca_file = ca_file_;
    wanted.client.proxy = "";
    auto prepared = world::SignIn::prepare(wanted, false, options());
    REQUIRE_MESSAGE(prepared.has_value(), (prepared ? "" : prepared.error().message));
    REQUIRE(world::value(prepared->request(world::World::grant())) == "at-1");
  }

  [[nodiscard]] world::SessionOptions options() {
    world::SessionOptions options;
    options.state_folder = world_.state;
    options.store = world_.store;
    options.refresh_timeout = std::chrono::seconds(20);
    return options;
  }

  // The source is gone afterwards, and with it the connection.
  world::Result<world::Token> ask() {
    return world::TokenSource(world::Session::open("work", options()))
        .token({.renew_now = true, .force = true});
  }

  std::pair<std::string, std::string> answer(const std::string& request) {
    const auto response = world_.server.transport()(
        {.url = "/token", .body = world::Secret(request.substr(request.find("\r\n\r\n") + 4))}, {});
    const std::string body(response->body.expose());
    return {CuttingServer::head(body, std::to_string(response->status) + " X"), body};
  }

  void check_record(bool has_failed) const {
    const world::SessionRecord record = world_.record();
    CHECK(record.generation == generation_);
    CHECK(record.dead_generation == 0);
    CHECK((record.failure ? record.failure->error_class : "") == (has_failed ? "network" : ""));
    const auto leftover = world::SessionFolder::open(world_.state).value().leftover(record);
    REQUIRE(leftover.has_value());
    CHECK(leftover->unanswered_since.has_value() == is_unanswered_);
    CHECK_FALSE(leftover->unstored);
    CHECK(litter() == "");
  }

  // What nobody will ever read or take away.
  [[nodiscard]] std::string litter() const {
    const std::string id = world_.record().id;
    const std::set<std::string> kept = {"work.json",  "name-work.lock", id,
                                        id + ".lock", id + ".next",     id + ".journal",
                                        "ca.pem",     "server",         "server.lock"};
    std::string names;
    for (const auto& entry : world::fs::recursive_directory_iterator(world_.folder.path))
      if (!entry.is_directory() && kept.count(entry.path().filename().string()) == 0)
        names += entry.path().string() + " ";
    return names;
  }

  // A renewal syncs its files, which costs nothing in memory.
  struct Memory {
    Memory() {
      if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 1);
    }
  };

  Memory memory_;
  world::World world_;
  OwnCertificate certificate_;
  std::string ca_file_ = world_.folder.path + "/ca.pem";
  CuttingServer server_;
  std::uint64_t generation_ = 0;
  bool is_unanswered_ = false;
};

/// Cuts at each byte, for the sanitizers at each third; `times`: how many connections of a renewal, 2 being
/// all that there are.
inline void cut_each_byte(bool tls, Cut::Side side, bool by_reset, std::size_t times) {
  CutSession session(tls);
  std::size_t cuts = 0;
  for (;; ++cuts) {
    CAPTURE(tls);
    CAPTURE(by_reset);
    CAPTURE(times);
    CAPTURE((side == Cut::Side::to_client));
    CAPTURE(cuts);
    const Cut cut{.side = side, .offset = cuts * cut_step, .by_reset = by_reset};
    if (!session.renew(std::deque<Cut>(times, cut))) break;
    if (cuts % 16 == 0) session.renew_whole();
  }
  session.renew_whole();
  MESSAGE(std::string(tls ? "https, " : "http, ")
          << std::string(side == Cut::Side::to_client ? "answer, " : "request, ")
          << std::string(by_reset ? "RST, " : "FIN, ") << times << " times: " << cuts << " cuts");
  CHECK(cuts > 150 / cut_step);
}
