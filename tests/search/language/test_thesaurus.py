import re

from search.language.thesaurus import (
    SYNONYM_WEIGHT,
    SYNONYMS_FILE,
    Thesaurus,
    bundled_thesaurus,
    synonym_neighbours,
)
from search.plots import stem


def test_a_word_stands_first_of_all_for_itself() -> None:
    assert Thesaurus({}).alternatives("flute") == {"flute": 1.0}
    assert bundled_thesaurus().alternatives("kidnap")["kidnap"] == 1.0


def test_words_of_a_group_stand_for_each_other_and_no_further() -> None:
    neighbours = synonym_neighbours(["jail prison", "prison dungeon"])
    assert neighbours["jail"] == {"prison": SYNONYM_WEIGHT}
    assert set(neighbours["prison"]) == {"jail", "dungeon"}


def test_what_is_carried_knows_everyday_synonyms() -> None:
    assert "abduct" in bundled_thesaurus().alternatives(stem("kidnapped"))
    assert all(0 < share <= 1 for share in bundled_thesaurus().alternatives("prison").values())


def test_every_group_is_well_formed() -> None:
    groups = SYNONYMS_FILE.read_text(encoding="utf-8").splitlines()
    assert len(groups) == len(set(groups))
    for group in groups:
        assert re.fullmatch(r"[a-z]+(?: [a-z]+)+", group), group
        assert len(set(group.split())) == len(group.split()), group
