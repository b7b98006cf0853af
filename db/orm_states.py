"""A guard against a crash of SQLAlchemy's object states on CPython before 3.12.

Up to 3.11 the garbage collector may run inside any allocation, also while an object's attributes
are being turned into its `__dict__`. If a callback of the collector sets an attribute of that same
object, a second dict over the same values is created; one of the two frees the values that the
other still uses, and the process crashes, at once or later. SQLAlchemy triggers this: when the
collector frees a mapped object, its `InstanceState` clears its own attributes. From 3.12 on the
collector runs between bytecodes only.

The guard creates the `__dict__` of a state right after its construction, while its object is in use
and cannot be freed.
"""

import sys
from typing import Any

from sqlalchemy.orm.state import InstanceState


def guard_instance_states() -> None:
    """Give every `InstanceState` created from now on its `__dict__`; repeated calls do nothing."""
    original = InstanceState.__init__
    if sys.version_info >= (3, 12) or hasattr(original, "is_guarded"):
        return

    def guarded(self: "InstanceState[Any]", *arguments: Any) -> None:
        original(self, *arguments)
        vars(self)  # creates the dict

    guarded.is_guarded = True  # type: ignore[attr-defined]  # marks what was replaced
    InstanceState.__init__ = guarded  # type: ignore[assignment, method-assign]  # the guard itself
