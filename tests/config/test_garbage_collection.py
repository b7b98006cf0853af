"""Garbage is collected by a thread, in this process and in those forked from it."""

import os
import subprocess
import sys

from tests.rasika_process import PROJECT_FOLDER

COLLECT_IN_PARENT_AND_CHILD = """
import gc, os, sys, time, weakref
from config.garbage_collection import collect_between_bytecodes

class Node:
    pass

def is_collected():
    node = Node()
    node.itself = node
    reference = weakref.ref(node)
    del node
    deadline = time.monotonic() + 60
    while reference() is not None and time.monotonic() < deadline:
        allocated = [[] for _ in range(1000)]
        time.sleep(0.001)
    return reference() is None

collect_between_bytecodes()
collect_between_bytecodes()
in_parent = is_collected()
if child := os.fork():
    in_child = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    print(in_parent, in_child, gc.isenabled() == (sys.version_info >= (3, 12)))
else:
    os._exit(not is_collected())
"""


def test_garbage_is_collected_in_a_process_and_in_those_forked_from_it() -> None:
    process = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", COLLECT_IN_PARENT_AND_CHILD],
        env={**os.environ, "PYTHONPATH": str(PROJECT_FOLDER)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert process.stdout == "True True True\n", process.stderr
