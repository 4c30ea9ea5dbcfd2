"""Many processes of the program at the same time."""


def ask_at_once(program, count, *words, started=lambda: None, environment=None):
    """What `count` processes printed: the exit statuses and the lines of standard output and standard error.
    `started` is called when the last of them has begun."""
    out, err = program.home / "all.out", program.home / "all.err"
    with out.open("ab") as shared_out, err.open("ab") as shared_err, open("/dev/null", "rb") as nothing:
        processes = [program.start(*words, environment=environment, stdin=nothing, stdout=shared_out, stderr=shared_err)
                     for _ in range(count)]
        try:
            started()
            statuses = [process.wait(200) for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.wait()
    printed = out.read_text().splitlines(), err.read_text().splitlines()
    out.unlink()
    err.unlink()
    return statuses, *printed
