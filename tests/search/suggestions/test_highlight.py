import pytest

from search.suggestions.highlight import highlight_spans


@pytest.mark.parametrize(
    ("name", "typed", "parts"),
    [
        ("Baahubali: The Beginning", "bahu", ["Baahu"]),
        ("Baahubali: The Beginning", "begin", ["Begin"]),
        ("K.G.F: Chapter 2", "kgf", ["K.G.F"]),
        ("S. S. Rajamouli", "ss raj", ["S. S. Raj"]),
        ("బాహుబలి", "bahu", ["బాహు"]),
        ("క్షణం", "క", ["క్ష"]),
        ("Shah Rukh Khan", "khan shah", ["Shah", "Khan"]),
        ("Magadheera", "magaddera", ["Magadheera"]),
        ("Eega", "xyz", []),
        ("", "a", []),
        ("!!", "a", []),
    ],
)
def test_the_typed_part_is_highlighted(name: str, typed: str, parts: list[str]) -> None:
    assert [name[start:end] for start, end in highlight_spans(name, typed)] == parts
