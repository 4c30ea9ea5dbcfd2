"""What the program's help says of its commands."""


def _rows(text):
    lines = text.split("Commands:\n")[1].split("\n\n")[0].splitlines()
    return [line[2:20].strip() for line in lines if line[2] != " "]


def commands(program):
    """Each command, those of a group by two words: "token", "profile set"."""
    names = []
    for name in _rows(program.run("--help").stdout):
        text = program.run(name, "--help").stdout
        names += [f"{name} {each}" for each in _rows(text)] if "\nCommands:\n" in text else [name]
    return names


def examples(program, command):
    """The examples of the command's help, each one line."""
    text = program.run(*command.split(), "--help").stdout.split("\nExamples:\n")[1]
    joined = text.replace("\\\n", " ").replace("|\n", "| ")
    return [line.strip() for line in joined.splitlines()]
