"""Search over the seed catalogue."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from urllib.parse import quote

import httpx
import pytest

from api.app import create_app
from config.resources import Resources
from runtime.catalogue_view import CatalogueView
from tests.running_app import list_items, list_titles, running_app

CARD_FIELDS = {
    *("id", "title", "original_title", "kind", "year", "language", "genres", "poster_url"),
    *("score", "terms", "reason"),
}
FEED_ONLY_FIELDS = {"slot", "source", "progress"}
INDEX_TERMS = {"similarity", "popularity", "regional", "freshness"}
PLOT = "a detective hunts a serial killer"


def test_a_response_is_a_page_of_results(client: httpx.Client) -> None:
    answer = client.get("/api/search", params={"q": PLOT, "limit": 3, "offset": 2}).json()
    assert (answer["limit"], answer["offset"], answer["total"]) == (3, 2, None)
    assert len(answer["items"]) == 3
    for hit in answer["items"]:
        assert set(hit) == CARD_FIELDS | FEED_ONLY_FIELDS
        assert not any(hit[name] for name in FEED_ONLY_FIELDS)
        assert set(hit["terms"]) >= INDEX_TERMS
        assert set(hit["reason"]) == {"code", "text", "title_id"}


@pytest.mark.parametrize(
    "path", ["/api/search?q=a+detective", "/api/search?q=eega", "/api/search", "/api/trending"]
)
def test_terms_add_up_to_the_score(client: httpx.Client, path: str) -> None:
    for hit in client.get(path).json()["items"]:
        assert sum(hit["terms"].values()) == pytest.approx(hit["score"], abs=1e-9)


@pytest.mark.parametrize("asked", [{"q": PLOT}, {"q": "baahubali"}, {}])
def test_results_are_ordered_by_score(client: httpx.Client, asked: dict[str, str]) -> None:
    scores = [hit["score"] for hit in client.get("/api/search", params=asked).json()["items"]]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    "asked", [{"q": PLOT}, {"q": "baahubali"}, {}, {"q": "love", "language": "te"}]
)
def test_pages_have_no_gaps_or_repetitions(client: httpx.Client, asked: dict[str, str]) -> None:
    whole = [hit["id"] for hit in list_items(client, "/api/search", limit=60, **asked)]
    pages = [
        hit["id"]
        for offset in (0, 20, 40)
        for hit in list_items(client, "/api/search", limit=20, offset=offset, **asked)
    ]
    assert pages == whole
    assert len(set(pages)) == 60


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Eega", "Eega"),
        ("ఈగ", "Eega"),
        ("enthiran", "Enthiran"),
        ("எந்திரன்", "Enthiran"),
        ("शोले", "Sholay"),
        ("SHOLAY", "Sholay"),
        ("kantara", "Kantara"),
        ("ಕಾಂತಾರ", "Kantara"),
        ("manichitrathazhu", "Manichitrathazhu"),
        ("Spirited Away", "Spirited Away"),
    ],
)
def test_a_name_in_any_script_finds_its_title_first(
    client: httpx.Client, name: str, title: str
) -> None:
    first = list_items(client, "/api/search", q=name)[0]
    assert first["title"] == title
    assert first["reason"]["code"] == "name"  # type: ignore[index]  # parsed JSON


def test_a_misspelt_name_finds_its_title(client: httpx.Client) -> None:
    assert "Magadheera" in list_titles(client, "/api/search", q="magadhera", limit=3)


def test_the_beginning_of_a_long_name_finds_its_title(client: httpx.Client) -> None:
    assert list_titles(client, "/api/search", q="dilwale dulh", limit=1) == [
        "Dilwale Dulhania Le Jayenge"
    ]


def test_plots_and_names_have_different_reasons(client: httpx.Client) -> None:
    assert list_items(client, "/api/search", q=PLOT)[0]["reason"]["code"] == "meaning"  # type: ignore[index]  # parsed JSON


@pytest.mark.parametrize(
    ("filters", "meets"),
    [
        ({"kind": "anime"}, lambda hit: hit["kind"] == "anime"),
        ({"kind": ["anime", "series"]}, lambda hit: hit["kind"] in ("anime", "series")),
        ({"genre": "comedy"}, lambda hit: "comedy" in hit["genres"]),
        (
            {"genre": ["horror", "war"]},
            lambda hit: {"horror", "war"} & set(hit["genres"]),
        ),
        ({"year_from": 2000}, lambda hit: hit["year"] >= 2000),
        ({"year_to": 1970}, lambda hit: hit["year"] <= 1970),
        ({"year_from": 1985, "year_to": 1985}, lambda hit: hit["year"] == 1985),
        (
            {"kind": "movie", "genre": "romance", "year_from": 1990},
            lambda hit: (
                hit["kind"] == "movie" and "romance" in hit["genres"] and hit["year"] >= 1990
            ),
        ),
    ],
)
@pytest.mark.parametrize("text", ["", "two friends on a journey", "robot"])
def test_every_result_passes_the_filter(
    client: httpx.Client, filters: Mapping[str, object], meets: object, text: str
) -> None:
    found = list_items(client, "/api/search", q=text, limit=50, **filters)
    assert found
    assert all(meets(hit) for hit in found)  # type: ignore[operator]  # a predicate of the table


@pytest.mark.parametrize("languages", [["te"], ["te", "ml"], [" TE "]])
def test_a_language_filter_passes_any_language_of_a_title(
    client: httpx.Client, languages: list[str]
) -> None:
    wanted = {language.strip().lower() for language in languages}
    for hit in list_items(client, "/api/search", q="family", language=languages, limit=20):
        details = client.get(f"/api/content/{hit['id']}/details").json()
        assert wanted & set(details["languages"])


@pytest.mark.parametrize("genre", ["Sci-Fi", "science fiction", "scifi", "SCIENCE-FICTION"])
def test_genres_may_be_written_as_synonyms(client: httpx.Client, genre: str) -> None:
    plain = list_items(client, "/api/search", genre="science-fiction", limit=100)
    assert list_items(client, "/api/search", genre=genre, limit=100) == plain
    assert plain


@pytest.mark.parametrize(
    "asked",
    [
        {"language": "xx"},
        {"genre": "no such thing"},
        {"genre": "%%"},
        {"genre": "international movies"},
        {"provider": "nobody"},
        {"provider": "netflix@ZZ"},
        {"year_from": 2010, "year_to": 2000},
    ],
)
@pytest.mark.parametrize("text", ["", "love"])
def test_a_filter_that_no_title_passes_finds_nothing(
    client: httpx.Client, asked: Mapping[str, object], text: str
) -> None:
    assert list_items(client, "/api/search", q=text, **asked) == []


def test_without_a_text_the_best_known_of_the_region_are_first(
    client: httpx.Client,
) -> None:
    first = list_items(client, "/api/search", region="IN-TG", limit=10)
    telugu = [hit for hit in first if hit["language"] == "te"]
    assert len(telugu) >= 7
    assert "Telangana" in str(telugu[0]["reason"])


@pytest.mark.parametrize("blank", ["", "   ", "\t\n", "\u3000"])
def test_a_blank_text_is_no_text(client: httpx.Client, blank: str) -> None:
    assert list_items(client, "/api/search", q=blank) == list_items(client, "/api/search")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("limit=NaN", "limit"),
        ("offset=-1", "offset"),
        ("offset=1001", "offset"),
        ("offset=1e9", "offset"),
        ("kind=opera", "kind"),
        ("kind=movie&kind=opera", "kind"),
        ("year_from=0", "year_from"),
        ("year_to=last", "year_to"),
        ("region=Narnia", "region"),
        ("region=IN-<script>", "region"),
        (f"language={'x' * 101}", "language"),
        ("genre=" + "&genre=".join(["drama"] * 51), "genre"),
        (f"q={'a' * 10_000}", "q"),
    ],
)
def test_an_invalid_parameter_is_named(client: httpx.Client, asked: str, field: str) -> None:
    response = client.get(f"/api/search?{asked}")
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "urn:rasika:problem:invalid-parameters"
    assert (problem["status"], problem["instance"]) == (422, "/api/search")
    assert {each["field"] for each in problem["errors"]} == {field}
    assert field in problem["detail"]
    assert len(response.content) < 2000


def test_all_invalid_parameters_are_named_together(client: httpx.Client) -> None:
    problem = client.get("/api/search?limit=0&offset=-1&kind=opera").json()
    assert {each["field"] for each in problem["errors"]} == {"limit", "offset", "kind"}


@pytest.mark.parametrize(
    "text",
    [
        "\0",
        "eega\0",
        "\u200f\u202eagee",
        "🎬🍿❤️",
        "'; DROP TABLE title; --",
        '" OR 1=1',
        "%",
        "_",
        "\\",
        "<script>alert(1)</script>",
        "${7*7}{{7*7}}",
        "../../etc/passwd",
        "\ufffe\uffff",
        "\U0010ffff",
        "a" * 500,
        "क" * 500,
        "👨‍👩‍👧‍👦" * 60,
        "̈" * 400,
        "ﷺ" * 400,
    ],
)
def test_unusual_texts_are_searched(client: httpx.Client, text: str) -> None:
    response = client.get("/api/search", params={"q": text, "limit": 5})
    assert response.status_code == 200
    assert len(response.json()["items"]) == 5


@pytest.mark.parametrize(
    "raw", ["%ED%A0%80", "%FF%FE", "%C3%28", "%00", "%", "%zz", "a%ED%BF%BF", quote("ఈగ")[:-2]]
)
def test_bytes_that_are_not_text_are_answered(client: httpx.Client, raw: str) -> None:
    for path in (f"/api/search?q={raw}", f"/api/search?q=a&genre={raw}&provider={raw}"):
        assert client.get(path).status_code == 200
    refused = client.get(f"/api/search?kind={raw}&region={raw}")
    assert refused.status_code == 422
    assert refused.json()["errors"]


def test_the_last_page_is_answered(client: httpx.Client) -> None:
    assert list_items(client, "/api/search", q=PLOT, limit=100, offset=900) != []
    assert list_items(client, "/api/search", q=PLOT, limit=100, offset=1000) == []


def test_unknown_parameters_are_ignored(client: httpx.Client) -> None:
    assert list_titles(client, "/api/search", q="eega", colour="red")[0] == "Eega"


def test_without_an_embedder_names_are_searched_and_counted_as_degraded(
    seeded_resources: Resources, catalogue_view: CatalogueView
) -> None:
    with running_app(
        create_app(replace(seeded_resources, embedder=None), catalogue_view)
    ) as client:
        answer = client.get("/api/search", params={"q": "eega"}).json()
        assert answer["degraded"] == ["embedder"]
        assert answer["items"][0]["title"] == "Eega"
        assert list_items(client, "/api/search", q="zzzz qqqq xxxx") == []
        counted = client.get("/metrics").text
        assert 'rasika_degraded_total{without="embedder"} 2.0' in counted
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")


def test_a_full_search_is_not_degraded(client: httpx.Client) -> None:
    assert client.get("/api/search", params={"q": PLOT}).json()["degraded"] == []


def test_the_same_search_has_the_same_results(client: httpx.Client) -> None:
    first, second = (client.get("/api/search", params={"q": PLOT}).json() for _ in range(2))
    assert first == second


def test_scores_do_not_rise_between_pages(client: httpx.Client) -> None:
    scores = [
        float(str(hit["score"]))
        for offset in (0, 100, 200)
        for hit in list_items(client, "/api/search", q=PLOT, limit=100, offset=offset)
    ]
    assert all(before >= after for before, after in pairwise(scores))


def test_reasons_are_in_the_language_of_the_reader(client: httpx.Client) -> None:
    for params in ({"q": PLOT}, {"q": "eega"}, {}):
        english, telugu = (
            client.get("/api/search", params=params, headers={"Accept-Language": language}).json()
            for language in ("en", "te-IN,te;q=0.9")
        )
        assert [hit["id"] for hit in english["items"]] == [hit["id"] for hit in telugu["items"]]
        reason = telugu["items"][0]["reason"]
        assert reason["code"] == english["items"][0]["reason"]["code"]
        assert any("\u0c00" <= letter <= "\u0c7f" for letter in reason["text"])
        assert english["items"][0]["reason"]["text"].isascii()
