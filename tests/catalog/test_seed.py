"""The seed catalogue that ships with Rasika: its form, its spread and its facts."""

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from catalog.genres import canonical_slugs
from catalog.import_reader import read_lines
from catalog.languages import SCRIPT_OF_LANGUAGE
from catalog.record import Record
from vocabulary.kinds import Kind
from vocabulary.name_folding import fold
from vocabulary.writing_systems import script_of

PROJECT_FOLDER = Path(__file__).parents[2]
SEED_FILES = sorted((PROJECT_FOLDER / "catalog" / "seed").glob("*.jsonl"))
REFERENCE_FOLDER = PROJECT_FOLDER.parent / "shared" / "data"

CANONICAL_KEY_ORDER = (
    *("kind", "title", "original_title", "original_language", "languages", "names", "aliases"),
    *("year", "end_year", "runtime_minutes", "episodes", "genres", "keywords", "synopsis"),
    *("people", "countries", "certificate", "popularity", "ratings", "external_ids", "source"),
)
EAST_ASIAN_SCRIPTS = {
    "ja": {"Jpan", "Hani"},
    "ko": {"Kore", "Hani"},
}  # scripts written side by side
RUN_WORDS = 8  # words in a row that two people do not write by chance

needs_reference = pytest.mark.skipif(
    not REFERENCE_FOLDER.is_dir(), reason="the reference data, ../shared/data, are absent"
)


@cache
def seed_records() -> tuple[Record, ...]:
    lines = (line for path in SEED_FILES for line in read_lines(path))
    return tuple(line.record for line in lines if line.record is not None)


def title_and_year(record: Record) -> str:
    return f"{record.title} ({record.year})"


def original_language(record: Record) -> str:
    assert record.original_language is not None, title_and_year(record)
    return record.original_language


def films_in_language(language: str) -> list[Record]:
    return [
        record
        for record in seed_records()
        if record.kind == Kind.MOVIE and record.original_language == language
    ]


def people_with_jobs(record: Record, *job_names: str) -> list[str]:
    return [part.name for part in record.people if part.job in job_names]


@pytest.mark.parametrize("path", SEED_FILES, ids=lambda path: path.stem)
class TestEveryFile:
    def test_is_read_without_problems_or_ignored_fields(self, path: Path) -> None:
        faults = [
            (line.number, line.problems, line.ignored_fields)
            for line in read_lines(path)
            if line.problems or line.ignored_fields
        ]
        assert faults == []

    def test_is_written_in_the_one_canonical_form(self, path: Path) -> None:
        for line in path.read_text(encoding="utf-8").splitlines():
            data = json.loads(line)
            ordered = {key: data[key] for key in CANONICAL_KEY_ORDER if data.get(key)}
            assert line == json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))

    def test_is_sorted_by_year_and_title(self, path: Path) -> None:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        keys = [(line["year"], line["title"]) for line in lines]
        assert keys == sorted(keys)


class TestSpread:
    @pytest.mark.parametrize(
        ("language", "least"),
        [("te", 120), ("ta", 120), ("hi", 120), ("kn", 50), ("ml", 50), ("en", 70)],
    )
    def test_holds_enough_films_of_a_language(self, language: str, least: int) -> None:
        assert len(films_in_language(language)) >= least

    @pytest.mark.parametrize(("kind", "least"), [(Kind.ANIME, 40), (Kind.SERIES, 40)])
    def test_holds_enough_titles_of_a_kind(self, kind: Kind, least: int) -> None:
        assert sum(record.kind == kind for record in seed_records()) >= least

    def test_holds_six_hundred_titles(self) -> None:
        assert len(seed_records()) >= 600

    def test_covers_every_decade_from_the_fifties_to_the_twenties(self) -> None:
        decades = {record.year // 10 * 10 for record in seed_records() if record.year}
        assert decades >= set(range(1950, 2030, 10))

    def test_tells_many_plots_in_their_own_script(self) -> None:
        native = [
            record
            for record in seed_records()
            if original_language(record) in SCRIPT_OF_LANGUAGE
            and original_language(record) in record.synopsis
        ]
        assert len(native) >= 150


class TestEveryTitle:
    def test_has_canonical_genres_only(self) -> None:
        # the record makes them canonical, so that the file itself has to be asked
        for path in SEED_FILES:
            for line in path.read_text(encoding="utf-8").splitlines():
                genres = json.loads(line)["genres"]
                assert 1 <= len(genres) <= 5
                assert [slug for genre in genres for slug in canonical_slugs(genre)] == genres

    def test_is_called_in_latin_script_and_originally_in_its_own(self) -> None:
        odd = [
            (title_and_year(record), record.original_title)
            for record in seed_records()
            if script_of(record.title) != "Latn" or not is_in_native_script(record)
        ]
        assert odd == []

    def test_has_an_english_synopsis_of_a_few_sentences(self) -> None:
        odd = []
        for record in seed_records():
            text = record.synopsis.get("en", "")
            sentences = len(re.findall(r"[.!?][\"')]?(?=\s|$)", text))
            if not (2 <= sentences <= 5 and 150 <= len(text) <= 900):
                odd.append((title_and_year(record), sentences, len(text)))
        assert odd == []

    def test_has_native_synopses_mostly_in_their_script(self) -> None:
        odd = [
            (title_and_year(record), language)
            for record in seed_records()
            for language, text in record.synopsis.items()
            if script_of(text) != SCRIPT_OF_LANGUAGE.get(language, "Latn")
        ]
        assert odd == []

    def test_names_the_director_of_a_film(self) -> None:
        nameless = [
            title_and_year(record)
            for record in seed_records()
            if record.kind == Kind.MOVIE and not people_with_jobs(record, "director")
        ]
        assert nameless == []

    def test_has_a_year_people_countries_and_a_popularity(self) -> None:
        lacking = [
            title_and_year(record)
            for record in seed_records()
            if not (record.year and record.people and record.countries and record.popularity)
        ]
        assert lacking == []

    def test_ends_no_earlier_than_it_starts(self) -> None:
        ends = [
            (title_and_year(r), r.year, r.end_year) for r in seed_records() if r.year and r.end_year
        ]
        assert [end for end in ends if end[2] < end[1]] == []


class TestIdentity:
    def test_lists_no_title_twice(self) -> None:
        same = Counter((fold(record.title), record.year, record.kind) for record in seed_records())
        assert [key for key, times in same.items() if times > 1] == []

    def test_lists_no_original_title_twice_in_neighbouring_years(self) -> None:
        years: dict[tuple[str, str, Kind], list[int]] = defaultdict(list)
        for record in seed_records():
            key = (fold(record.original_title or ""), original_language(record), record.kind)
            years[key].append(record.year or 0)
        close = [
            key
            for key, found in years.items()
            if any(later - earlier <= 1 for earlier, later in pairwise(sorted(found)))
        ]
        assert close == []

    def test_gives_an_external_id_to_one_title_only(self) -> None:
        ids = Counter(item for record in seed_records() for item in record.external_ids.items())
        assert [key for key, times in ids.items() if times > 1] == []

    def test_spells_a_person_in_one_way(self) -> None:
        spellings: dict[str, set[str]] = defaultdict(set)
        for record in seed_records():
            for part in record.people:
                spellings[fold(part.name)].add(part.name)
        assert [names for names in spellings.values() if len(names) > 1] == []


@needs_reference
class TestAgainstReferenceData:
    def test_agrees_on_the_year_wherever_ids_match(self) -> None:
        apart = [
            (title_and_year(record), row["year"])
            for record, row in records_with_reference()
            if row.get("year") and abs(row["year"] - (record.year or 0)) > 1
        ]
        assert apart == []

    def test_agrees_on_the_director_wherever_ids_match(self) -> None:
        apart = []
        for record, row in records_with_reference():
            people = row.get("people") or []
            theirs = [part["name"] for part in people if part.get("job") == "director"]
            ours = people_with_jobs(record, "director", "creator")
            if theirs and not any(share_a_name(mine, other) for mine in ours for other in theirs):
                apart.append((title_and_year(record), ours, theirs))
        assert apart == []

    def test_copies_no_run_of_words_from_a_synopsis(self) -> None:
        ours = {
            run: record for record in seed_records() for run in word_runs(record.synopsis["en"])
        }
        copied = {
            (title_and_year(ours[run]), run)
            for row in reference_rows()
            for text in (row.get("synopsis") or {}).values()
            for run in word_runs(text)
            if run in ours
        }
        assert copied == set()


def is_in_native_script(record: Record) -> bool:
    title = record.original_title or ""
    if not any(character.isalpha() for character in title):
        return True  # "96" and "2.0" are numbers in every script
    language = original_language(record)
    if language in EAST_ASIAN_SCRIPTS:
        return any(script_of(character) in EAST_ASIAN_SCRIPTS[language] for character in title)
    return script_of(title) == SCRIPT_OF_LANGUAGE.get(language, "Latn")


@cache
def reference_rows() -> tuple[dict[str, Any], ...]:
    rows: list[dict[str, Any]] = []
    for path in sorted(REFERENCE_FOLDER.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            rows.extend(json.loads(line) for line in stream)
    return tuple(rows)


def records_with_reference() -> Iterator[tuple[Record, dict[str, Any]]]:
    ours = {item: record for record in seed_records() for item in record.external_ids.items()}
    for row in reference_rows():
        for source, value in (row.get("external_ids") or {}).items():
            if (source, str(value)) in ours:
                yield ours[source, str(value)], row


def share_a_name(mine: str, other: str) -> bool:
    """Tell whether two spellings share a name, `Sai Paranjpye` and `Sai Paranjape`."""
    pairs = [(word, their) for word in fold(mine).split() for their in fold(other).split()]
    pairs.append((fold(mine).replace(" ", ""), fold(other).replace(" ", "")))
    return any(
        min(len(word), len(their)) > 2 and SequenceMatcher(None, word, their).ratio() >= 0.75
        for word, their in pairs
    )


def word_runs(text: str) -> Iterator[str]:
    words = re.findall(r"[\w']+", text.casefold())
    for start in range(len(words) - RUN_WORDS + 1):
        yield " ".join(words[start : start + RUN_WORDS])
