# For Homebrew on Linux: brew install --build-from-source ./oauth-token.rb, beside the archive of the release.
class OauthToken < Formula
  desc "Exchange a user name and password for an OAuth 2.0 token, and keep it safely"
  homepage "file://#{__dir__}"
  url "file://#{__dir__}/oauth-token-0.1.0.tar.gz"
  license "MIT"

  depends_on "boost" => :build
  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "tomlplusplus" => :build
  depends_on "curl"
  depends_on "libsecret"
  depends_on :linux
  depends_on "openssl@3"
  depends_on "tl-expected"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DOAUTH_TOKEN_TESTS=OFF", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/oauth-token --version")
    (testpath/"test.c").write <<~C
      #include <oauth_token/oauth_token.h>
      #include <stdio.h>
      int main(void) { return puts(oauth_token_version()) < 0; }
    C
    system ENV.cc, "test.c", "-I#{include}", "-L#{lib}", "-loauth_token_c", "-o", "test"
    assert_equal version.to_s, shell_output("./test").strip
  end
end
