#include "batch/user_list.hpp"
#include "protocol/client_assertion.hpp"
#include "support/sanitized.hpp"

#include <oauth_token/http.hpp>
#include <oauth_token/json.hpp>
#include <oauth_token/token_client.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>
#include <malloc.h>
#include <unistd.h>

using namespace oauth_token;

// Every heap block of this program is searched for pieces of the secrets below at the moment it is given
// back.

namespace {

constexpr std::size_t piece = 8;
constexpr std::array<std::string_view, 6> secrets{"Zq7vKx2mLw9TpRb4Yc",    "at.Hn3bVq8sXd1FgJ6kWz.sig",
                                                  "rt-Pm5cTy0uBe7NaRi4Ox", "id.Gs2hDl9wCf6KvQ1zUj.sig",
                                                  "ds_Bx8nMw3rEt5YpLa7Hk", "cs:Jf4gVb6mZc9XsQd2Lo"};

std::atomic<bool> watching{false};
std::atomic<std::uintptr_t> found{0};

bool is_piece_of_a_secret(const char* bytes) noexcept {
  for (const std::string_view secret : secrets)
    for (std::size_t i = 0; i + piece <= secret.size(); ++i)
      if (std::memcmp(bytes, secret.data() + i, piece) == 0) return true;
  return false;
}

// May neither allocate nor throw.
void inspect(void* block) noexcept {
  if (block == nullptr || !watching.load(std::memory_order_relaxed)) return;
  const char* const bytes = static_cast<const char*>(block);
  const std::size_t size = ::malloc_usable_size(block);
  for (std::size_t i = 0; i + piece <= size; ++i)
    if (is_piece_of_a_secret(bytes + i)) {
      found.fetch_add(1, std::memory_order_relaxed);
      return;
    }
}

}  // namespace

#ifdef SANITIZED
// The sanitizer has a free() of its own; whatever C++ code gives back still passes here.
void* operator new(std::size_t size) {
  if (void* const block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  inspect(block);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  inspect(block);
  std::free(block);
}
#else
extern "C" {
void __libc_free(void* block);
void* __libc_realloc(void* block, std::size_t size);

__attribute__((visibility("default"))) void free(void* block) {
  inspect(block);
  __libc_free(block);
}
__attribute__((visibility("default"))) void* realloc(void* block, std::size_t size) {
  inspect(block);
  return __libc_realloc(block, size);
}
}
#endif

namespace {

struct Watch {
  Watch() {
    found = 0;
    watching = true;
  }
  ~Watch() { watching = false; }
  static std::uintptr_t hits() {
    watching = false;
    return found;
  }
};

constexpr std::string_view success_body =
    R"({"access_token":"at.Hn3bVq8sXd1FgJ6kWz.sig","token_type":"bearer","expires_in":"3600",)"
    R"("refresh_token":"rt-Pm5cTy0uBe7N\u0061Ri4Ox","id_token":"id.Gs2hDl9wCf6KvQ1zUj.sig","scope":"a b",)"
    R"("device_secret":"ds_Bx8nMw3rEt5YpLa7Hk","list":[{"again":"ds_Bx8nMw3rEt5YpLa7Hk"}]})";

struct Served {
  int status;
  std::string_view type;
  std::string_view body;
  bool lenient = false;
};

Result<Token> ask(const Served& served, Grant grant, ClientAuthentication authentication) {
  TokenClientOptions options{.token_endpoint = "https://as.example/token",
                             .authentication = std::move(authentication),
                             .lenient = served.lenient};
  options.transport = [served](const HttpRequest& request, std::stop_token) -> Result<HttpResponse> {
    CHECK_FALSE(describe(request).empty());
    HttpResponse response{.status = served.status, .headers = {}, .body = Secret(served.body)};
    response.headers.push_back({"Content-Type", std::string(served.type)});
    CHECK_FALSE(describe(response, request).empty());
    CHECK_FALSE(describe(response).empty());
    return response;
  };
  return TokenClient(std::move(options)).request(std::move(grant));
}

Grant password() {
  return PasswordGrant{.username = "alice", .password = Secret(secrets[0]), .scope = {"a"}};
}

// So that no compiler spares the allocation.
void use(const std::string& text) { asm volatile("" : : "r"(text.data()) : "memory"); }

}  // namespace

TEST_CASE("the search sees a secret that is left behind") {
  const Watch watch;
  {
    const std::string leak(secrets[1]);
    use(leak);
  }
  CHECK(Watch::hits() == 1);
}

TEST_CASE("the search sees a piece of eight bytes") {
  const Watch watch;
  {
    const std::string leak = std::string(100, ' ') + std::string(secrets[2].substr(7, piece)) + "tail";
    use(leak);
  }
  CHECK(Watch::hits() == 1);
}

TEST_CASE("nothing of a token is left on the heap once its owner is gone") {
  const Watch watch;
  {
    const auto token = ask({200, "application/json", success_body}, password(),
                           ClientSecretBasic{"app", Secret(secrets[5])});
    REQUIRE(token);
    CHECK(token->access_token.expose() == secrets[1]);
    CHECK(token->refresh_token.expose() == secrets[2]);
    CHECK(token->id_token.expose() == secrets[3]);
    CHECK(token->extra.size() > 2 * secrets[4].size());
  }
  CHECK(Watch::hits() == 0);
}

TEST_CASE("nothing is left of an answer in a form, when it is taken leniently") {
  const Watch watch;
  {
    const auto token =
        ask({200, "text/plain", "access_token=at.Hn3bVq8sXd1FgJ6kWz.sig&refresh_token=rt-Pm5cTy0uBe7NaRi4Ox",
             true},
            password(), ClientSecretPost{"app", Secret(secrets[5])});
    REQUIRE(token);
  }
  CHECK(Watch::hits() == 0);
}

TEST_CASE("nothing is left of what an answer that is refused held or repeated") {
  constexpr std::array<Served, 9> answers{{
      {400, "application/json",
       R"({"error":"invalid_grant","error_description":"no Zq7vKx2mLw9TpRb4Yc","Zq7vKx2mLw9TpRb4Yc":["cs:Jf4gVb6mZc9XsQd2Lo"]})"},
      {200, "application/json", R"({"access_token":"at.Hn3bVq8sXd1FgJ6kWz.sig","error":"invalid_scope"})"},
      {200, "application/json",
       R"({"access_token":"at.Hn3bVq8sXd1FgJ6kWz.sig","refresh_token":"rt-Pm5cTy0uBe7NaRi4Ox"})"},
      {200, "application/json", R"({"access_token":"at.Hn3bVq8sXd1FgJ6kWz.sig)"},
      {200, "application/json", R"({"access_token":"at.Hn3bVq8sXd1FgJ6kWz.sig" "x":1})"},
      {200, "application/json", R"({"a":"at.Hn3bVq8sXd1FgJ6kWz.sig","a":"rt-Pm5cTy0uBe7NaRi4Ox"})"},
      {200, "text/html", R"({"access_token":"at.Hn3bVq8sXd1FgJ6kWz.sig","token_type":"Bearer"})"},
      {500, "text/html", "<html>Zq7vKx2mLw9TpRb4Yc</html>"},
      {200, "application/json",
       R"({"access_token":"at.Hn3bVq8sXd1FgJ6kWz.sig\u0001","token_type":"Bearer"})"},
  }};
  for (const Served& answer : answers) {
    CAPTURE(answer.body.size());
    const Watch watch;
    {
      const auto token = ask(answer, password(), ClientSecretPost{"app", Secret(secrets[5])});
      REQUIRE_FALSE(token);
    }
    CHECK(Watch::hits() == 0);
  }
}

TEST_CASE("nothing is left of a refresh token and of an assertion that is refused") {
  const Watch watch;
  {
    const ReadyMadeAssertion bad{
        .client_id = "app", .assertion = [](std::stop_token) { return Result<Secret>(Secret(secrets[3])); }};
    const auto token = ask({200, "application/json", success_body},
                           RefreshTokenGrant{.refresh_token = Secret(secrets[2])}, bad);
    REQUIRE_FALSE(token);
    CHECK(token.error().error_class == ErrorClass::config);
  }
  CHECK(Watch::hits() == 0);
}

TEST_CASE("nothing is left of a list of users whose first line is missing") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  REQUIRE(::write(ends[1], "alice,", 6) == 6);
  REQUIRE(::write(ends[1], secrets[0].data(), secrets[0].size()) > 0);
  REQUIRE(::write(ends[1], "\n", 1) == 1);
  ::close(ends[1]);
  const Watch watch;
  {
    cli::UserList users(ends[0]);
    REQUIRE(users.read());
    CHECK_FALSE(users.next());
  }
  CHECK(Watch::hits() == 0);
  ::close(ends[0]);
}
