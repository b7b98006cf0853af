"""Python 3.11 must not corrupt SQLAlchemy's states; without the guard the program below crashes."""

import os
import subprocess
import sys

from tests.rasika_process import PROJECT_FOLDER

# The collector frees an object at the moment when its state creates its own dict.
FREE_DURING_DICT_CREATION = """
import gc
from sqlalchemy import inspect
from db.tables.titles import Person

gc.disable()
warmed_up = [Person(name="", folded="") for _ in range(50)]
for _ in range(3000):
    person = Person(name="", folded="")
    person.__dict__["itself"] = person
    state = inspect(person)
    del person
    taken = [{} for _ in range(200)]  # empties the free list: the next dict is allocated
    gc.set_threshold(1)
    gc.enable()
    state.session_id = None
    state._strong_obj = None
    state.another = None
    gc.disable()
    state.__dict__.clear()
    del state, taken
"""


def test_freeing_an_object_while_its_state_changes_corrupts_nothing() -> None:
    process = subprocess.run(
        [sys.executable, "-c", FREE_DURING_DICT_CREATION],
        env={**os.environ, "PYTHONPATH": str(PROJECT_FOLDER), "PYTHONMALLOC": "debug"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
