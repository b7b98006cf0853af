"""Where a visitor is: what he says, what a trusted proxy says, what his address says, or India."""

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from geoip2fast import GeoIP2Fast

from catalog import regions
from config.settings import Network
from vocabulary.ids import Region

# (country, subdivision) headers: Vercel's and Cloudflare's documentation of request headers.
PROXY_HEADERS = (
    ("x-vercel-ip-country", "x-vercel-ip-country-region"),
    ("cf-ipcountry", "cf-region-code"),
)

IpAddress = IPv4Address | IPv6Address


async def request_region(
    request: Request,
    region: Annotated[
        str | None,
        Query(description="ISO 3166 country or Indian state", examples=["IN-TG"], max_length=10),
    ] = None,
) -> Region:
    """Return the visitor's region."""
    if region:
        return parse_region(region)
    return detect_region(request)


def parse_region(text: str) -> Region:
    """Return a region that was asked for by name.

    Raises `RequestValidationError` for what is none.
    """
    canonical = regions.canonical_region(text)
    if canonical is None:
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
    return canonical


def detect_region(request: Request) -> Region:
    """Return where a request seems to come from."""
    trusted = request.app.state.resources.settings.trusted_proxies
    for candidate in _region_candidates(request, trusted):
        canonical = regions.canonical_region(candidate)
        if canonical is not None:
            return canonical
    return regions.DEFAULT_REGION


def client_address(request: Request, trusted_proxies: tuple[Network, ...]) -> IpAddress | None:
    """Return the nearest address that is not one of our own proxies."""
    chain = [request.client.host] if request.client else []
    forwarded = request.headers.get("x-forwarded-for", "")
    chain += [part.strip() for part in reversed(forwarded.split(",")) if part.strip()]
    for hop in chain:
        address = _parsed_address(hop)
        if address is None or not _is_within(address, trusted_proxies):
            return address
    return None


def _region_candidates(request: Request, trusted_proxies: tuple[Network, ...]) -> Iterator[str]:
    peer = _parsed_address(request.client.host) if request.client else None
    if peer is not None and _is_within(peer, trusted_proxies):
        for country_header, subdivision_header in PROXY_HEADERS:
            country = request.headers.get(country_header, "")
            if country:
                yield f"{country}-{request.headers.get(subdivision_header, '')}".rstrip("-")
                yield country
    address = client_address(request, trusted_proxies)
    if address is not None and address.is_global:
        yield _geoip_database().lookup(str(address)).country_code


@lru_cache(maxsize=1)
def _geoip_database() -> GeoIP2Fast:
    return GeoIP2Fast(geoip2fast_data_file="geoip2fast-ipv6.dat.gz")


def _parsed_address(text: str) -> IpAddress | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_within(address: IpAddress, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


RegionDep = Annotated[Region, Depends(request_region)]
