// A program of another language, as far as the library sees it: all goes through the C API. What the memory
// scan looks into.

#include <oauth_token/oauth_token.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

#include <sys/mman.h>
#include <unistd.h>

namespace {

using Error = oauth_token_error*;

// Secrets of ours, in memory that nothing else has.
struct Page {
  static constexpr std::size_t size = 4096;
  char* text =
      static_cast<char*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  std::size_t length = 0;

  explicit Page(const char* descriptor) {
    for (;;) {
      const ssize_t count = ::read(std::atoi(descriptor), text + length, size - length);
      if (count <= 0) return;
      length += static_cast<std::size_t>(count);
    }
  }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  ~Page() { wipe(); }
  void wipe() {
    ::explicit_bzero(text, size);
    length = 0;
  }
};

// "ok", or the class of the error.
void tell(const char* step, Error error) {
  if (error != nullptr) std::fprintf(stderr, "%s: %s\n", step, oauth_token_error_message(error));
  std::printf("{\"step\":\"%s\",\"class\":\"%s\"}\n", step,
              error == nullptr ? "ok" : oauth_token_error_class(error));
  std::fflush(stdout);
  oauth_token_error_free(error);
}

void require(int done, Error error) {
  if (done == 0) return;
  tell("settings", error);
  std::_Exit(1);
}

struct Settings {
  oauth_token_settings* handle = oauth_token_settings_new();

  void set(const char* name, const std::string& value) const {
    Error error = nullptr;
    require(oauth_token_settings_set(handle, name, value.c_str(), &error), error);
  }
  void set_secret(const char* name, const Page& value) const {
    Error error = nullptr;
    require(oauth_token_settings_set_secret(handle, name, value.text, value.length, &error), error);
  }
};

oauth_token_request* request(const Page* password) {
  Error error = nullptr;
  oauth_token_request* const made = oauth_token_request_new("password");
  require(oauth_token_request_add(made, "username", "alice", &error), error);
  if (password != nullptr)
    require(oauth_token_request_add_secret(made, "password", password->text, password->length, &error),
            error);
  return made;
}

/// Cancels after so many milliseconds; 0: never.
class Cancel {
 public:
  explicit Cancel(int after) {
    if (after > 0)
      thread_ = std::jthread([this, after] {
        std::this_thread::sleep_for(std::chrono::milliseconds(after));
        oauth_token_cancel_now(handle_);
      });
  }
  Cancel(const Cancel&) = delete;
  Cancel& operator=(const Cancel&) = delete;
  ~Cancel() {
    if (thread_.joinable()) thread_.join();
    oauth_token_cancel_free(handle_);
  }
  [[nodiscard]] oauth_token_cancel* handle() const { return handle_; }

 private:
  oauth_token_cancel* handle_ = oauth_token_cancel_new();
  std::jthread thread_ = {};
};

// One token for the caller to keep.
void as_client(const Settings& settings, Page& password, int cancel_after) {
  const Cancel cancel(cancel_after);
  Error error = nullptr;
  oauth_token_client* const client = oauth_token_client_new(settings.handle, nullptr, &error);
  oauth_token_request* const wanted = request(&password);
  password.wipe();
  oauth_token_token_free(oauth_token_client_request(client, wanted, cancel.handle(), &error));
  tell("request", error);
  oauth_token_request_free(wanted);
  oauth_token_client_free(client);
}

// Signs in and renews; with `pauses`, says "held" after each step and waits for a byte.
void as_session(const Settings& settings, Page& password, int cancel_after, bool pauses) {
  const auto pause = [pauses] {
    char byte = 0;
    if (!pauses) return;
    std::puts("held");
    std::fflush(stdout);
    (void)!::read(STDIN_FILENO, &byte, 1);
  };
  Error error = nullptr;
  oauth_token_request* const known = request(nullptr);
  oauth_token_sign_in* const sign_in =
      oauth_token_sign_in_prepare(settings.handle, "probe", known, 0, nullptr, &error);
  if (error != nullptr) return tell("prepare", error);
  oauth_token_request* const wanted = request(&password);
  password.wipe();
  {
    const Cancel cancel(cancel_after);
    oauth_token_token_free(oauth_token_sign_in_request(sign_in, wanted, cancel.handle(), &error));
  }
  const bool is_in = error == nullptr;
  tell("sign-in", error);
  pause();
  oauth_token_sign_in_free(sign_in);
  oauth_token_request_free(wanted);
  oauth_token_request_free(known);
  if (!is_in) return;

  error = nullptr;
  oauth_token_session* const session = oauth_token_session_open(settings.handle, "probe", &error);
  const Cancel cancel(-cancel_after);
  oauth_token_token_free(oauth_token_session_token(session, -1, OAUTH_TOKEN_RENEW_NOW | OAUTH_TOKEN_FORCE,
                                                   cancel.handle(), &error));
  tell("renewal", error);
  pause();
  oauth_token_session_free(session);
}

}  // namespace

// Arguments: "client", "session" or "pauses", URL, CA file, method, timeout in seconds and time to cancel in
// milliseconds (0: never; below: of the renewal), a folder, and the descriptors of password, client secret
// and store key.
int main(int, char** argv) {
  const std::string_view way = argv[1];
  Settings settings;
  {
    Page client_secret(argv[9]);
    Page store_key(argv[10]);
    for (const auto& [name, value] : {std::pair<const char*, std::string>{"token-endpoint", argv[2]},
                                      {"cacert", argv[3]},
                                      {"client-auth", argv[4]},
                                      {"timeout", argv[5]},
                                      {"refresh-timeout", argv[5]},
                                      {"client-id", "app"},
                                      {"proxy", ""},
                                      {"store", "file"},
                                      {"state-folder", argv[7]}})
      settings.set(name, value);
    settings.set_secret("client-secret", client_secret);
    settings.set_secret("store-key", store_key);
  }
  Page password(argv[8]);
  const int cancel_after = std::atoi(argv[6]);
  if (way == "client")
    as_client(settings, password, cancel_after);
  else
    as_session(settings, password, cancel_after, way == "pauses");
  oauth_token_settings_free(settings.handle);
  std::puts("held");
  std::fflush(stdout);
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
}
