from pathlib import Path

import pytest

from search.language import word_keys
from search.language.glossary import bundled_glossaries
from search.language.word_keys import compute_word_keys, fingerprint, load_word_keys


def file_fingerprint() -> str:
    return word_keys.read_key_lines()[0]


def test_the_key_file_matches_its_sources() -> None:
    assert file_fingerprint() == fingerprint(), "run `rasika train word-keys`"


def test_the_key_file_holds_what_would_be_computed() -> None:
    assert load_word_keys() == compute_word_keys()


def test_keys_are_computed_when_the_file_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(word_keys, "KEYS_FILE", tmp_path / "missing.txt.gz")
    monkeypatch.setattr(word_keys, "compute_word_keys", lambda: word_keys.WordKeys({"te": ["ka"]}))
    assert load_word_keys.__wrapped__().glossary_keys("te") == ["ka"]


def test_keys_are_computed_when_a_source_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_keys, "fingerprint", lambda: "of other sources")
    monkeypatch.setattr(word_keys, "compute_word_keys", lambda: word_keys.WordKeys({"te": ["ka"]}))
    assert load_word_keys.__wrapped__().glossary_keys("te") == ["ka"]


def test_every_language_has_a_glossary() -> None:
    assert set(bundled_glossaries()) == {"hi", "kn", "ml", "ta", "te"}
