import gzip
import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog import import_reader
from catalog.import_reader import ImportLine, UnreadableFile, read_lines

VALID_LINE = '{"kind": "movie", "title": "Eega"}'
WriteFile = Callable[..., Path]


def titles_of(lines: list[ImportLine]) -> list[str | None]:
    return [line.record.title if line.record else None for line in lines]


def problems_of(lines: list[ImportLine]) -> list[tuple[int, str]]:
    return [(line.number, problem) for line in lines for problem in line.problems]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("{", "not JSON"),
        ("Eega", "not JSON"),
        ('["Eega"]', "not a JSON object but list"),
        ('"Eega"', "not a JSON object but str"),
        ("null", "not a JSON object but NoneType"),
        ("[" * 100_000, "not JSON"),
        ('{"a":' * 100_000, "not JSON"),
        ('{"kind": "movie", "title": ' + "[" * 500 + "]" * 500 + "}", "title: "),
        ('{"kind": "movie", "title": "E", "year": ' + "9" * 5000 + "}", "not JSON"),
        ('{"kind": "movie", "title": "\\u0000"}', "U+0000"),
        ('{"kind": "movie", "title": "\\ud83d"}', "title: "),
        ('{"kind": "movie", "title": "E", "popularity": NaN}', "popularity: "),
    ],
)
def test_a_bad_line_is_reported_and_the_others_are_read(
    write_jsonl: WriteFile, broken: str, reason: str
) -> None:
    lines = list(read_lines(write_jsonl(VALID_LINE, broken, VALID_LINE)))
    assert titles_of(lines) == ["Eega", None, "Eega"]
    ((number, problem),) = problems_of(lines)
    assert number == 2
    assert reason in problem
    assert len(problem) < 250


def test_invalid_utf8_affects_only_its_line(tmp_path: Path) -> None:
    path = tmp_path / "titles.jsonl"
    path.write_bytes(b'{"kind": "movie", "title": "Am\xe9lie"}\n' + VALID_LINE.encode() + b"\n")
    lines = list(read_lines(path))
    assert titles_of(lines) == [None, "Eega"]
    assert problems_of(lines)[0][1].startswith("title: ")


def test_a_file_of_another_encoding_is_all_bad_lines(tmp_path: Path) -> None:
    path = tmp_path / "titles.jsonl"
    path.write_text(f"{VALID_LINE}\n", encoding="utf-16")
    assert not any(line.record for line in read_lines(path))


def test_blank_lines_are_skipped_but_counted(write_jsonl: WriteFile) -> None:
    assert [line.number for line in read_lines(write_jsonl("", VALID_LINE, "   ", VALID_LINE))] == [
        2,
        4,
    ]


def test_byte_order_marks_and_other_line_endings_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "titles.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + f"{VALID_LINE}\r\n{VALID_LINE}\r{VALID_LINE}".encode())
    assert titles_of(list(read_lines(path))) == ["Eega"] * 3


def test_separators_inside_a_text_do_not_end_the_line(write_jsonl: WriteFile) -> None:
    (line,) = read_lines(write_jsonl('{"kind": "movie", "title": "a\u2028b\u0085c"}'))
    assert line.record is not None


def test_unknown_fields_are_reported(write_jsonl: WriteFile) -> None:
    (line,) = read_lines(write_jsonl({"kind": "movie", "title": "Eega", "budget": 1}))
    assert line.record is not None
    assert line.ignored_fields == ("budget",)


@pytest.mark.parametrize("over", [0, 1, 5])
def test_a_line_that_is_too_long_is_skipped_and_the_next_one_read(
    write_jsonl: WriteFile, monkeypatch: pytest.MonkeyPatch, over: int
) -> None:
    monkeypatch.setattr(import_reader, "MAX_LINE_CHARACTERS", 100)
    long = json.dumps({"kind": "movie", "title": "x"}).ljust(100 + 50 * over)
    lines = list(read_lines(write_jsonl(VALID_LINE, long, VALID_LINE)))
    assert titles_of(lines) == ["Eega", None, "Eega"]
    assert [line.number for line in lines] == [1, 2, 3]


def test_a_line_of_the_maximum_length_is_read(
    write_jsonl: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_reader, "MAX_LINE_CHARACTERS", 100)
    assert titles_of(list(read_lines(write_jsonl(VALID_LINE.ljust(99), VALID_LINE)))) == [
        "Eega",
        "Eega",
    ]


@pytest.mark.parametrize("name", ["titles.jsonl", "titles.jsonl.gz", "titles.csv"])
def test_the_first_lines_are_read_without_the_rest(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    opened = gzip.open if name.endswith(".gz") else open
    row = "movie,Eega\n" if name.endswith(".csv") else VALID_LINE + "\n"
    with opened(path, "wt", encoding="utf-8") as stream:
        stream.write("kind,title\n" if name.endswith(".csv") else "")
        for _ in range(20):
            stream.write(row * 10_000)
    with path.open("r+b") as spoiled:  # far behind the lines that are asked for
        spoiled.truncate(path.stat().st_size - 100)
    lines = list(itertools.islice(read_lines(path), 3))
    assert titles_of(lines) == ["Eega"] * 3


def test_a_truncated_gzip_file_yields_its_lines_before_the_error(tmp_path: Path) -> None:
    path = tmp_path / "titles.jsonl.gz"
    made = "".join(f'{{"kind": "movie", "title": "{n}"}}\n' for n in range(5000))
    packed = gzip.compress(made.encode())
    path.write_bytes(packed[: len(packed) // 2])
    seen: list[ImportLine] = []
    with pytest.raises(UnreadableFile, match="ended before"):
        seen.extend(read_lines(path))
    assert titles_of(seen[:100]) == [str(n) for n in range(100)]


def test_a_damaged_gzip_file_is_refused_with_a_readable_error(tmp_path: Path) -> None:
    path = tmp_path / "titles.jsonl.gz"
    packed = bytearray(gzip.compress("".join(f'{{"n": {n}}}\n' for n in range(9999)).encode()))
    for place in range(2000, 2100):
        packed[place] ^= 0xFF
    path.write_bytes(packed)
    with pytest.raises(UnreadableFile, match=r"titles\.jsonl\.gz: "):
        list(read_lines(path))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("absent.jsonl", None, "no such file"),
        ("plain.jsonl.gz", b"{}\n", "gzip"),
        ("folder.jsonl", b"/", "directory"),
    ],
)
def test_an_unreadable_file_is_named_in_the_error(
    tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    path = tmp_path / name
    if content == b"/":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=reason) as refused:
        list(read_lines(path))
    assert refused.value.path == path
    assert str(path) in str(refused.value)


def test_an_empty_file_has_no_lines(write_jsonl: WriteFile, tmp_path: Path) -> None:
    assert list(read_lines(write_jsonl())) == []
    (tmp_path / "empty.csv").touch()
    assert list(read_lines(tmp_path / "empty.csv")) == []


@pytest.fixture
def write_csv(tmp_path: Path) -> WriteFile:
    def write(text: str, name: str = "titles.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


def test_a_csv_file_with_a_mapping_gives_records(write_csv: WriteFile) -> None:
    path = write_csv(
        "id,type,name,overview,genres,cast,rel\r\n"
        '12,movie,Eega,"A man, reborn\r\nas a fly","Fantasy|Action","Nani, Samantha",2012\r\n'
    )
    mapping = {
        "title": "name",
        "kind": "type",
        "year": "rel",
        "synopsis.en": "overview",
        "external_ids.tmdb": "id",
        "people": "cast",
    }
    (line,) = read_lines(path, mapping)
    assert line.problems == line.ignored_fields == ()
    made = line.record
    assert made is not None
    assert (made.title, made.year) == ("Eega", 2012)
    assert made.synopsis == {"en": "A man, reborn\r\nas a fly"}
    assert made.external_ids == {"tmdb": "12"}
    assert [person.name for person in made.people] == ["Nani", "Samantha"]
    assert made.genres == ["fantasy", "action"]


def test_tsv_columns_are_separated_by_tabs_also_gzipped(tmp_path: Path) -> None:
    path = tmp_path / "titles.tsv.gz"
    path.write_bytes(gzip.compress(b"kind\ttitle\nmovie\tEega, the fly\n"))
    assert titles_of(list(read_lines(path))) == ["Eega, the fly"]


def test_a_mapped_column_missing_in_the_file_is_an_error(write_csv: WriteFile) -> None:
    path = write_csv("kind,name\nmovie,Eega\n")
    with pytest.raises(UnreadableFile, match="no column title_x; it has kind, name"):
        list(read_lines(path, {"title": "title_x"}))


def test_a_missing_required_column_is_a_problem_of_each_row(write_csv: WriteFile) -> None:
    lines = list(read_lines(write_csv("kind,year\nmovie,2012\nmovie,2013\n")))
    assert problems_of(lines) == [(2, "title: Field required"), (3, "title: Field required")]


def test_rows_of_the_wrong_length_are_read_as_far_as_possible(
    write_csv: WriteFile,
) -> None:
    lines = list(
        read_lines(write_csv("kind,title,year\nmovie,Eega\nmovie,Baahubali,2015,more,and more\n"))
    )
    assert titles_of(lines) == ["Eega", "Baahubali"]


def test_a_bad_row_is_reported_and_the_others_are_read(write_csv: WriteFile) -> None:
    rows = f"kind,title,year\nmovie,A,soon\nmovie,{'x' * 200_000},1\nmovie,Eega,2012\n"
    lines = list(read_lines(write_csv(rows)))
    assert titles_of(lines) == [None, None, "Eega"]
    assert [number for number, _ in problems_of(lines)] == [2, 3]
    assert "field larger than field limit" in problems_of(lines)[1][1]


def test_a_row_that_is_too_long_is_not_imported(
    write_csv: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_reader, "MAX_LINE_CHARACTERS", 200)
    lines = list(read_lines(write_csv(f"kind,title\nmovie,{'x' * 900}\nmovie,Eega\n")))
    assert titles_of(lines)[-1] == "Eega"


def test_a_cell_may_hold_json_but_a_title_in_brackets_is_a_title(write_csv: WriteFile) -> None:
    path = write_csv(
        "kind,title,genres,ratings\n"
        'movie,[REC],"[""Horror""]","[{""source"": ""imdb"", ""score"": 7.4}]"\n'
        'movie,[2007],"[broken",\n'
        f'movie,Deep,"{"[" * 100_000}",\n'
    )
    first, second, third = read_lines(path)
    assert first.record is not None
    assert first.record.title == "[REC]"
    assert first.record.genres == ["horror"]
    assert first.record.ratings[0].score == 7.4
    assert [number for number, _ in problems_of([second, third])] == [3, 4]
    assert all(told.startswith("genres: ") for _, told in problems_of([second, third]))


def test_a_dotted_mapping_wins_over_a_column_of_the_whole_name(write_csv: WriteFile) -> None:
    (line,) = read_lines(
        write_csv("kind,title,synopsis,plot\nmovie,Eega,x,A fly\n"), {"synopsis.en": "plot"}
    )
    assert line.record is not None
    assert line.record.synopsis == {"en": "A fly"}


def test_json_is_renamed_too_and_the_object_itself_stays(write_jsonl: WriteFile) -> None:
    path = write_jsonl({"kind": "movie", "name": "Eega", "synopsis": {"te": "ఈగ"}, "plot": "A fly"})
    (line,) = read_lines(path, {"title": "name", "synopsis.en": "plot", "tagline": "absent"})
    assert line.record is not None
    assert line.record.title == "Eega"
    assert line.record.synopsis == {"te": "ఈగ", "en": "A fly"}
