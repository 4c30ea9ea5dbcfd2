"""A library that takes the place of functions of libc in a process: LD_PRELOAD=preload.library(folder, source)."""

import pathlib
import subprocess


def library(folder, source):
    """Compiles C++ `source` into `folder`; returns the library's path."""
    path = pathlib.Path(folder) / "preloaded.cpp"
    path.write_text(source, encoding="ascii")
    made = str(path.with_suffix(".so"))
    subprocess.run(["c++", "-shared", "-fPIC", "-O1", "-o", made, str(path), "-ldl"], check=True, timeout=120)
    return made
