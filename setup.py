"""Builds the per-packet modules with Cython; everything else is declared in pyproject.toml.

A module asks to be compiled by a first line that starts with ``# cython:``. The same file runs
uncompiled, so a build that fails (no compiler, no headers) is a warning, not an error: the package then
works from the ``.py`` files, slower, and ``procwire doctor`` says so. It is all or nothing, because a
compiled module expects compiled neighbours. What Cython's memory views need is compiled once, in a module of
its own, instead of into each that has one: two fifths of the code, and of the time that it takes to compile.
"""

import multiprocessing
import os
import sys
import zlib
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCE = Path("src")
BUILD = Path("build")
SHARED = "procwire._cyutility"
FLAGS = ["-O2", "-g0", "-Wno-unused-function", "-Werror=implicit-function-declaration"]
# What bytearray.append is translated to wants these two, and a module without other shared code lacks them
# (Cython 3.3.1): as Cython would define them.
SECTIONS = [("__Pyx_BEGIN_CRITICAL_SECTION(o)", "{"), ("__Pyx_END_CRITICAL_SECTION()", "}")]
if sys.version_info >= (3, 13):
    SECTIONS = [
        (f"__Pyx_{word}_CRITICAL_SECTION", f"Py_{word}_CRITICAL_SECTION") for word in ("BEGIN", "END")
    ]


def place() -> Path:
    """Where translations are kept: Cython translates anew what is newer, not what is translated otherwise."""
    from Cython import __version__

    how = zlib.crc32(Path(__file__).read_bytes() + __version__.encode())
    return BUILD / f"cython-{how:08x}"


def wants_compiling(path: Path) -> bool:
    with path.open(encoding="utf-8") as text:
        return text.readline().startswith("# cython:")


def extensions() -> list[Extension]:
    try:
        from Cython.Build import cythonize
    except ImportError:
        return []
    modules = [
        Extension(
            ".".join(path.relative_to(SOURCE).with_suffix("").parts),
            [str(path)],
            define_macros=SECTIONS,
            extra_compile_args=FLAGS,
            optional=True,
        )
        for path in sorted(SOURCE.rglob("*.py"))
        if wants_compiling(path)
    ]
    modules.append(
        Extension(SHARED, [f"{SHARED.replace('.', '/')}.c"], extra_compile_args=FLAGS, optional=True)
    )
    forks = multiprocessing.get_start_method() == "fork"  # else this file would be run anew by each of them
    compiled: list[Extension] = cythonize(
        modules,
        shared_utility_qualified_name=SHARED,
        nthreads=(os.cpu_count() or 1) if forks else 0,
        build_dir=str(place()),
        compiler_directives={"language_level": 3, "embedsignature": True},
        quiet=True,
    )
    return compiled


class AllOrNothing(build_ext):
    """Builds every module, or leaves none behind."""

    def build_extension(self, ext: Extension) -> None:
        try:
            super().build_extension(ext)
        except Exception as error:
            self.warn(f"{ext.name} cannot be compiled: {error}")
            self.failed = True

    def build_extensions(self) -> None:
        self.failed = False
        self.parallel = self.parallel or os.cpu_count()  # an editable install forgets what was asked for
        super().build_extensions()
        if self.failed:
            self.warn("procwire is installed uncompiled: it works, slowly. Install a C compiler to mend it.")
            for extension in self.extensions:
                Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
            self.extensions = []  # an editable install would copy what is not there


setup(
    cmdclass={"build_ext": AllOrNothing},
    ext_modules=extensions(),
)
