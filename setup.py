"""The kernels in C; everything else of the package is told in pyproject.toml."""

from setuptools import Extension, setup

# Plain C, loaded by ctypes. Kernels for newer processors are chosen when they are loaded, so there
# is no -march. No contraction: what is rounded where is part of what an exact score is.
FLAGS = ["-std=gnu11", "-O3", "-ffp-contract=off", "-pthread"]


def kernel(name: str, source: str) -> Extension:
    """Return a library that may be missing: where it cannot be built, NumPy does its work."""
    return Extension(
        name, [source], extra_compile_args=FLAGS, extra_link_args=["-pthread"], optional=True
    )


setup(ext_modules=[kernel("index._scan", "index/scan.c")])
