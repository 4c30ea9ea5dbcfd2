// A login that does not freeze the window, with GTK 4: the session is kept in the desktop's keyring, renewed
// as long as the window is open, and withdrawn at the server on sign-out.
//   ./gtk4 issuer=https://as.example client_id=my-app [code=totp] [...]
#include <oauth_token/interactive_sign_in.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/text.hpp>
#include <oauth_token/token_source.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <gtk/gtk.h>

using namespace oauth_token;

/// Questions and results come in GTK's main loop: they may touch widgets.
static void in_main_loop(std::function<void()> work) {
  using Work = std::function<void()>;
  g_idle_add_once([](gpointer data) { (*std::unique_ptr<Work>(static_cast<Work*>(data)))(); },
                  new Work(std::move(work)));
}

static bool is_cancelled(const Error& error) { return error.error_class == ErrorClass::interrupted; }

static std::string words(const Error& error) {
  if (error.description.empty()) return error.message;
  const std::string said = escape_for_terminal(error.description);
  return error.message + " The server says: " + said + (said.ends_with('.') ? "" : ".");
}

enum class Page { waiting, question, failure, signed_in };

struct App {
  SessionRecord wanted = {};  // server and client, from the command line
  std::string code_name = {};
  GtkWidget *window = nullptr, *form = nullptr, *username = nullptr, *password = nullptr, *code = nullptr;
  GtkWidget *spinner = nullptr, *status = nullptr, *cancel = nullptr, *button = nullptr;
  Page page = Page::waiting;
  std::string text = {};  // what the status says,
  int seconds = 0;        // and since when
  std::stop_source stop = {};
  std::function<void(Result<SignInAnswer>)> answer = {};
  std::optional<InteractiveSignIn> sign_in = {};
  std::optional<TokenSource> source = {};

  // The session of the last time, if there is one with this server; else somebody has to sign in.
  void begin() {
    SessionOptions options;
    options.keyring.may_prompt = true;  // a person is here, who can unlock it
    auto session = Session::open(wanted.name, std::move(options));
    if (!session || !session->check_binding({.client = wanted.client})) return sign_in_anew();
    wanted.username = session->record().username;
    source.emplace(std::move(session), in_main_loop);
    show(Page::waiting, "Looking for the token");
    renew();
  }

  void sign_in_anew() {
    source.reset();
    wanted.username.clear();
    SignInOptions options{.wanted = wanted, .replace = true};
    options.session.keyring.may_prompt = true;
    options.executor = in_main_loop;
    if (!code_name.empty()) options.factors = {code_name};
    sign_in.emplace(std::move(options),
                    [this](const SignInQuestion& question, auto reply) { ask(question, reply); });
    show(Page::waiting, "Connecting");
    sign_in->run_async(stop.get_token(), [this](const Result<Token>& token) {
      if (token) return begin();
      if (!is_cancelled(token.error())) show(Page::failure, words(token.error()));
    });
  }

  // The button answers.
  void ask(const SignInQuestion& question, std::function<void(Result<SignInAnswer>)> reply) {
    answer = std::move(reply);
    show(Page::question, !question.refused
                             ? "Sign in at " + question.server + "."
                             : words(*question.refused) + " Attempt " + std::to_string(question.attempt) +
                                   " of " + std::to_string(question.attempts) + ".");
    gtk_editable_set_text(GTK_EDITABLE(username), question.username.c_str());
    gtk_widget_grab_focus(question.username.empty() ? username : password);
  }

  // Mostly it is the token that is there already. Before each request to an API, ask like this.
  void renew() {
    source->token_async({}, stop.get_token(), [this](const Result<Token>& token) {
      if (token) return show(Page::signed_in, "Signed in as " + wanted.username + "." + until(*token));
      if (token.error().error_class == ErrorClass::reauthenticate) return sign_in_anew();
      if (!is_cancelled(token.error())) show(Page::signed_in, words(token.error()));
    });
  }

  static std::string until(const Token& token) {
    if (!token.expires_at) return "";
    GDateTime* const end = g_date_time_new_from_unix_local(token.expires_at->time_since_epoch().count());
    gchar* const sentence = g_date_time_format(end, " The token is valid until %T.");
    std::string copy = sentence;
    g_free(sentence);
    g_date_time_unref(end);
    return copy;
  }

  void sign_out() {
    drop_requests();
    show(Page::waiting, "Signing out");
    source->revoke_async(stop.get_token(), [this](const Result<void>& done) {
      if (done) return sign_in_anew();
      if (!is_cancelled(done.error())) show(Page::signed_in, words(done.error()));
    });
  }

  void drop_requests() { std::exchange(stop, {}).request_stop(); }

  void clicked() {
    if (page == Page::signed_in) return sign_out();
    if (page == Page::failure) return begin();
    const auto take = [](GtkWidget* field) {
      Secret typed(gtk_editable_get_text(GTK_EDITABLE(field)));
      gtk_editable_set_text(GTK_EDITABLE(field), "");
      return typed;
    };
    SignInAnswer given{.username = gtk_editable_get_text(GTK_EDITABLE(username)), .password = take(password)};
    if (Secret typed = code != nullptr ? take(code) : Secret(); !typed.empty())
      given.factors.push_back({.name = code_name, .value = std::move(typed)});
    show(Page::waiting, "Signing in");
    answer(std::move(given));
  }

  void cancelled() {
    drop_requests();
    show(Page::failure, "Cancelled.");
  }

  void each_second() {
    ++seconds;
    if (page == Page::waiting) say(text + ", " + std::to_string(seconds) + " s");
    if (page == Page::signed_in && seconds == 3) renew();
  }

  void show(Page next, const std::string& sentence) {
    page = next;
    text = sentence;
    seconds = 0;
    gtk_widget_set_visible(form, page != Page::signed_in);
    gtk_widget_set_sensitive(form, page == Page::question);
    gtk_widget_set_visible(spinner, page == Page::waiting);
    gtk_widget_set_visible(cancel, page == Page::waiting);
    gtk_widget_set_visible(button, page != Page::waiting);
    const char* const offers[] = {"", "_Sign in", "_Try again", "Sign _out"};
    gtk_button_set_label(GTK_BUTTON(button), offers[static_cast<int>(page)]);
    say(text);
  }

  void say(const std::string& sentence) const {
    gtk_label_set_text(GTK_LABEL(status), sentence.c_str());
    gtk_window_set_title(GTK_WINDOW(window), sentence.c_str());
  }

  GtkWidget* add_row(int number, const char* name, GtkWidget* field) {
    GtkWidget* const label = gtk_label_new_with_mnemonic(name);
    gtk_label_set_mnemonic_widget(GTK_LABEL(label), field);
    g_object_set(label, "halign", GTK_ALIGN_END, nullptr);
    g_object_set(field, "hexpand", TRUE, nullptr);
    g_signal_connect_swapped(field, "activate", G_CALLBACK(+[](App* app) { app->clicked(); }), this);
    gtk_grid_attach(GTK_GRID(form), label, 0, number, 1, 1);
    gtk_grid_attach(GTK_GRID(form), field, 1, number, 1, 1);
    return field;
  }

  void build() {
    window = gtk_application_window_new(GTK_APPLICATION(g_application_get_default()));
    gtk_window_set_default_size(GTK_WINDOW(window), 480, -1);
    GtkWidget* const bar = gtk_header_bar_new();
    gtk_header_bar_set_title_widget(GTK_HEADER_BAR(bar), gtk_label_new("GTK 4 example"));
    gtk_window_set_titlebar(GTK_WINDOW(window), bar);
    form = gtk_grid_new();
    g_object_set(form, "row-spacing", 8, "column-spacing", 12, nullptr);
    username = add_row(0, "_User name", gtk_entry_new());
    password = add_row(1, "_Password", gtk_password_entry_new());
    if (!code_name.empty()) code = add_row(2, "One-time _code", gtk_password_entry_new());
    GtkWidget* const bottom = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    for (GtkWidget* const one :
         {spinner = gtk_spinner_new(), status = gtk_label_new(""),
         cancel = gtk_button_new_with_mnemonic("_Cancel"), button = gtk_button_new_with_mnemonic("")}) {
      gtk_widget_set_valign(one, GTK_ALIGN_CENTER);
      gtk_box_append(GTK_BOX(bottom), one);
    }
    gtk_spinner_start(GTK_SPINNER(spinner));
    g_object_set(status, "wrap", TRUE, "xalign", 0.0, "hexpand", TRUE, nullptr);
    gtk_widget_add_css_class(button, "suggested-action");
    GtkWidget* const all = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18);
    g_object_set(all, "valign", GTK_ALIGN_CENTER, "margin-top", 18, "margin-bottom", 18, "margin-start", 18,
                 "margin-end", 18, nullptr);
    gtk_box_append(GTK_BOX(all), form);
    gtk_box_append(GTK_BOX(all), bottom);
    gtk_window_set_child(GTK_WINDOW(window), all);
    g_signal_connect_swapped(button, "clicked", G_CALLBACK(+[](App* app) { app->clicked(); }), this);
    g_signal_connect_swapped(cancel, "clicked", G_CALLBACK(+[](App* app) { app->cancelled(); }), this);
    const auto tick = [](gpointer app) -> gboolean { return static_cast<App*>(app)->each_second(), TRUE; };
    g_timeout_add_seconds(1, tick, this);
    gtk_window_present(GTK_WINDOW(window));
    begin();
  }
};

int main(int argc, char** argv) {
  App app;
  ClientSettings& client = app.wanted.client;
  app.wanted.name = "gtk4-example";
  std::string scope;
  const std::pair<std::string_view, std::string*> settings[] = {
      {"issuer=", &client.issuer},       {"token_endpoint=", &client.token_endpoint},
      {"client_id=", &client.client_id}, {"revocation_endpoint=", &client.revocation_endpoint},
      {"ca_file=", &client.ca_file},     {"scope=", &scope},
      {"code=", &app.code_name}};
  for (const std::string_view word : std::span<char*>(argv, static_cast<std::size_t>(argc)))
    for (const auto& [name, value] : settings)
      if (word.starts_with(name)) *value = word.substr(name.size());
  if (!scope.empty()) app.wanted.scope = {scope};

  GtkApplication* const application = gtk_application_new(nullptr, G_APPLICATION_NON_UNIQUE);
  g_signal_connect_swapped(application, "activate", G_CALLBACK(+[](App* one) { one->build(); }), &app);
  const int status = g_application_run(G_APPLICATION(application), 1, argv);
  g_object_unref(application);
  return status;
}
