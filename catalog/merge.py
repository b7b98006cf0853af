"""Merging records into titles: which source may change what.

The first source of a title may correct it: its values replace the stored ones. Every other source
fills empty fields and adds new values: names, ids, ratings, synopses in further languages,
availability.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog.certificates import parse_certificate
from catalog.record import Record, RecordPart
from db.tables.titles import (
    EVERY_REGION,
    Availability,
    ContentWarning,
    Credit,
    ExternalId,
    Image,
    Person,
    Rating,
    Synopsis,
    Title,
    TitleCountry,
    TitleGenre,
    TitleKeyword,
    TitleLanguage,
    TitleName,
    Video,
)
from vocabulary.kinds import NameKind
from vocabulary.name_folding import fold
from vocabulary.writing_systems import script_of

PeopleByFoldedName = Mapping[str, Person]  # by folded name

MAX_VOTES = 2**31 - 1  # the largest value of PostgreSQL's type `integer`

MERGED_FIELDS = (
    "original_title",
    "original_language",
    "release_date",
    "year",
    "end_year",
    "runtime_minutes",
    "episodes",
    "tagline",
    "format",
)
"""Fields that titles and records have in common."""


def create_title(record: Record, people: PeopleByFoldedName) -> Title:
    """Return a new title made from a record."""
    title = Title(
        kind=record.kind, title=record.title, folded=fold(record.title), source=record.source
    )
    merge_record(title, record, people, may_correct=True, first_in_run=True)
    return title


def merge_record(
    title: Title,
    record: Record,
    people: PeopleByFoldedName,
    *,
    may_correct: bool,
    first_in_run: bool,
) -> None:
    """Merge a record into a title whose lists are loaded.

    `may_correct` lets it replace stored values; `first_in_run`, true for the source's first record
    of the title in this run, lets it replace that source's ratings.
    """
    _merge_fields(title, record, may_correct=may_correct)
    _merge_names(title, record)
    _merge_lists(title, record, people, may_correct=may_correct)
    _merge_sources(title, record, first_in_run=first_in_run)
    title.rating, title.votes = weighted_rating(title.ratings)


def weighted_rating(ratings: Iterable[Rating]) -> tuple[float | None, int]:
    """Return the mean score on 0..10, weighted by votes, and the total of votes."""
    scored = [
        (10 * rating.score / rating.scale, rating.votes or 1)
        for rating in ratings
        if rating.score is not None
    ]
    votes = sum(rating.votes or 0 for rating in ratings)
    if not scored:
        return None, min(votes, MAX_VOTES)
    weight = sum(count for _, count in scored)
    return round(sum(score * count for score, count in scored) / weight, 2), min(votes, MAX_VOTES)


def _merge_fields(title: Title, record: Record, *, may_correct: bool) -> None:
    if may_correct:
        title.title, title.folded = record.title, fold(record.title)
    for name in MERGED_FIELDS:
        value = getattr(record, name)
        if value is not None and (may_correct or getattr(title, name) is None):
            setattr(title, name, value)
    if record.certificate and (may_correct or title.certificate is None):
        title.certificate, title.minimum_age = parse_certificate(record.certificate)
    title.adult = title.adult or record.is_adult


def _merge_names(title: Title, record: Record) -> None:
    known = {(name.name, name.language) for name in title.names}
    for name, language, kind in _names(record):
        # A name that is stored with a language is not added again without one.
        if (name, language) in known or (language is None and any(name == k for k, _ in known)):
            continue
        known.add((name, language))
        title.names.append(
            TitleName(
                position=1 + max((each.position for each in title.names), default=-1),
                name=name,
                language=language,
                script=script_of(name),
                kind=kind,
                folded=fold(name),
            )
        )


def _names(record: Record) -> Iterable[tuple[str, str | None, NameKind]]:
    if record.original_title:
        yield record.original_title, record.original_language, NameKind.ORIGINAL
    for language, name in record.names.items():
        yield name, language, NameKind.TRANSLATED
    yield record.title, None, NameKind.PRIMARY
    for name in record.aliases:
        yield name, None, NameKind.ALIAS


def _merge_lists(
    title: Title, record: Record, people: PeopleByFoldedName, *, may_correct: bool
) -> None:
    """Merge the lists that come from one source as a whole, so that two sources do not mix."""
    rows: dict[str, list[Any]] = {
        "genres": [
            TitleGenre(genre=genre, position=position)
            for position, genre in enumerate(record.genres)
        ],
        "credits": list(_credits(record, people)),
        "keywords": [TitleKeyword(keyword=word) for word in dict.fromkeys(record.keywords)],
        "countries": [TitleCountry(country=country) for country in record.all_countries],
        "languages": [TitleLanguage(language=language) for language in record.all_languages],
        "warnings": [ContentWarning(warning=word) for word in dict.fromkeys(record.warnings)],
        "images": _numbered_rows(Image, record.images),
        "videos": _numbered_rows(Video, record.videos),
    }
    for name, new_rows in rows.items():
        if new_rows and (may_correct or not getattr(title, name)):
            setattr(title, name, new_rows)
    _require_original_language(title)
    _merge_synopses(title, record, may_correct=may_correct)


def _numbered_rows(table: type[Image | Video], parts: Sequence[RecordPart]) -> list[Any]:
    return [table(position=position, **part.model_dump()) for position, part in enumerate(parts)]


def _require_original_language(title: Title) -> None:
    """Add the original language if one source gave only others and another source gave it."""
    original = title.original_language
    if original and all(each.language != original for each in title.languages):
        title.languages.append(TitleLanguage(language=original))


def _credits(record: Record, people: PeopleByFoldedName) -> Iterable[Credit]:
    seen = set()
    for part in record.people:
        key = (fold(part.name), part.job, part.character)
        if key not in seen:
            seen.add(key)
            yield Credit(
                position=len(seen) - 1,
                person=people[fold(part.name)],
                job=part.job,
                character=part.character,
            )


def _merge_synopses(title: Title, record: Record, *, may_correct: bool) -> None:
    known = {synopsis.language: synopsis for synopsis in title.synopses}
    for language, text in record.synopsis.items():
        if language not in known:
            title.synopses.append(Synopsis(language=language, text=text, source=record.source))
        elif may_correct:
            known[language].text, known[language].source = text, record.source


def _merge_sources(title: Title, record: Record, *, first_in_run: bool) -> None:
    """Merge ids and ratings of each source, and availability."""
    for source, value in record.external_ids.items():
        if all((known.source, known.value) != (source, value) for known in title.external_ids):
            title.external_ids.append(ExternalId(source=source, value=value))
    for rating in _ratings(record):
        _merge_rating(title, rating, first_in_run=first_in_run)
    seen = {(known.provider, known.region, known.access) for known in title.availability}
    for part in record.availability:
        region = part.region or EVERY_REGION
        if (part.provider, region, part.access) not in seen:
            seen.add((part.provider, region, part.access))
            title.availability.append(
                Availability(
                    provider=part.provider, region=region, access=part.access, url=part.url
                )
            )


def _ratings(record: Record) -> Iterable[Rating]:
    """Yield a row per source; a popularity belongs to the source of the record."""
    rows = {part.source: Rating(**part.model_dump()) for part in record.ratings}
    if record.popularity is not None:
        # TMDB's listings, top lists and rich rows share one scale and one name in `ratings`.
        source = next(iter(rows)) if len(rows) == 1 else record.source
        rows.setdefault(source, Rating(source=source)).popularity = record.popularity
    return rows.values()


def _merge_rating(title: Title, rating: Rating, *, first_in_run: bool) -> None:
    known = next((each for each in title.ratings if each.source == rating.source), None)
    if known is None:
        title.ratings.append(rating)
        return
    if rating.score is not None and (first_in_run or known.score is None):
        known.score, known.scale = rating.score, rating.scale
    if rating.votes is not None and (first_in_run or known.votes is None):
        known.votes = rating.votes
    if rating.popularity is not None and (first_in_run or known.popularity is None):
        known.popularity = rating.popularity
