import os
import signal
import subprocess
import sys

from tests.rasika_process import PROJECT_FOLDER

CRASH_IN_PARENT_AND_CHILD = """
import ctypes, os
from config.logging_setup import configure_logging
configure_logging()
if child := os.fork():
    os.waitpid(child, 0)
ctypes.string_at(0)
"""


def test_a_crash_in_c_is_logged_by_the_process_and_by_those_forked_from_it() -> None:
    process = subprocess.run(
        [sys.executable, "-c", CRASH_IN_PARENT_AND_CHILD],
        env={**os.environ, "PYTHONPATH": str(PROJECT_FOLDER)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == -signal.SIGSEGV
    assert process.stderr.count("Fatal Python error: Segmentation fault") == 2
