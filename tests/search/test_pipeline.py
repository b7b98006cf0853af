"""The pipeline over a few titles in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from index.catalogue_row import CatalogueRow
from index.memory import MemoryIndex
from index.query import Attributes, Filter, IndexEntry
from search import pipeline
from search.language.query_expansion import bundled_expander
from search.names.lexical import LexicalIndex
from search.parsing.parser import EntityDictionary
from search.pipeline import SearchResult
from search.plots import PlotIndex
from tests.search.suggestions.test_suggester import title_summary
from vocabulary.arrays import Matrix, Vector
from vocabulary.kinds import Kind, Space

DIMENSIONS = 8


@dataclass
class SmallCatalogue:
    index: MemoryIndex = field(default_factory=MemoryIndex)
    names: LexicalIndex = field(default_factory=LexicalIndex)
    plots: PlotIndex = field(default_factory=PlotIndex)
    entity_dictionary: EntityDictionary = field(default_factory=EntityDictionary)


def axis(number: int) -> Vector:
    vector: Vector = np.eye(DIMENSIONS, dtype=np.float32)[number]
    return vector


def row(
    title_id: int, name: str, *, language: str = "te", people: str = "", plot: str = ""
) -> CatalogueRow:
    return CatalogueRow(
        title_summary(title_id, name, people=people),
        IndexEntry(
            title_id=title_id,
            attributes=Attributes(kind=Kind.MOVIE, languages=frozenset({language})),
            vectors={Space.CONTENT: axis(title_id)},
        ),
        plot,
    )


@pytest.fixture(scope="module")
def catalogue() -> SmallCatalogue:
    rows = [
        row(1, "magadheera", people="ram charan"),
        row(2, "eega", plot="a man is reborn as a housefly"),
        row(3, "iron man", language="en", people="robert downey"),
        row(4, "thevar magan", language="ta", people="kamal haasan"),
    ]
    small = SmallCatalogue()
    small.index.replace([each.entry for each in rows])
    small.names.load(rows)
    small.plots.load(rows)
    small.entity_dictionary.load(rows)
    return small


def embed(texts: Sequence[str]) -> Matrix:
    return np.stack([axis(7) for _ in texts])


def search(
    catalogue: SmallCatalogue,
    text: str,
    *,
    embedded: bool = True,
    languages: frozenset[str] = frozenset(),
) -> SearchResult:
    query = pipeline.analyze(catalogue, bundled_expander(), embed if embedded else None, text)
    return pipeline.retrieve(catalogue, query, Filter(languages=languages), "IN", k=10)


def title_ids(result: SearchResult) -> list[int]:
    return [hit.hit.title_id for hit in result.hits]


def test_a_title_name_finds_the_title_first(catalogue: SmallCatalogue) -> None:
    result = search(catalogue, "Magadheera")
    assert title_ids(result)[0] == 1
    assert (result.chips, result.did_you_mean, result.nearest) == ((), None, False)


def test_a_misspelt_name_is_suggested(catalogue: SmallCatalogue) -> None:
    assert search(catalogue, "magatheerra").did_you_mean == 1


def test_the_beginning_of_a_name_is_no_misspelling(catalogue: SmallCatalogue) -> None:
    assert search(catalogue, "magadh").did_you_mean is None


def test_results_without_names_or_plot_words_are_only_near(catalogue: SmallCatalogue) -> None:
    assert search(catalogue, "lighthouse").nearest
    assert not search(catalogue, "man reborn as a housefly").nearest


def test_a_requirement_that_leaves_nothing_is_relaxed(catalogue: SmallCatalogue) -> None:
    result = search(catalogue, "korean movies")
    assert len(result.hits) == 4
    assert [chip.key for chip in result.relaxed_chips] == ["language:ko"]
    assert "language:ko" not in [chip.key for chip in result.chips]


def test_the_callers_filter_is_never_relaxed(catalogue: SmallCatalogue) -> None:
    result = search(catalogue, "housefly", languages=frozenset({"ko"}))
    assert result.hits == ()


def test_without_an_embedder_names_and_plot_words_are_found(catalogue: SmallCatalogue) -> None:
    assert title_ids(search(catalogue, "reborn as a housefly", embedded=False)) == [2]
    assert title_ids(search(catalogue, "two brothers", embedded=False)) == []


def test_a_text_is_embedded_only_if_it_is_no_title(catalogue: SmallCatalogue) -> None:
    def fail(_: Sequence[str]) -> Matrix:
        raise AssertionError("embedded")

    pipeline.analyze(catalogue, bundled_expander(), fail, "eega")
    with pytest.raises(AssertionError, match="embedded"):
        pipeline.analyze(catalogue, bundled_expander(), fail, "a housefly takes revenge")
