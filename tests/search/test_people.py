from search.names import NameMatch
from search.people import STRENGTH, PeopleIndex


def test_finds_every_title_of_a_person_by_the_whole_name_alone() -> None:
    people = PeopleIndex()
    people.update(1, ["nani", "ss rajamouli"])
    people.update(2, ["ss rajamouli"])
    assert people.match("ss rajamouli") == [NameMatch(1, STRENGTH), NameMatch(2, STRENGTH)]
    assert people.match("rajamouli") == []


def test_forgets_people_who_left_a_title_and_titles_that_went() -> None:
    people = PeopleIndex()
    people.update(1, ["nani", "sudeep"])
    people.update(1, ["nani"])
    assert people.match("sudeep") == []
    people.update(1, ())
    assert people.match("nani") == []
