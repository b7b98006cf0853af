"""The user's region: requested, from their profile, chosen in the browser, or detected."""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError

from api.auth.viewer_context import ViewerSettingsDep
from api.client_address import client_address, comes_from_proxy
from api.state import app_state
from catalog import regions
from vocabulary.ids import Region

if TYPE_CHECKING:
    from geoip2fast import GeoIP2Fast

# (country, subdivision) headers: Vercel's and Cloudflare's documentation of request headers.
PROXY_HEADERS = (
    ("x-vercel-ip-country", "x-vercel-ip-country-region"),
    ("cf-ipcountry", "cf-region-code"),
)
REGION_COOKIE = "rasika_region"

_geoip_thread = CapacityLimiter(1)


def parse_region(text: str) -> Region:
    """Return the region of a parameter.

    Raises `RequestValidationError` if it is not a region.
    """
    region = regions.canonical_region(text)
    if region is None:
        raise RequestValidationError(
            [
                {
                    "type": "region",
                    "loc": ("query", "region"),
                    "msg": "not an ISO 3166 region such as IN, IN-TG or US",
                    "input": text,
                }
            ]
        )
    return region


async def _region_param(
    region: Annotated[
        str | None,
        Query(description="ISO 3166 country or Indian state", examples=["IN-TG"], max_length=10),
    ] = None,
) -> Region | None:
    return parse_region(region) if region else None


RegionParam = Annotated[Region | None, Depends(_region_param)]


async def resolve_region(
    request: Request, requested: Region | None, profile_region: Region | None
) -> Region:
    """Return the region of a response: requested, else the profile's, the cookie's or detected."""
    region = requested or profile_region or cookie_region(request)
    if region is not None:
        return region
    if _has_public_address(request):  # read the GeoIP file (0.3 s) off the event loop
        await to_thread.run_sync(_geoip_database, limiter=_geoip_thread)
    return detect_region(request)


def cookie_region(request: Request) -> Region | None:
    """Return the region that was chosen on the homepage."""
    return regions.canonical_region(request.cookies.get(REGION_COOKIE, ""))


def detect_region(request: Request) -> Region:
    """Return where a request seems to come from; call it on a thread, see `resolve_region`."""
    for candidate in _region_candidates(request):
        region = regions.canonical_region(candidate)
        if region is not None:
            return region
    return regions.DEFAULT_REGION


def _region_candidates(request: Request) -> Iterator[str]:
    trusted_proxies = app_state(request.app).settings.trusted_proxies
    if comes_from_proxy(request, trusted_proxies):
        for country_header, subdivision_header in PROXY_HEADERS:
            country = request.headers.get(country_header, "")
            if country:
                yield f"{country}-{request.headers.get(subdivision_header, '')}".rstrip("-")
                yield country
    address = client_address(request, trusted_proxies)
    if address is not None and address.is_global:
        yield _geoip_database().lookup(str(address)).country_code


def _has_public_address(request: Request) -> bool:
    address = client_address(request, app_state(request.app).settings.trusted_proxies)
    return address is not None and address.is_global


@lru_cache(maxsize=1)
def _geoip_database() -> "GeoIP2Fast":
    from geoip2fast import GeoIP2Fast  # here, as importing it takes 0.1 s

    return GeoIP2Fast(geoip2fast_data_file="geoip2fast-ipv6.dat.gz")


async def _region(request: Request, requested: RegionParam, viewer: ViewerSettingsDep) -> Region:
    return await resolve_region(request, requested, viewer.region)


RegionDep = Annotated[Region, Depends(_region)]
