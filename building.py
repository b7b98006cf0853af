"""setuptools, with a C compiler out of a wheel where the machine has none.

The kernels in C are optional: where they cannot be built, NumPy does their work, slower.
"""

import os
import shutil
import sys
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403  # the other hooks are setuptools' own

Settings = dict[str, Any] | None

COMPILERS = ("cc", "gcc", "clang")
# Zig brings a C compiler and its headers along.
WHEELS = [] if "CC" in os.environ or any(map(shutil.which, COMPILERS)) else ["ziglang"]

if WHEELS:
    os.environ["CC"] = f"{sys.executable} -m ziglang cc"


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Return what a build needs besides setuptools."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *WHEELS]


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """Return what a build in place needs besides setuptools."""
    return [*build_meta.get_requires_for_build_editable(config_settings), *WHEELS]
