"""Where a visitor is: the query, then trusted proxies' headers, then the address, then India."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_network

import httpx
import pytest

from api.app import create_app
from config.resources import Resources
from runtime.catalogue_view import CatalogueView
from tests.running_app import running_app
from tests.viewer_clients import viewer_factory

RegionOf = Callable[..., str]
GERMANY, JAPAN, CLOUD = "141.20.1.1", "133.11.0.1", "203.0.113.7"  # two universities; nobody


@pytest.fixture(scope="module")
def region_behind_proxy(
    seeded_resources: Resources, catalogue_view: CatalogueView
) -> Iterator[RegionOf]:
    """Ask through a proxy that is trusted: this very machine."""
    networks = (ip_network("127.0.0.0/8"), ip_network("203.0.113.0/24"))
    settings = seeded_resources.settings.model_copy(update={"trusted_proxies": networks})
    with running_app(
        create_app(replace(seeded_resources, settings=settings), catalogue_view)
    ) as client:
        yield lambda **headers: detected_region(client, headers)


def detected_region(client: httpx.Client, headers: dict[str, str], **params: str) -> str:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    encoded = {name.encode(): value.encode() for name, value in named.items()}
    response = client.get("/api/recommendations/homepage", headers=encoded, params=params)
    assert response.status_code == 200
    return str(response.json()["region"])


def test_without_any_sign_it_is_india(client: httpx.Client, region_behind_proxy: RegionOf) -> None:
    assert detected_region(client, {}) == "IN"
    assert region_behind_proxy() == "IN"


def test_headers_of_vercel_are_believed(region_behind_proxy: RegionOf) -> None:
    assert region_behind_proxy(x_vercel_ip_country="US") == "US"
    assert region_behind_proxy(x_vercel_ip_country="IN", x_vercel_ip_country_region="TS") == "IN-TG"


def test_headers_of_cloudflare_are_believed(region_behind_proxy: RegionOf) -> None:
    assert region_behind_proxy(cf_ipcountry="JP") == "JP"
    assert region_behind_proxy(cf_ipcountry="IN", cf_region_code="KL") == "IN-KL"


@pytest.mark.parametrize("country", ["XX", "T1", "", "Narnia", "IN; DROP", "ÿÿ"])
def test_a_header_that_names_no_country_is_passed_over(
    region_behind_proxy: RegionOf, country: str
) -> None:
    assert region_behind_proxy(cf_ipcountry=country, x_forwarded_for=JAPAN) == "JP"


def test_a_subdivision_that_cannot_be_leaves_the_country(region_behind_proxy: RegionOf) -> None:
    assert region_behind_proxy(cf_ipcountry="IN", cf_region_code="no such") == "IN"


def test_an_address_behind_a_trusted_proxy_is_looked_up(region_behind_proxy: RegionOf) -> None:
    assert region_behind_proxy(x_forwarded_for=GERMANY) == "DE"
    assert region_behind_proxy(x_forwarded_for=f"{JAPAN}, {GERMANY}, {CLOUD}") == "DE"
    assert region_behind_proxy(x_forwarded_for="2001:200::1") == "JP"


@pytest.mark.parametrize("address", ["10.0.0.1", "::1", "unknown", "", ", ,", "1" * 5000])
def test_an_address_that_tells_nothing_is_india(
    region_behind_proxy: RegionOf, address: str
) -> None:
    assert region_behind_proxy(x_forwarded_for=address) == "IN"


def test_a_proxy_knows_better_than_the_address(region_behind_proxy: RegionOf) -> None:
    assert region_behind_proxy(cf_ipcountry="US", x_forwarded_for=JAPAN) == "US"


@pytest.mark.parametrize(
    "header", ["x_vercel_ip_country", "cf_ipcountry", "x_forwarded_for", "x_real_ip"]
)
def test_headers_from_anybody_else_are_not_believed(client: httpx.Client, header: str) -> None:
    value = JAPAN if header.endswith(("for", "ip")) and "country" not in header else "JP"
    assert detected_region(client, {header: value}) == "IN"


def test_what_is_asked_for_comes_before_all(
    client: httpx.Client, region_behind_proxy: RegionOf
) -> None:
    assert detected_region(client, {"cf_ipcountry": "JP"}, region="IN-KA") == "IN-KA"


def test_regions_count_for_search_and_trending_too(client: httpx.Client) -> None:
    for path in ("/api/search", "/api/trending"):
        here, there = (
            [hit["id"] for hit in client.get(path, params={"region": each}).json()["items"]]
            for each in ("IN-TG", "US")
        )
        assert here != there


PATHS_WITH_REGION = (
    "/api/search",
    "/api/trending",
    "/api/recommendations/homepage",
    "/api/recommendations/personalized",
    "/api/user/onboarding",
)


@pytest.mark.parametrize("path", PATHS_WITH_REGION)
def test_every_list_uses_the_region_of_the_profile(
    seeded_resources: Resources, catalogue_view: CatalogueView, path: str
) -> None:
    app = create_app(seeded_resources, catalogue_view)
    with running_app(app) as client, viewer_factory(app, client.base_url) as viewers:
        viewer = viewers.with_account().http
        assert viewer.put("/api/user/profile", json={"region": "JP"}).status_code == 200
        anonymous = viewers.anonymous_client()
        assert list_of(viewer.get(path)) == list_of(anonymous.get(path, params={"region": "JP"}))
        explicit = viewer.get(path, params={"region": "IN-TG"})
        assert list_of(explicit) == list_of(anonymous.get(path, params={"region": "IN-TG"}))
        assert viewer.get(path).headers["cache-control"] == "no-store"


def list_of(response: httpx.Response) -> object:
    assert response.status_code == 200, response.text
    body = response.json()
    rows = body.get("rows") or [body]
    return [[(item["id"], item["reason"]) for item in row["items"]] for row in rows]


def test_a_region_chosen_in_the_browser_comes_before_the_detected_one(client: httpx.Client) -> None:
    cookie = {"cookie": "rasika_region=IN-KL"}
    assert detected_region(client, cookie) == "IN-KL"
    assert detected_region(client, cookie, region="US") == "US"
