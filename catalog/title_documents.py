"""The texts of a title that are embedded: an overview, and each synopsis by itself."""

from collections.abc import Iterable

from babel import Locale

from db.tables.titles import Synopsis, Title, TitleName

MAX_SYNOPSIS_CHARACTERS = 1200  # the model reads 512 tokens, and the start of a plot says most
MAX_NAMED_PEOPLE = 6  # in a title without a synopsis


def document_texts(title: Title) -> list[str]:
    """Return what the model reads of a title: an overview, then each synopsis by itself.

    Chosen on 165 plain descriptions (tests/search/descriptions.jsonl: English, and Telugu, Tamil,
    Hindi, Kannada and Malayalam script) of the 960 seed titles; the right title was in the first
    five for .78 of them. One text of everything, people included, reached .61 with raw and .67
    with centred vectors; the overview and native synopses without the English one by itself .73;
    synopses alone .76; an overview without a synopsis beside them .66 to .74. People's names only
    dilute a plot, so they stand in where there is none.
    """
    synopses = [
        synopsis.text[:MAX_SYNOPSIS_CHARACTERS] for synopsis in _synopses_english_first(title)
    ]
    overview = [
        " / ".join(dict.fromkeys(each.name for each in _names_in_order(title.names))),
        _description(title),
        ", ".join(sorted(each.keyword for each in title.keywords)),
        synopses[0] if synopses else _billed_people(title),
    ]
    return [". ".join(part for part in overview if part), *synopses]


def _synopses_english_first(title: Title) -> list[Synopsis]:
    return sorted(title.synopses, key=lambda each: (each.language != "en", each.language))


def _names_in_order(names: Iterable[TitleName]) -> list[TitleName]:
    return sorted(names, key=lambda each: each.position)


def _description(title: Title) -> str:
    """Return for example `2012 Telugu movie, fantasy, action`."""
    language = Locale("en").languages.get(title.original_language or "", "")
    kind = " ".join(filter(None, [str(title.year or ""), language, title.kind.value]))
    genres = sorted(title.genres, key=lambda each: each.position)
    return ", ".join([kind, *(each.genre.replace("-", " ") for each in genres)])


def _billed_people(title: Title) -> str:
    billed = sorted(title.credits, key=lambda each: each.position)[:MAX_NAMED_PEOPLE]
    return ", ".join(dict.fromkeys(each.person.name for each in billed))
