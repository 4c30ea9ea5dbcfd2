// A login that does not freeze the window, with Qt 6: the session is kept in the desktop's keyring, renewed
// as long as the window is open, and withdrawn at the server on sign-out.
//   ./qt6 ISSUER CLIENT_ID [FACTOR]      e.g. https://as.example my-app totp
#include <oauth_token/interactive_token_source.hpp>

#include <QtWidgets>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>

using namespace oauth_token;

/// Questions and results come in Qt's event loop: they may touch widgets.
static void in_event_loop(std::function<void()> work) {
  QMetaObject::invokeMethod(qApp, std::move(work), Qt::QueuedConnection);
}

class Window : public QWidget {
 public:
  explicit Window(SignInOptions options) : tokens_(std::move(options), std::bind_front(&Window::ask, this)) {
    password_->setEchoMode(QLineEdit::Password);
    code_->setEchoMode(QLineEdit::Password);
    rows_->setContentsMargins(0, 0, 0, 0);
    rows_->addRow("&User name", username_);
    rows_->addRow("&Password", password_);
    rows_->addRow("One-time &code", code_);
    status_->setTextFormat(Qt::PlainText);
    status_->setWordWrap(true);
    progress_->setRange(0, 0);
    auto* const bottom = new QHBoxLayout;
    bottom->addWidget(status_, 1);
    bottom->addWidget(cancel_);
    bottom->addWidget(button_);
    auto* const all = new QVBoxLayout(this);
    all->addWidget(form_);
    all->addWidget(progress_);
    all->addLayout(bottom);
    resize(480, 0);
    connect(button_, &QPushButton::clicked, this, [this] { clicked(); });
    connect(cancel_, &QPushButton::clicked, this, [this] { cancelled(); });
    for (QLineEdit* const field : {username_, password_, code_})
      connect(field, &QLineEdit::returnPressed, button_, &QPushButton::click);
    startTimer(1000);
    show_page(Page::waiting, "Connecting");
    get_token();
  }

 private:
  enum class Page { waiting, question, failure, signed_in };

  // Mostly it is the one that is there already. Before each request to an API, ask like this.
  void get_token() {
    tokens_.token_async({}, stop_.get_token(), [this](const Result<Token>& token) {
      if (!token) return failed(Page::failure, token.error());
      show_page(Page::signed_in, "Signed in as " + tokens_.record().username + "." + until(*token));
    });
  }

  // The button answers.
  void ask(SignInQuestion question, std::function<void(Result<SignInAnswer>)> answer) {
    question_ = std::move(question);
    answer_ = std::move(answer);
    show_page(Page::question, words_for_person(question_));
    username_->setText(QString::fromStdString(question_.username));
    (question_.username.empty() ? username_ : password_)->setFocus();
  }

  void clicked() {
    if (page_ == Page::signed_in) return sign_out();
    const bool is_answer = page_ == Page::question;
    show_page(Page::waiting, is_answer ? "Signing in" : "Connecting");
    if (!is_answer) return get_token();
    SignInAnswer given{.username = username_->text().toStdString(), .password = take(password_)};
    if (!question_.factors.empty()) given.factors.push_back({question_.factors[0], take(code_)});
    answer_(std::move(given));
  }

  static Secret take(QLineEdit* field) {
    QByteArray text = field->text().toUtf8();
    Secret typed({text.constData(), static_cast<std::size_t>(text.size())});
    text.fill('\0');  // ours; Qt's own copies go when it needs their memory
    field->clear();
    return typed;
  }

  void sign_out() {
    std::exchange(stop_, {}).request_stop();  // a renewal that nobody waits for any more
    show_page(Page::waiting, "Signing out");
    tokens_.revoke_async(stop_.get_token(), [this](const Result<void>& done) {
      done ? get_token() : failed(Page::signed_in, done.error());
    });
  }

  void cancelled() {
    std::exchange(stop_, {}).request_stop();
    show_page(Page::failure, "Cancelled.");
  }

  void failed(Page next, const Error& error) {
    if (error.error_class != ErrorClass::interrupted) show_page(next, words_for_person(error));
  }

  static std::string until(const Token& token) {
    if (!token.expires_at) return "";
    const auto end = QDateTime::fromSecsSinceEpoch(token.expires_at->time_since_epoch().count());
    return " The token is valid until " + end.toString("HH:mm:ss").toStdString() + ".";
  }

  void timerEvent(QTimerEvent* /*each second*/) override {
    ++seconds_;
    if (page_ == Page::waiting) say(text_ + ", " + std::to_string(seconds_) + " s");
    if (page_ == Page::signed_in && seconds_ == 3) get_token();
  }

  void show_page(Page next, const std::string& sentence) {
    page_ = next;
    text_ = sentence;
    seconds_ = 0;
    form_->setVisible(page_ != Page::signed_in);
    form_->setEnabled(page_ == Page::question);
    rows_->setRowVisible(code_, !question_.factors.empty());
    progress_->setVisible(page_ == Page::waiting);
    cancel_->setVisible(page_ == Page::waiting);
    button_->setVisible(page_ != Page::waiting);
    const char* const offers[] = {"", "&Sign in", "&Try again", "Sign &out"};
    button_->setText(offers[static_cast<int>(page_)]);
    say(text_);
  }

  void say(const std::string& sentence) {
    status_->setText(QString::fromStdString(sentence));
    setWindowTitle(QString::fromStdString(sentence));
  }

  QWidget* form_ = new QWidget;
  QFormLayout* rows_ = new QFormLayout(form_);
  QLineEdit *username_ = new QLineEdit, *password_ = new QLineEdit, *code_ = new QLineEdit;
  QLabel* status_ = new QLabel;
  QProgressBar* progress_ = new QProgressBar;
  QPushButton *cancel_ = new QPushButton("&Cancel"), *button_ = new QPushButton;
  Page page_ = Page::waiting;
  std::string text_ = {};  // what the status says,
  int seconds_ = 0;        // and since when
  std::stop_source stop_ = {};
  SignInQuestion question_ = {};
  std::function<void(Result<SignInAnswer>)> answer_ = {};
  InteractiveTokenSource tokens_;
};

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  const QStringList arguments = QApplication::arguments();
  if (arguments.size() < 3) return qCritical("usage: qt6 ISSUER CLIENT_ID [FACTOR]"), 2;
  SignInOptions options{.replace = true, .executor = in_event_loop};
  options.wanted.name = "qt6-example";
  options.wanted.client = {.issuer = arguments[1].toStdString(), .client_id = arguments[2].toStdString()};
  options.session.keyring.may_prompt = true;  // a person is here, who can unlock it
  if (arguments.size() > 3) options.factors = {arguments[3].toStdString()};
  Window window(std::move(options));
  window.show();
  return QApplication::exec();
}
