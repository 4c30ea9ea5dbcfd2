# dry_run.rb FOLDER: reads the formula with a stand-in for Homebrew, configures the project in FOLDER with its options, and
# holds it against those rules of `brew audit` that need no network. Says what is wrong, and ends with 1.
require "fileutils"

class Formula
  @said = []
  class << self
    attr_reader :said

    %i[desc homepage url license depends_on].each do |name|
      define_method(name) { |value| Formula.said << [name, value] }
    end

    def test(&block)
      Formula.said << [:test, block]
    end
  end

  attr_reader :commands

  def initialize(folder)
    @folder = folder
    @commands = []
  end

  # As Homebrew gives them.
  def std_cmake_args
    %W[-DCMAKE_INSTALL_PREFIX=#{@folder}/prefix -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release
       -DCMAKE_FIND_FRAMEWORK=LAST -Wno-dev -DBUILD_TESTING=OFF]
  end

  def system(*words)
    @commands << words
    return unless words.include?("-S")

    source = File.expand_path("../..", __dir__)
    words = words.map { |word| { "." => source, "build" => "#{@folder}/build" }.fetch(word, word) }
    said = IO.popen(words, err: %i[child out], &:read)
    abort "#{said}The formula's options do not configure the project." unless $?.success?
    abort "#{said}The project has no such option." if said[/Manually-specified.*OAUTH_TOKEN_/m]
  end
end

folder = ARGV.fetch(0)
FileUtils.rm_rf(folder)
load File.join(__dir__, "oauth-token.rb")
said = Formula.said
desc = said.assoc(:desc).last
needs = said.select { |name, _| name == :depends_on }.map(&:last)
build, others = needs.partition { |need| need.is_a?(Hash) }
names = [build.map { |need| need.keys.first }, others.map(&:to_s)]
formula = OauthToken.new(folder)
formula.install

wrong = {
  "the parts are not in their order" => said.map(&:first).uniq != %i[desc homepage url license depends_on test],
  "desc is longer than 80 characters" => desc.size > 80,
  "desc is no sentence as Homebrew has them" => !desc.match?(/\A(?!(An?|The|Oauth-?token)\b)[A-Z].*[^.\s]\z/i),
  "what is needed for building only does not come first" => needs != build + others,
  "needs are not sorted" => names.any? { |one| one != one.sort },
  "it does not configure, build and install" =>
    formula.commands.map { |words| words[1] } != %w[-S --build --install],
}.select { |_, is_so| is_so }.keys
abort "oauth-token.rb: #{wrong.join('; ')}" unless wrong.empty?
