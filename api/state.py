"""The catalogue as what viewers do is understood with."""

from typing import Annotated

from fastapi import Depends

from api.params import CatalogueViewDep
from runtime.title_features import LiveShelf
from viewers.interactions import TitleFeatureSource


async def catalogue(live: CatalogueViewDep) -> TitleFeatureSource:
    """Return the titles that the process serves."""
    return LiveShelf(live)


CatalogueDep = Annotated[TitleFeatureSource, Depends(catalogue)]
