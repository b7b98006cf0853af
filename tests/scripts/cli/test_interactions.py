"""Import and export of interactions, and rebuilt tastes."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from config.settings import Settings
from db import interactions as log
from db.engine import open_session
from embedded.lease import Lease
from scripts.cli import interactions, taste, titles
from scripts.cli.console import CommandFailed
from viewers.interaction_format import InteractionLine, parse_line

VIEWER_ID = UUID(int=7)
EVENT_TIME = "2024-05-06T07:08:09Z"


@pytest.fixture
def settings(own_database: Engine, servers: Lease, write_jsonl: Callable[..., Path]) -> Settings:
    """A home with two titles, 1 and 2."""
    url = own_database.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, redis_url=servers.redis_url)
    eega = {"kind": "movie", "title": "Eega", "external_ids": {"imdb": "tt2258337"}}
    path = write_jsonl(eega, {"kind": "movie", "title": "Lagaan"})
    titles.import_titles(settings, [path], {})
    return settings


def line(title_id: int = 1, **fields: object) -> dict[str, object]:
    return {
        "viewer": str(VIEWER_ID),
        "content_id": title_id,
        "event": "like",
        "at": EVENT_TIME,
        **fields,
    }


def state(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT t::text FROM standing t UNION ALL SELECT t::text FROM taste t")
        )
        return sorted(rows.scalars())


def test_exported_interactions_are_imported_once_and_rebuild_the_same_state(
    settings: Settings,
    own_database: Engine,
    write_jsonl: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = [
        line(1, id=str(uuid4()), device="tv", row="because:7", position=2),
        line(2, event="rate", value=4.5),
        line(2, event="watch", progress=0.3, viewer="user 12"),
        line(1, event="impression", session_id="abc"),
    ]
    interactions.import_interactions(settings, [write_jsonl(*lines, name="lines.jsonl")], {})
    assert "4 new, 0 already stored, 0 bad" in capsys.readouterr().out
    before = state(own_database)
    assert len(before) == 5  # three title states, two tastes
    exported = tmp_path / "out.jsonl.gz"
    interactions.export_interactions(settings, exported)
    assert "4 interactions" in capsys.readouterr().out
    with gzip.open(exported, "rt") as stream:
        first = json.loads(stream.readline())
    assert first == {**lines[0], "external_ids": {"imdb": "tt2258337"}}
    interactions.import_interactions(settings, [exported], {})
    assert "0 new, 4 already stored, 0 bad" in capsys.readouterr().out
    with own_database.begin() as connection:
        connection.execute(text("TRUNCATE viewer CASCADE"))
    interactions.import_interactions(settings, [exported], {})
    taste.rebuild_tastes(settings, None)
    assert "2 tastes of 3 events" in capsys.readouterr().out
    assert state(own_database) == before


def test_ratings_of_another_system_are_imported(
    settings: Settings, own_database: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("user,movie,stars,when\n12,tt2258337,4,1400000000\n12,tt1,5,1400000000\n")
    mapping = {"viewer": "user", "external_ids.imdb": "movie", "value": "stars", "at": "when"}
    interactions.import_interactions(settings, [path], mapping)
    output = capsys.readouterr()
    assert "1 new, 0 already stored, 1 bad" in output.out
    assert f"{path}:3: there is no such title" in output.err
    with open_session(own_database) as reading:
        ((viewer_id, rated),) = log.read_all(reading)
    assert (rated.title_id, rated.event, rated.value) == (1, "rate", 4.0)
    taste.rebuild_tastes(settings, viewer_id)
    assert "1 tastes of 1 events" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"event": "sing"}, "event: "),
        ({"content_id": None}, "give `content_id` or `external_ids`"),
        ({"content_id": 0}, "content_id: "),
        ({"at": None}, "at: "),
        ({"at": "2024-05-06T07:08:09"}, "at: Input should have timezone info"),
        ({"at": "2999-01-01T00:00:00Z"}, "at: is in the future"),
        ({"at": "1970-01-01T00:00:00Z"}, "at: is in the future, or before 1990"),
        ({"event": "rate"}, "`rate` needs a `value`"),
        ({"event": "rate", "value": 7}, "value: "),
        ({"viewer": ""}, "viewer: "),
    ],
)
def test_invalid_lines_are_reported_by_field_and_reason(
    fields: dict[str, object], problem: str
) -> None:
    problems = parse_line({**line(), **fields})
    assert not isinstance(problems, InteractionLine)
    assert problem in "; ".join(problems)


def test_commands_without_effect_fail(settings: Settings, write_jsonl: Callable[..., Path]) -> None:
    with pytest.raises(CommandFailed, match="no line of"):
        interactions.import_interactions(settings, [write_jsonl(line(99), name="bad.jsonl")], {})
    with pytest.raises(CommandFailed, match="has no interactions"):
        taste.rebuild_tastes(settings, uuid4())
    with pytest.raises(CommandFailed, match="no such file"):
        interactions.export_interactions(settings, Path("missing") / "out.jsonl")
