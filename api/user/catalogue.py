"""The catalogue as what viewers do is understood with."""

from typing import Annotated

from fastapi import Depends

from api.params import LiveDep
from runtime.title_features import LiveShelf
from viewers.interactions import Catalogue


async def catalogue(live: LiveDep) -> Catalogue:
    """Return the titles that the process serves."""
    return LiveShelf(live)


CatalogueDep = Annotated[Catalogue, Depends(catalogue)]
