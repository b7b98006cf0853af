"""A place per core for routes that compute.

More threads than cores would spend their time on the interpreter's lock: at 100,000 titles and ten
callers, a sixth of the answers and a third of the speed of the slowest twentieth.
"""

from collections.abc import Callable
from typing import Annotated, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from wiring import machine

Result = TypeVar("Result")


class Cores:
    """Threads that take turns, first come, first served."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(machine.cores())

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return what the work returns; it must not wait for anything but memory."""
        return await to_thread.run_sync(work, limiter=self._limiter)


async def cores(request: Request) -> Cores:
    """Return the process's places."""
    found: Cores = request.app.state.cores
    return found


CoresDep = Annotated[Cores, Depends(cores)]
