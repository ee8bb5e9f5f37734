"""Builds the per-packet modules with Cython; everything else is declared in pyproject.toml.

A module asks to be compiled by a first line that starts with ``# cython:``. The same file runs
uncompiled, so a build that fails (no compiler, no headers) is a warning, not an error: the package then
works from the ``.py`` files, slower, and ``procwire doctor`` says so. It is all or nothing, because a
compiled module expects compiled neighbours.
"""

import os
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCE = Path("src")
BUILD = Path("build/cython")
FLAGS = ["-O2", "-g0", "-Wno-unused-function"]


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
            extra_compile_args=FLAGS,
            optional=True,
        )
        for path in sorted(SOURCE.rglob("*.py"))
        if wants_compiling(path)
    ]
    compiled: list[Extension] = cythonize(
        modules,
        build_dir=str(BUILD),
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
        super().build_extensions()
        if self.failed:
            self.warn("procwire is installed uncompiled: it works, slowly. Install a C compiler to mend it.")
            for extension in self.extensions:
                Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
            self.extensions = []  # an editable install would copy what is not there


setup(
    cmdclass={"build_ext": AllOrNothing},
    ext_modules=extensions(),
    options={"build_ext": {"parallel": os.cpu_count() or 1}},
)
