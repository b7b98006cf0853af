import pytest

from runtime.result_cache import ResultCache


def test_an_answer_is_worked_out_once() -> None:
    remembered, worked_out = ResultCache(), list[str]()

    def answer() -> str:
        worked_out.append("once")
        return "found"

    assert [remembered.get_or_compute(("search", "eega"), answer) for _ in range(3)] == [
        "found"
    ] * 3
    assert worked_out == ["once"]


def test_nothing_is_an_answer_too() -> None:
    remembered = ResultCache()
    assert remembered.get_or_compute("key", lambda: None) is None
    assert remembered.get_or_compute("key", lambda: "other") is None


def test_the_least_asked_for_is_given_up() -> None:
    remembered = ResultCache(capacity=2)
    for key in "aab":
        remembered.get_or_compute(key, lambda: 1)
    remembered.get_or_compute("c", lambda: 1)
    assert remembered.get_or_compute("b", lambda: 2) == 1
    assert remembered.get_or_compute("a", lambda: 2) == 2


def test_a_failure_is_not_remembered() -> None:
    remembered = ResultCache()
    with pytest.raises(ZeroDivisionError):
        remembered.get_or_compute("key", lambda: 1 // 0)
    assert remembered.get_or_compute("key", lambda: 3) == 3
