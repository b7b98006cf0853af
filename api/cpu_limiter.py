"""A place per core, and one, for routes that compute.

More threads would spend their time on the interpreter's lock: at 100,000 titles and ten callers, a
sixth of the answers, and the slowest twentieth would take half as long again. With none to spare, a
core would be idle while the next request is handed on.
"""

from collections.abc import Callable
from typing import Annotated, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from config import cpu

Result = TypeVar("Result")


class CpuLimiter:
    """Threads that take turns, first come, first served."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(cpu.available_cores() + 1)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return what the work returns; it must not wait for anything but memory."""
        return await to_thread.run_sync(work, limiter=self._limiter)


async def cpu_limiter(request: Request) -> CpuLimiter:
    """Return the process's places."""
    found: CpuLimiter = request.app.state.cores
    return found


CpuLimiterDep = Annotated[CpuLimiter, Depends(cpu_limiter)]
