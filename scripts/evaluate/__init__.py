"""`rasika evaluate`: how good what people get is, each figure beside baselines in the same run."""

from collections.abc import Callable, Mapping
from pathlib import Path

from scripts.evaluate import search
from wiring.settings import Settings

__all__ = ["EVALUATIONS"]

EVALUATIONS: Mapping[str, Callable[[Settings, Path | None], None]] = {"search": search.report}
