"""The kernels in C; everything else of the package is told in pyproject.toml."""

from setuptools import Extension, setup

# Plain C, loaded by ctypes. Kernels for newer processors are chosen when they are loaded, so there
# is no -march.
FLAGS = ["-std=gnu11", "-O3", "-pthread"]
# What is rounded where is part of what an exact score is.
EXACT = ["-ffp-contract=off"]
LOOSE = ["-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"]


def kernel(name: str, source: str, flags: list[str], *included: str) -> Extension:
    """Return a library that may be missing: where it cannot be built, NumPy does its work."""
    return Extension(
        name,
        [source],
        depends=list(included),
        extra_compile_args=[*FLAGS, *flags],
        extra_link_args=["-pthread", "-lm"],
        optional=True,
    )


setup(
    ext_modules=[
        kernel("embeddings._encoder", "embeddings/encoder.c", LOOSE, "embeddings/encoder_pass.h"),
        kernel("index._scan", "index/scan.c", EXACT),
    ]
)
