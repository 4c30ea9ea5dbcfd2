// A login that does not freeze the window, with GTK 4: the session is kept in the desktop's keyring, renewed
// as long as the window is open, and withdrawn at the server on sign-out.
//   ./gtk4 ISSUER CLIENT_ID [FACTOR]     e.g. https://as.example my-app totp
#include <oauth_token/interactive_token_source.hpp>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include <gtk/gtk.h>

using namespace oauth_token;

/// Questions and results come in GTK's main loop: they may touch widgets.
static void in_main_loop(std::function<void()> work) {
  using Work = std::function<void()>;
  g_idle_add_once([](gpointer data) { (*std::unique_ptr<Work>(static_cast<Work*>(data)))(); },
                  new Work(std::move(work)));
}

struct App {
  enum class Page { waiting, question, failure, signed_in };

  GtkWidget *window = nullptr, *form = nullptr, *username = nullptr, *password = nullptr, *code = nullptr;
  GtkWidget *spinner = nullptr, *status = nullptr, *cancel = nullptr, *button = nullptr;
  Page page = Page::waiting;
  std::string text = {};  // what the status says,
  int seconds = 0;        // and since when
  std::stop_source stop = {};
  SignInQuestion question = {};
  std::function<void(Result<SignInAnswer>)> answer = {};
  InteractiveTokenSource tokens;

  explicit App(SignInOptions options) : tokens(std::move(options), std::bind_front(&App::ask, this)) {}

  // Mostly it is the one that is there already. Before each request to an API, ask like this.
  void get_token() {
    tokens.token_async({}, stop.get_token(), [this](const Result<Token>& token) {
      if (!token) return failed(Page::failure, token.error());
      show(Page::signed_in, "Signed in as " + tokens.record().username + "." + until(*token));
    });
  }

  // The button answers.
  void ask(SignInQuestion asked, std::function<void(Result<SignInAnswer>)> reply) {
    question = std::move(asked);
    answer = std::move(reply);
    show(Page::question, words_for_person(question));
    gtk_editable_set_text(GTK_EDITABLE(username), question.username.c_str());
    gtk_widget_grab_focus(question.username.empty() ? username : password);
  }

  void clicked() {
    if (page == Page::signed_in) return sign_out();
    const bool is_answer = page == Page::question;
    show(Page::waiting, is_answer ? "Signing in" : "Connecting");
    if (!is_answer) return get_token();
    SignInAnswer given{.username = gtk_editable_get_text(GTK_EDITABLE(username)), .password = take(password)};
    if (!question.factors.empty()) given.factors.push_back({question.factors[0], take(code)});
    answer(std::move(given));
  }

  static Secret take(GtkWidget* field) {
    Secret typed(gtk_editable_get_text(GTK_EDITABLE(field)));
    gtk_editable_set_text(GTK_EDITABLE(field), "");
    return typed;
  }

  void sign_out() {
    std::exchange(stop, {}).request_stop();  // a renewal that nobody waits for any more
    show(Page::waiting, "Signing out");
    tokens.revoke_async(stop.get_token(), [this](const Result<void>& done) {
      done ? get_token() : failed(Page::signed_in, done.error());
    });
  }

  void cancelled() {
    std::exchange(stop, {}).request_stop();
    show(Page::failure, "Cancelled.");
  }

  void failed(Page next, const Error& error) {
    if (error.error_class != ErrorClass::interrupted) show(next, words_for_person(error));
  }

  static std::string until(const Token& token) {
    if (!token.expires_at) return "";
    g_autoptr(GDateTime) end = g_date_time_new_from_unix_local(token.expires_at->time_since_epoch().count());
    g_autofree gchar* sentence = g_date_time_format(end, " The token is valid until %T.");
    return sentence;
  }

  void each_second() {
    ++seconds;
    if (page == Page::waiting) say(text + ", " + std::to_string(seconds) + " s");
    if (page == Page::signed_in && seconds == 3) get_token();
  }

  void show(Page next, const std::string& sentence) {
    page = next;
    text = sentence;
    seconds = 0;
    gtk_widget_set_visible(form, page != Page::signed_in);
    gtk_widget_set_sensitive(form, page == Page::question);
    gtk_widget_set_visible(code, !question.factors.empty());
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

  GtkWidget* add_field(const char* name, GtkWidget* field) {
    g_object_set(field, "placeholder-text", name, nullptr);
    g_signal_connect_swapped(field, "activate", G_CALLBACK(+[](App* app) { app->clicked(); }), this);
    gtk_box_append(GTK_BOX(form), field);
    return field;
  }

  void begin() {
    window = gtk_application_window_new(GTK_APPLICATION(g_application_get_default()));
    GtkWidget* const all = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18);
    g_object_set(all, "margin-top", 18, "margin-bottom", 18, "margin-start", 18, "margin-end", 18, nullptr);
    gtk_box_append(GTK_BOX(all), form = gtk_box_new(GTK_ORIENTATION_VERTICAL, 8));
    username = add_field("User name", gtk_entry_new());
    password = add_field("Password", gtk_password_entry_new());
    code = add_field("One-time code", gtk_password_entry_new());
    GtkWidget* const bottom = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    gtk_box_append(GTK_BOX(all), bottom);
    for (GtkWidget* const one :
         {spinner = gtk_spinner_new(), status = gtk_label_new(""),
         cancel = gtk_button_new_with_mnemonic("_Cancel"), button = gtk_button_new_with_mnemonic("")}) {
      gtk_widget_set_valign(one, GTK_ALIGN_CENTER);
      gtk_box_append(GTK_BOX(bottom), one);
    }
    gtk_spinner_start(GTK_SPINNER(spinner));
    g_object_set(status, "wrap", TRUE, "xalign", 0.0, "hexpand", TRUE, nullptr);
    g_object_set(window, "default-width", 480, "child", all, nullptr);
    g_signal_connect_swapped(button, "clicked", G_CALLBACK(+[](App* app) { app->clicked(); }), this);
    g_signal_connect_swapped(cancel, "clicked", G_CALLBACK(+[](App* app) { app->cancelled(); }), this);
    const auto tick = [](gpointer app) -> gboolean { return static_cast<App*>(app)->each_second(), TRUE; };
    g_timeout_add_seconds(1, tick, this);
    gtk_window_present(GTK_WINDOW(window));
    show(Page::waiting, "Connecting");
    get_token();
  }
};

int main(int argc, char** argv) {
  if (argc < 3) return g_printerr("usage: gtk4 ISSUER CLIENT_ID [FACTOR]\n"), 2;
  SignInOptions options{.replace = true, .executor = in_main_loop};
  options.wanted.name = "gtk4-example";
  options.wanted.client = {.issuer = argv[1], .client_id = argv[2]};
  options.session.keyring.may_prompt = true;  // a person is here, who can unlock it
  if (argc > 3) options.factors = {argv[3]};
  App app(std::move(options));
  g_autoptr(GtkApplication) application = gtk_application_new(nullptr, G_APPLICATION_NON_UNIQUE);
  g_signal_connect_swapped(application, "activate", G_CALLBACK(+[](App* one) { one->begin(); }), &app);
  return g_application_run(G_APPLICATION(application), 1, argv);
}
