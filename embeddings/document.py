"""The texts of a title that are embedded; its vector is their mean direction."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from babel import Locale

from db.tables.titles import Synopsis, Title, TitleName
from embeddings.embedder import Embedder
from vocabulary.arrays import Matrix

MAX_SYNOPSIS_CHARACTERS = (
    1200  # characters; the model reads 512 tokens, and a plot's start says most
)
MAX_NAMED_PEOPLE = 6  # people named where there is no plot to go by

TEXTS_PER_BATCH = (
    256  # texts handed to the model at once: enough for its passes to be of like length
)


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


def text_hash(texts: Sequence[str]) -> str:
    """Return a digest by which unchanged texts are known."""
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:32]


def embed_documents(embedder: Embedder, documents: Sequence[Sequence[str]]) -> Matrix:
    """Return (len(documents), dim) unit rows, each the mean direction of a document's parts."""
    texts = [part for parts in documents for part in parts]
    # Neighbours of like length keep the model's threads equally busy.
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    rows = np.empty((len(texts), embedder.dim), np.float32)
    for start in range(0, len(order), TEXTS_PER_BATCH):
        chosen = order[start : start + TEXTS_PER_BATCH]
        rows[chosen] = embedder.embed([texts[number] for number in chosen], role="document")
    ends = np.cumsum([len(parts) for parts in documents])
    sums = [part.sum(axis=0) for part in np.split(rows, ends[:-1])] if documents else []
    return np.stack([each / np.linalg.norm(each) for each in sums]) if sums else rows


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
