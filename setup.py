"""Builds the per-packet modules with Cython; everything else is declared in pyproject.toml.

A module asks to be compiled by a first line that starts with ``# cython:``. The same file runs
uncompiled, so an extension that fails to build (no compiler, no headers) is a warning, not an error:
the package then works from the ``.py`` file, slower, and ``procwire doctor`` says so.
"""

import os
from pathlib import Path

from setuptools import Extension, setup

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


setup(ext_modules=extensions(), options={"build_ext": {"parallel": os.cpu_count() or 1}})
