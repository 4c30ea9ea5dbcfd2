#include "base/base64.hpp"
#include "protocol/dpop_proof.hpp"
#include "support/session_world.hpp"

#include <oauth_token/json.hpp>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

namespace dpop_session_test {

using namespace world;

// Sessions whose tokens are bound to a key (RFC 9449).

namespace {

std::string decoded(std::string_view part) {
  SecretBuffer out;
  REQUIRE(append_base64_decoded(out, part, Base64::url));
  return std::string(out.expose());
}

struct Proof {
  std::string jwk, nonce, ath;
};

Proof read_proof(std::string_view jwt) {
  const auto dot = jwt.find('.');
  const auto header = json::parse(Secret(decoded(jwt.substr(0, dot))));
  const auto claims = json::parse(Secret(decoded(jwt.substr(dot + 1, jwt.rfind('.') - dot - 1))));
  REQUIRE(header);
  REQUIRE(claims);
  json::Writer jwk;
  jwk.value(header->root()["jwk"]);
  return {.jwk = std::string(jwk.expose()),
          .nonce = std::string(claims->root()["nonce"].text().value_or("")),
          .ath = std::string(claims->root()["ath"].text().value_or(""))};
}

// The world's server, issuing bound tokens.
struct BoundWorld : World {
  std::vector<Proof> proofs = {};
  std::string token_type = "DPoP";
  std::string nonce = {};  // that it wants
  std::function<void()> at_request = [] {};
  DpopUse use = DpopUse::required;
  std::string key_file = {};

  Transport binding() {
    return [this, inner = server.transport()](const HttpRequest& request,
                                              std::stop_token stop) -> Result<HttpResponse> {
      Proof proof;
      for (const HttpHeader& header : request.headers)
        if (header.name == "DPoP") proof = read_proof(header.value);
      proofs.push_back(proof);
      at_request();
      if (!nonce.empty() && proof.nonce != nonce) {
        HttpResponse refusal = Server::json(400, R"({"error":"use_dpop_nonce"})");
        refusal.headers.push_back({"DPoP-Nonce", nonce});
        return refusal;
      }
      auto response = inner(request, std::move(stop));
      if (!response) return response;
      std::string text(response->body.expose());
      if (const auto at = text.find("Bearer"); at != std::string::npos) text.replace(at, 6, token_type);
      response->body = Secret(text);
      return response;
    };
  }

  SessionOptions bound_options() {
    SessionOptions given = options();
    given.client.decorate = [this](const Transport&) { return binding(); };
    return given;
  }

  SessionRecord bound(const std::string& name = "work") const {
    SessionRecord record = wanted(name);
    record.client.dpop = {.use = use, .key = key_file};
    return record;
  }

  Result<Token> sign_in_bound(const std::string& password = "secret", bool replace = false) {
    auto prepared = SignIn::prepare(bound(), replace, bound_options());
    if (!prepared) return fail(std::move(prepared.error()));
    return prepared->request(grant(password));
  }

  TokenSource bound_source() { return TokenSource(Session::open("work", bound_options())); }

  [[nodiscard]] std::string stored() const { return everything_in(folder.path + "/store"); }
  [[nodiscard]] int items() const {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path + "/store")) ++count;
    return count;
  }
  [[nodiscard]] bool has_note() const { return fs::exists(state + "/signing-in/work"); }
  void remove_key() const {
    std::string text = content(half_file());
    const auto at = text.find(",\"dpop_key\":");
    REQUIRE(at != std::string::npos);
    write(half_file(), text.erase(at, text.rfind('}') - at));
  }
};

}  // namespace

TEST_CASE("the key is in the store before the first request, and the tokens join it there") {
  BoundWorld world;
  world.at_request = [&] {
    CHECK(world.items() == 1);
    CHECK(world.stored().find("dpop_key") != std::string::npos);
    CHECK(world.has_note());
    CHECK_FALSE(fs::exists(world.state + "/sessions/work.json"));
  };
  CHECK(value(world.sign_in_bound()) == "at-1");
  CHECK(world.items() == 1);
  CHECK_FALSE(world.has_note());
  REQUIRE(world.proofs.size() == 1);
  const auto half = json::parse(Secret(content(world.half_file())));
  const auto key = SigningKey::parse(Secret(*half->root()["dpop_key"].text()), "The key");
  REQUIRE(key);
  CHECK(key->public_jwk() == world.proofs[0].jwk);
  CHECK(half->root()["refresh_token"].text() == std::string_view("rt-1"));
  CHECK(world.record().client.dpop.use == DpopUse::required);
  CHECK(content(world.state + "/sessions/work.json").find(R"("d":)") == std::string::npos);
}

TEST_CASE("a sign-in that fails leaves no key behind") {
  BoundWorld world;
  CHECK(value(world.sign_in_bound("wrong")).starts_with("credentials: "));
  CHECK(world.items() == 0);
  CHECK_FALSE(world.has_note());
  // At a prompt, the next try has its key stored again.
  auto prepared = SignIn::prepare(world.bound(), false, world.bound_options());
  CHECK_FALSE(prepared->request(BoundWorld::grant("wrong")));
  world.at_request = [&] { CHECK(world.items() == 1); };
  CHECK(value(prepared->request(BoundWorld::grant())) == "at-1");
  CHECK(world.items() == 1);
}

TEST_CASE("a process that ends between key and answer leaves a key that the next sign-in goes on with") {
  BoundWorld world;
  const pid_t child = start([&] {
    world.at_request = [] { ::_exit(9); };
    return world.sign_in_bound() ? 0 : 1;
  });
  CHECK(end_of(child) == 9);
  CHECK(world.items() == 1);
  CHECK(world.has_note());
  const std::string left = world.stored();
  CHECK_FALSE(SessionFolder::open(world.state)->load("work").value().has_value());
  CHECK(value(world.sign_in_bound()) == "at-1");
  CHECK(world.items() == 1);
  CHECK_FALSE(world.has_note());
  CHECK(left.find("dpop_key") != std::string::npos);
  const auto at = left.find("\"dpop_key\":");
  CHECK(world.stored().find(left.substr(at, left.rfind('}') - at)) != std::string::npos);
}

TEST_CASE("signing in again keeps the key, the tokens meanwhile stay, and a plain session gets one") {
  BoundWorld world;
  REQUIRE(world.sign_in_bound());
  REQUIRE(world.sign_in_bound());
  CHECK(world.proofs[0].jwk == world.proofs[1].jwk);
  CHECK(value(world.sign_in_bound("wrong")).starts_with("credentials: "));
  CHECK(value(world.bound_source().token()) == "at-2");

  BoundWorld plain;
  plain.use = DpopUse::none;
  plain.token_type = "Bearer";
  REQUIRE(plain.sign_in_bound());
  plain.use = DpopUse::required;
  plain.token_type = "DPoP";
  CHECK_FALSE(plain.sign_in_bound("wrong"));
  CHECK(value(plain.source().token()) == "at-1");
  REQUIRE(plain.sign_in_bound());
  CHECK(plain.stored().find("dpop_key") != std::string::npos);
  CHECK(plain.items() == 1);
}

TEST_CASE("a session that takes another one's place has a key of its own") {
  BoundWorld world;
  REQUIRE(world.sign_in_bound());
  auto other = world.bound();
  other.client.client_id = "other";
  auto prepared = SignIn::prepare(other, true, world.bound_options());
  REQUIRE(prepared);
  REQUIRE(prepared->request(BoundWorld::grant()));
  CHECK(world.proofs[0].jwk != world.proofs[1].jwk);
  CHECK(world.items() == 1);
}

TEST_CASE("every renewal proves with the session's key and keeps it; the nonce is known from the last one") {
  BoundWorld world;
  world.nonce = "n-1";
  REQUIRE(world.sign_in_bound());
  CHECK(world.proofs.size() == 2);
  CHECK(world.record().dpop_nonce == "n-1");
  for (int i = 0; i < 3; ++i) CHECK(world.bound_source().token({.renew_now = true}));
  CHECK(world.proofs.size() == 5);
  world.nonce = "n-2";
  CHECK(world.bound_source().token({.renew_now = true}));
  CHECK(world.proofs.size() == 7);
  CHECK(world.record().dpop_nonce == "n-2");
  for (const Proof& proof : world.proofs) CHECK(proof.jwk == world.proofs[0].jwk);
  CHECK(world.server.state().reused == 0);
}

TEST_CASE("a nonce that is asked for after a cut connection is one more repetition of that sending") {
  BoundWorld world;
  REQUIRE(world.sign_in_bound());
  world.nonce = "n-1";
  std::atomic<int> cuts = 1;
  world.server.before_commit = fails(cuts, Sent::maybe, "closed");
  // Nonce, cut, and once more with the nonce that is known now.
  CHECK(value(world.bound_source().token({.renew_now = true})) == "at-2");
  CHECK(world.proofs.size() == 4);
}

TEST_CASE("a renewal in the journal alone brings the key back with it") {
  BoundWorld world;
  REQUIRE(world.sign_in_bound());
  const std::string before = content(world.half_file());
  int saves = 0;
  world.store->before = [&](std::string_view verb) -> std::optional<Error> {
    // The first one only proves that the store works.
    return verb == "save" && ++saves > 1 ? std::optional(store_failure()) : std::nullopt;
  };
  CHECK(value(world.bound_source().token({.renew_now = true})) == "at-2");
  world.store->before = {};
  CHECK(content(world.half_file()) == before);
  CHECK(value(world.bound_source().token({.renew_now = true})) == "at-3");
  CHECK(world.proofs[2].jwk == world.proofs[0].jwk);
}

TEST_CASE("a session that lost its key says so before anything is sent") {
  BoundWorld world;
  REQUIRE(world.sign_in_bound());
  world.remove_key();
  const auto token = world.bound_source().token({.renew_now = true});
  REQUIRE_FALSE(token);
  CHECK(token.error().error_class == ErrorClass::reauthenticate);
  CHECK(token.error().reason == "no-dpop-key");
  CHECK(world.proofs.size() == 1);
}

TEST_CASE("a key of the user's stays in its file") {
  BoundWorld world;
  const auto key = SigningKey::generate("ES256").value();
  world.key_file = world.folder.path + "/key.jwk";
  write(world.key_file, key.private_jwk()->expose());
  REQUIRE(world.sign_in_bound());
  CHECK(world.proofs[0].jwk == key.public_jwk());
  CHECK(world.stored().find("dpop_key") == std::string::npos);
  CHECK(world.record().client.dpop.key == world.key_file);
  REQUIRE(world.bound_source().token({.renew_now = true}));
  CHECK(world.proofs[1].jwk == key.public_jwk());
  CHECK(read_proof(
            world.bound_source().authorize({.method = "GET", .url = "https://api.example/"})->proof.expose())
            .jwk == key.public_jwk());
}

TEST_CASE("the key that signs client assertions is no key for DPoP") {
  BoundWorld world;
  world.key_file = world.folder.path + "/key.jwk";
  write(world.key_file, SigningKey::generate("ES256")->private_jwk()->expose());
  auto record = world.bound();
  record.client.assertion.key = world.key_file;
  const auto prepared = SignIn::prepare(record, false, world.bound_options());
  REQUIRE_FALSE(prepared);
  CHECK(prepared.error().error_class == ErrorClass::config);
  CHECK(prepared.error().message == "The key for DPoP is the one that signs the client's assertions.");
  CHECK(world.proofs.empty());
}

TEST_CASE("a plain token in answer to a renewal is refused, and its refresh token is kept") {
  BoundWorld world;
  REQUIRE(world.sign_in_bound());
  world.token_type = "Bearer";
  const auto token = world.bound_source().token({.renew_now = true});
  REQUIRE_FALSE(token);
  CHECK(token.error().error_class == ErrorClass::protocol);
  CHECK(token.error().reason == "dpop");
  CHECK(world.stored().find("rt-2") != std::string::npos);
  CHECK(world.stored().find("dpop_key") != std::string::npos);
  world.token_type = "DPoP";
  CHECK(value(world.bound_source().token({.renew_now = true, .force = true})) == "at-3");
  CHECK(world.server.state().reused == 0);
}

TEST_CASE("proofs for an API are for the session's token, renewed or not") {
  BoundWorld world;
  REQUIRE(world.sign_in_bound());
  const auto ath = [](std::string_view token) { return protocol::access_token_hash(Secret(token)).value(); };
  auto session = Session::open("work", world.bound_options()).value();
  const auto stored = session.dpop_proof({.method = "GET", .url = "https://api.example/"});
  REQUIRE(stored);
  CHECK(read_proof(stored->expose()).ath == ath("at-1"));
  CHECK(read_proof(stored->expose()).jwk == world.proofs[0].jwk);
  world.expire();
  TokenSource source = world.bound_source();
  for (int i = 0; i < 2; ++i) {
    const auto given = source.authorize({.method = "GET", .url = "https://api.example/", .nonce = "x"});
    REQUIRE(given);
    CHECK(given->token.access_token.expose() == "at-2");
    CHECK(read_proof(given->proof.expose()).ath == ath("at-2"));
    CHECK(read_proof(given->proof.expose()).nonce == "x");
  }
  CHECK(world.proofs.size() == 2);
  CHECK(to_string(source.authorize({.method = "GET", .url = "nowhere"}).error().error_class) == "usage");
  REQUIRE(session.revoke());
  CHECK(world.items() == 0);
}

TEST_CASE("tokens that are not bound get no proof") {
  World plain;
  plain.sign_in();
  auto session = Session::open("work", plain.options()).value();
  CHECK(to_string(session.dpop_proof({.method = "GET", .url = "https://api.example/"}).error().error_class) ==
        "config");
  BoundWorld optional;
  optional.use = DpopUse::optional;
  optional.token_type = "Bearer";
  REQUIRE(optional.sign_in_bound());
  auto unbound = Session::open("work", optional.bound_options()).value();
  CHECK(to_string(unbound.dpop_proof({.method = "GET", .url = "https://api.example/"}).error().error_class) ==
        "protocol");
  REQUIRE(unbound.introspect());
}

}  // namespace dpop_session_test
