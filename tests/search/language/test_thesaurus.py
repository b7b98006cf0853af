import re

from search.language.bundled_data import read_synonyms
from search.language.thesaurus import (
    SYNONYM_WEIGHT,
    Thesaurus,
    bundled_thesaurus,
    synonym_neighbours,
)
from search.plots import stem


def test_a_stem_has_full_weight_for_itself() -> None:
    assert Thesaurus({}).alternatives("flute") == {"flute": 1.0}
    assert bundled_thesaurus().alternatives("kidnap")["kidnap"] == 1.0


def test_synonyms_are_not_transitive() -> None:
    neighbours = synonym_neighbours([["jail", "prison"], ["prison", "dungeon"]])
    assert neighbours["jail"] == {"prison": SYNONYM_WEIGHT}
    assert set(neighbours["prison"]) == {"jail", "dungeon"}


def test_the_bundled_thesaurus_has_common_synonyms() -> None:
    assert "abduct" in bundled_thesaurus().alternatives(stem("kidnapped"))
    assert all(0 < weight <= 1 for weight in bundled_thesaurus().alternatives("prison").values())


def test_every_synonym_group_is_well_formed() -> None:
    groups = read_synonyms()
    assert len(groups) == len({tuple(group) for group in groups})
    for group in groups:
        assert len(group) > 1
        assert all(re.fullmatch("[a-z]+", word) for word in group), group
        assert len(set(group)) == len(group), group
