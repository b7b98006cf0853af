"""The one place that decides what a record changes about a title.

The source that told of a title first may correct it: what it says replaces what stands there.
Every other source fills what is empty and adds what is new: names, ids, ratings, synopses in
further languages, places to see it.
"""

from collections.abc import Iterable, Mapping

from catalog.certificates import parse_certificate
from catalog.record import Record
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

MAX_VOTES = 2**31 - 1  # what an integer column holds

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
"""Fields that a title and a record have in common."""


def create_title(record: Record, people: PeopleByFoldedName) -> Title:
    """Return a new title as the record tells it."""
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
    """Bring a record into a title whose lists are loaded.

    `own` lets it correct what is there; `first`, whether its source speaks of the title for the
    first time in this run, lets it correct that source's ratings.
    """
    _merge_fields(title, record, may_correct=may_correct)
    _merge_names(title, record)
    _merge_lists(title, record, people, may_correct=may_correct)
    _merge_sources(title, record, first_in_run=first_in_run)
    title.rating, title.votes = weighted_rating(title.ratings)


def weighted_rating(ratings: Iterable[Rating]) -> tuple[float | None, int]:
    """Return the mean score on 0..10, weighted by votes, and the votes in all."""
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
        # The same words need no second row for a vaguer reason.
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
    """Bring in the lists that one source should tell whole, lest two opinions mix."""
    if record.genres and (may_correct or not title.genres):
        title.genres = [
            TitleGenre(genre=genre, position=position)
            for position, genre in enumerate(record.genres)
        ]
    if record.people and (may_correct or not title.credits):
        title.credits = list(_credits(record, people))
    if record.keywords and (may_correct or not title.keywords):
        title.keywords = [TitleKeyword(keyword=word) for word in dict.fromkeys(record.keywords)]
    if record.all_countries and (may_correct or not title.countries):
        title.countries = [TitleCountry(country=country) for country in record.all_countries]
    if record.all_languages and (may_correct or not title.languages):
        title.languages = [TitleLanguage(language=language) for language in record.all_languages]
    _require_original_language(title)
    if record.warnings and (may_correct or not title.warnings):
        title.warnings = [ContentWarning(warning=word) for word in dict.fromkeys(record.warnings)]
    if record.images and (may_correct or not title.images):
        title.images = [
            Image(position=position, **image.model_dump())
            for position, image in enumerate(record.images)
        ]
    if record.videos and (may_correct or not title.videos):
        title.videos = [
            Video(position=position, **video.model_dump())
            for position, video in enumerate(record.videos)
        ]
    _merge_synopses(title, record, may_correct=may_correct)


def _require_original_language(title: Title) -> None:
    """Add it where one source told only the other languages, and a further one the original."""
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
    """Bring in what each source says for itself, or of places to see the title."""
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
    """Yield a row per source; a popularity belongs to the record's own source."""
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
