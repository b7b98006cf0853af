"""Phonetic keys and stems of the bundled words, computed in advance: 0.1 s at start-up, not 4 s.

`word_keys.txt.gz` begins with a fingerprint of everything that the keys depend on. If it does not
match, they are computed at start-up, so they can never be stale; `rasika train word-keys` rewrites
the file. Keys are in the order of the words in the source files.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from inspect import getfile
from pathlib import Path

import structlog

from search.language import bundled_data
from search.language.bundled_data import DATA_FOLDER, GLOSSARY_LANGUAGES, glossary_file
from search.names import phonetic
from search.names.phonetic import phonetic_key, voiceless_key
from search.plots import stem

KEYS_FILE = DATA_FOLDER / "word_keys.txt.gz"
UNVOICED_LANGUAGES = ("ml", "ta")  # one letter for k and g, so people type either
ENGLISH, SYNONYMS, VOICELESS_SUFFIX = "english", "synonyms", ":voiceless"
KEY_PACKAGES = ("anyascii", "pystemmer")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WordKeys:
    """Lists of keys by name; see `compute_word_keys`."""

    lists: Mapping[str, list[str]]

    def glossary_keys(self, language: str) -> list[str]:
        """Return the phonetic key of each native form of a glossary."""
        return self.lists[language]

    def voiceless_keys(self, language: str) -> list[str]:
        """Return the voiceless keys of the same forms; none where the script writes voice."""
        return self.lists.get(language + VOICELESS_SUFFIX, [])

    @property
    def english_keys(self) -> list[str]:
        """The phonetic key of each word of `bundled_data.loanwords`."""
        return self.lists[ENGLISH]

    @property
    def synonym_stems(self) -> list[str]:
        """The stem of each word of `bundled_data.read_synonyms`, group after group."""
        return self.lists[SYNONYMS]


@lru_cache(maxsize=1)
def load_word_keys() -> WordKeys:
    """Return the keys from the file, or compute them if it is missing or out of date."""
    file_fingerprint, *lines = read_key_lines()
    if file_fingerprint != fingerprint():
        log.warning("word_keys_stale", file=KEYS_FILE.name)
        return compute_word_keys()
    names_and_keys = (line.partition("\t") for line in lines)
    return WordKeys({name: keys.split(",") for name, _, keys in names_and_keys})


def read_key_lines() -> list[str]:
    """Return the lines of the file; a single empty one if it is missing."""
    if not KEYS_FILE.exists():
        return [""]
    return gzip.decompress(KEYS_FILE.read_bytes()).decode().splitlines()


def write_word_keys() -> Path:
    """Compute the keys and write the file; return it."""
    lists = compute_word_keys().lists
    lines = [fingerprint(), *(f"{name}\t{','.join(keys)}" for name, keys in lists.items())]
    KEYS_FILE.write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))
    return KEYS_FILE


def compute_word_keys() -> WordKeys:
    """Return the keys of all bundled words; takes seconds."""
    lists: dict[str, list[str]] = {}
    for language in GLOSSARY_LANGUAGES:
        keys = [phonetic_key(form) for form, _ in bundled_data.read_glossary(language)]
        lists[language] = keys
        if language in UNVOICED_LANGUAGES:
            lists[language + VOICELESS_SUFFIX] = list(map(voiceless_key, keys))
    word_counts = bundled_data.read_romanised_models()["english"]["words"]
    lists[ENGLISH] = list(map(phonetic_key, bundled_data.loanwords(word_counts)))
    lists[SYNONYMS] = [stem(word) for group in bundled_data.read_synonyms() for word in group]
    return WordKeys(lists)


def fingerprint() -> str:
    """Return a hash of the code, the packages and the files that the keys are computed from."""
    files = [
        *map(glossary_file, GLOSSARY_LANGUAGES),
        bundled_data.MODEL_FILE,
        bundled_data.SYNONYMS_FILE,
        *(Path(getfile(module)) for module in (bundled_data, phonetic)),
    ]
    digest = sha256(" ".join(map(version, KEY_PACKAGES)).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
