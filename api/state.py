"""The catalogue as what viewers do is understood with."""

from typing import Annotated

from fastapi import Depends

from api.params import CatalogueViewDep
from runtime.title_features import ServedTitleFeatures
from viewers.interactions import TitleFeatureSource


async def feature_source(catalogue: CatalogueViewDep) -> TitleFeatureSource:
    """Return the titles that the process serves."""
    return ServedTitleFeatures(catalogue)


FeatureSourceDep = Annotated[TitleFeatureSource, Depends(feature_source)]
