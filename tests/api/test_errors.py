"""Every error in one form, and what the service tells of itself."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
import redis
import structlog
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlmodel import Session

from api.app import create_app
from config.resources import Resources
from db.engine import connect
from runtime.catalogue_view import CatalogueView
from tests.running_app import running_app


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/content/1", "/nothing"])
def test_an_unknown_route_is_a_problem(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:rasika:problem:not-found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/api/search", "GET"),
        ("DELETE", "/api/content/1/details", "GET"),
        ("GET", "/api/admin/reindex", "POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(
    client: httpx.Client, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)
    assert response.json()["type"] == "urn:rasika:problem:method-not-allowed"


def test_a_browser_is_told_with_a_page_but_not_by_the_api(client: httpx.Client) -> None:
    browser = {"accept": "text/html"}
    page = client.get("/nothing", headers=browser)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "This reel is missing" in page.text
    api = client.get("/api/nothing", headers=browser)
    assert api.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("told", [True, False], ids=["with its length", "piece by piece"])
@pytest.mark.parametrize("path", ["/api/user/interactions", "/api/auth/login", "/signin"])
def test_a_body_of_many_megabytes_is_not_read(client: httpx.Client, path: str, told: bool) -> None:
    kind = "application/x-www-form-urlencoded" if path == "/signin" else "application/json"
    whole = b"[" + b"1," * (1 << 20) + b"1]"
    pieces = (whole[start : start + 65_536] for start in range(0, len(whole), 65_536))
    response = client.post(
        path, content=whole if told else pieces, headers={"content-type": kind, "dnt": "1"}
    )
    assert response.status_code == 413
    assert response.json()["type"] == "urn:rasika:problem:content-too-large"


def test_the_longest_batch_of_interactions_is_read(client: httpx.Client) -> None:
    long = '"' * 100
    each = {"id": str(uuid4()), "content_id": 7, "event": "unfavorite", "progress": 0.123456789}
    each |= {"session_id": long, "device": long, "row": long, "at": "2026-11-01T00:00:00+00:00"}
    response = client.post(
        "/api/user/interactions", json={"interactions": [each] * 500}, headers={"dnt": "1"}
    )
    assert response.status_code in (200, 422), response.text  # 422 once the day is too long ago


@pytest.fixture(scope="module")
def client_without_servers(
    seeded_resources: Resources, catalogue_view: CatalogueView
) -> Iterator[httpx.Client]:
    """The service after both of its servers went."""
    gone = connect("postgresql+psycopg://nobody@/gone?host=/nowhere", connect_timeout_s=1)
    nobody = redis.Redis(unix_socket_path="/nowhere/redis.sock")
    with running_app(
        create_app(replace(seeded_resources, engine=gone, redis=nobody), catalogue_view)
    ) as client:
        yield client
    gone.dispose()


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/api/content/1/details", "database-unavailable"),
        ("POST", "/api/admin/reindex", "queue-unavailable"),
        ("GET", "/api/admin/jobs/1", "queue-unavailable"),
    ],
)
def test_without_its_server_a_route_asks_to_come_back(
    client_without_servers: httpx.Client, method: str, path: str, kind: str
) -> None:
    response = client_without_servers.request(method, path)
    assert (response.status_code, response.json()["type"]) == (503, f"urn:rasika:problem:{kind}")
    assert int(response.headers["retry-after"]) > 0
    assert "/nowhere" not in response.text


def test_a_wrong_statement_is_logged_as_a_bug_and_is_no_outage(
    seeded_resources: Resources,
    catalogue_view: CatalogueView,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read_wrongly(session: Session, title_id: int) -> None:
        session.execute(text("SELECT nonsense"))

    monkeypatch.setattr("db.titles.get", read_wrongly)
    with (
        structlog.testing.capture_logs() as logs,
        running_app(create_app(seeded_resources, catalogue_view)) as client,
    ):
        response = client.get("/api/content/1/details")
    assert response.status_code == 500
    assert "nonsense" not in response.text
    (entry,) = [each for each in logs if each["event"] == "request_failed"]
    assert entry["path"] == "/api/content/1/details"
    assert "nonsense" in str(entry["exc_info"][1])


@pytest.mark.parametrize(
    "path",
    [
        "/api/search?q=eega",
        "/api/search",
        "/api/content/1/similar",
        "/api/trending",
        "/api/recommendations/homepage",
        "/",
        "/search?q=eega",
        "/posters/1.svg",
        "/livez",
    ],
)
def test_without_servers_what_is_in_memory_is_still_served(
    client_without_servers: httpx.Client, path: str
) -> None:
    assert client_without_servers.get(path).status_code == 200


def test_a_title_page_without_its_server_is_an_intermission(
    client_without_servers: httpx.Client,
) -> None:
    page = client_without_servers.get("/title/1", headers={"accept": "text/html"})
    assert page.status_code == 503
    assert int(page.headers["retry-after"]) > 0
    assert "Intermission" in page.text


def test_readiness_names_what_is_down(client_without_servers: httpx.Client) -> None:
    response = client_without_servers.get("/readyz")
    checks = {check["name"]: check["ok"] for check in response.json()["checks"]}
    assert (response.status_code, response.json()["status"]) == (503, "unready")
    assert checks == {"postgres": False, "redis": False, "embedder": True, "index": True}


def test_a_whole_service_is_ready(client: httpx.Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "ready")
    details = {check["name"]: check["detail"] for check in response.json()["checks"]}
    assert details["postgres"].startswith("PostgreSQL ")
    assert "titles" in details["index"]


def metric_value(client: httpx.Client, name: str, **labels: str) -> float:
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return sum(
        sample.value
        for sample in samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_metrics_count_requests_by_route(client: httpx.Client) -> None:
    asked = {"route": "/api/content/{id}/details", "status": "404", "method": "GET"}
    before = metric_value(client, "rasika_request_seconds_count", **asked)
    for number in (999_998, 999_999):
        client.get(f"/api/content/{number}/details")
    assert metric_value(client, "rasika_request_seconds_count", **asked) == before + 2


def test_metrics_put_what_matches_no_route_together(client: httpx.Client) -> None:
    unmatched = {"route": "unmatched", "status": "404"}
    before = metric_value(client, "rasika_request_seconds_count", **unmatched)
    for number in range(3):
        client.get(f"/nothing/{number}")
    assert metric_value(client, "rasika_request_seconds_count", **unmatched) == before + 3


def test_metrics_tell_the_size_of_the_index(
    client: httpx.Client, catalogue_view: CatalogueView
) -> None:
    assert metric_value(client, "rasika_index_titles") == len(catalogue_view.index) >= 600
    assert metric_value(client, "rasika_index_unconfirmed_seconds") < 5


def test_a_chosen_origin_may_call_from_a_browser(
    seeded_resources: Resources, catalogue_view: CatalogueView, client: httpx.Client
) -> None:
    settings = seeded_resources.settings.model_copy(
        update={"cors_origins": ("https://cinema.example",)}
    )
    with running_app(
        create_app(replace(seeded_resources, settings=settings), catalogue_view)
    ) as open_to_one:
        for origin, allowed in (("https://cinema.example", True), ("https://evil.example", False)):
            asked = {"origin": origin, "access-control-request-method": "GET"}
            plain = open_to_one.get("/api/search", headers={"origin": origin})
            before = open_to_one.options("/api/search", headers=asked)
            for response in (plain, before):
                granted = response.headers.get("access-control-allow-origin")
                assert (granted == origin) == allowed
    closed = client.get("/api/search", headers={"origin": "https://cinema.example"})
    assert "access-control-allow-origin" not in closed.headers


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }


def test_operations_keep_their_names(document: dict[str, Any]) -> None:
    assert {
        *("search", "content_details", "content_similar", "trending", "homepage"),
        *("admin_reindex", "admin_job", "livez", "readyz"),
    } <= set(operations(document))


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        assert operation["description"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (str(value) for name, value in node.items() if name == "$ref")
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_error_is_documented_as_the_problem_that_it_is(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        for status, response in operation["responses"].items():
            if int(status) >= 400 and name != "readyz":
                assert list(response["content"]) == ["application/problem+json"]
                assert response["description"]
    errors = {name: set(each["responses"]) for name, each in operations(document).items()}
    assert errors["content_details"] == {"200", "404", "422", "503"}
    assert errors["admin_job"] == {"200", "401", "403", "404", "422", "503"}
    assert errors["search"] == {"200", "401", "422"}
    assert {"400", "401", "403", "410", "413"} <= errors["interact"]


def test_there_are_examples_to_copy(document: dict[str, Any]) -> None:
    (q,) = [
        parameter
        for parameter in operations(document)["search"]["parameters"]
        if parameter["name"] == "q"
    ]
    assert "man reborn as a housefly" in str(q)
    assert document["components"]["schemas"]["TitleCard"]["examples"]
    assert document["components"]["schemas"]["Problem"]["examples"]


def test_the_documentation_page_opens(client: httpx.Client) -> None:
    assert client.get("/docs").status_code == 200
