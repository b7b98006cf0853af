"""The six structures that a serving process holds."""

from collections.abc import Collection
from typing import Any

import pytest
from sqlalchemy import Engine

from index.query import Filter, Query
from runtime.catalogue_reader import CatalogueReader
from runtime.catalogue_view import TitleSummaries
from runtime.served_index import ServedIndex
from search.names.lexical import LexicalIndex
from search.names.tokenizer import tokenize
from search.parsing.entity_dictionary import EntityDictionary
from search.plots import PlotIndex, stem
from search.suggestions.suggester import Suggester
from search.suggestions.suggestion import SuggestionRequest
from tests.runtime.structure_contract import StructureContract
from vocabulary.ids import TitleId
from vocabulary.title_summary import TitleSummary


class TestTitleSummaries(StructureContract):
    def build(self) -> TitleSummaries:
        return TitleSummaries()

    def find(self, structure: Any, name: str) -> Collection[TitleId]:
        return [each.id for each in structure.by_id.values() if each.title == name]


class TestLexicalIndex(StructureContract):
    def build(self) -> LexicalIndex:
        return LexicalIndex()

    def find(self, structure: Any, name: str) -> Collection[TitleId]:
        return [match.title_id for match in structure.match(name)]


class TestPlotIndex(StructureContract):
    def build(self) -> PlotIndex:
        return PlotIndex()

    def find(self, structure: Any, name: str) -> Collection[TitleId]:
        terms = [{stem(name.casefold()): 1.0}]
        return [match.title_id for match in structure.match(terms, limit=10)]


class TestEntityDictionary(StructureContract):
    def build(self) -> EntityDictionary:
        return EntityDictionary()

    def find(self, structure: Any, name: str) -> Collection[TitleId]:
        return [structure.find_title(tokenize(name))]


class TestSuggester(StructureContract):
    def build(self) -> Suggester:
        return Suggester()

    def find(self, structure: Any, name: str) -> Collection[TitleId]:
        request = SuggestionRequest(folded=name.casefold(), region="IN")
        subjects = [each.subject for each in structure.suggest(request)]
        return [each.id for each in subjects if isinstance(each, TitleSummary)]


class TestServedIndex(StructureContract):
    @pytest.fixture(autouse=True)
    def _database(self, engine: Engine) -> None:
        self.engine = engine

    def build(self) -> ServedIndex:
        return ServedIndex(self.engine, CatalogueReader({}, {}))

    def find(self, structure: Any, name: str) -> Collection[TitleId]:
        """An index knows no names: all that matters is which ids it has."""
        ids = {"Eega": 1, "Magadheera": 2, "Baahubali": 3}
        wanted = Filter(include=frozenset({ids[name]}))
        return [hit.title_id for hit in structure.index.search(Query(filter=wanted, k=1))]

    def test_a_replaced_title_is_found_by_its_new_name_only(self) -> None:
        """It has no names."""
