"""The region of a page: from its address, the profile, the browser's cookie, or detected."""

from typing import Annotated

from fastapi import Depends, Request

from api.auth.viewer_context import ViewerSettingsDep
from api.region_detection import resolve_region
from catalog import regions
from vocabulary.ids import Region


async def page_region(request: Request, viewer: ViewerSettingsDep, region: str = "") -> Region:
    """Return the region of a page; an invalid one in its address is ignored."""
    return await resolve_region(request, regions.canonical_region(region), viewer.region)


PageRegionDep = Annotated[Region, Depends(page_region)]
