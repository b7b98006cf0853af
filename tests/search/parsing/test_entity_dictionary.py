import threading

from hypothesis import given
from hypothesis import strategies as st

from search.names.tokenizer import tokenize
from search.parsing.entity_dictionary import EntityDictionary
from search.parsing.person_index import NameMatchLevel
from vocabulary.name_folding import fold


def dictionary_of_titles(*names: str) -> EntityDictionary:
    """Titles are numbered from 1 in the order of their names."""
    built = EntityDictionary()
    for title_id, name in enumerate(names, 1):
        built.set_names(title_id, [fold(name)])
    return built


def dictionary_of_people(**people: int) -> EntityDictionary:
    """People, `_` for a space, and the number of their titles."""
    built = EntityDictionary()
    for person, count in people.items():
        for _ in range(count):
            built.set_names(len(built) + 1, ["name"], [person.replace("_", " ")])
    return built


def find_title(entities: EntityDictionary, text: str) -> int | None:
    return entities.find_title(tokenize(text))


def test_a_title_is_found_in_every_script_and_spelling() -> None:
    entities = dictionary_of_titles("Baahubali", "The Family Man")
    assert [find_title(entities, text) for text in ("bahubali", "బాహుబలి", "family man", "eega")] == [
        1,
        1,
        2,
        None,
    ]


def test_only_long_names_may_have_other_spaces() -> None:
    entities = dictionary_of_titles("Lovestory", "Naan Ee")
    assert find_title(entities, "love story") == 1
    assert find_title(entities, "nani") is None


def test_an_exact_spelling_is_preferred_then_popularity() -> None:
    entities = EntityDictionary()
    entities.set_names(1, ["kadal"], popularity=0.9)
    entities.set_names(2, ["kadhal"], popularity=0.1)
    entities.set_names(3, ["kadhal"], popularity=0.2)
    assert find_title(entities, "kadhal") == 3


def test_a_name_before_its_subtitle_is_found_loosely() -> None:
    entities = EntityDictionary()
    entities.set_names(1, [fold("K.G.F: Chapter 1")], popularity=0.7)
    entities.set_names(2, [fold("K.G.F: Chapter 2")], popularity=0.8)
    assert entities.find_title_loosely(tokenize("kgf")) == 2
    assert find_title(entities, "kgf") is None


def test_a_name_with_a_typo_is_similar_to_a_title() -> None:
    entities = dictionary_of_titles("Thevar Magan")
    assert entities.has_similar_title(tokenize("thevar makan"))
    assert not entities.has_similar_title(tokenize("rajinikanth"))


def test_worse_matches_need_better_known_people() -> None:
    entities = dictionary_of_people(amitabh_bachchan=3, mani_ratnam=3, rakshit_shetty=1)
    likenesses = {
        text: [person.level for person in entities.find_people(tokenize(text))]
        for text in (
            "amitabh bachchan",
            "amitab bachan",
            "maniratnam",
            "amitabh bachhen",
            "rakshit shetty",
            "rakshith shetti",
        )
    }
    assert likenesses == {
        "amitabh bachchan": [NameMatchLevel.EXACT],
        "amitab bachan": [NameMatchLevel.SAME_SOUND],
        "maniratnam": [NameMatchLevel.RESPACED],
        "amitabh bachhen": [NameMatchLevel.NEAR],
        "rakshit shetty": [NameMatchLevel.EXACT],
        "rakshith shetti": [],
    }


def test_an_update_replaces_names_and_people() -> None:
    entities = EntityDictionary()
    entities.set_names(1, ["enthiran"], ["rajinikanth"])
    entities.set_names(1, ["robot"], ["aishwarya rai"])
    assert (find_title(entities, "enthiran"), find_title(entities, "robot")) == (None, 1)
    assert entities.find_person("rajinikanth") is None
    assert [each.name for each in entities.people_with_name_part(tokenize("rai")[0])] == [
        "aishwarya rai"
    ]


def test_a_removed_title_leaves_no_entries() -> None:
    entities = EntityDictionary()
    entities.set_names(1, ["kgf chapter 1", "ಕೆಜಿಎಫ್"], ["yash", "srinidhi shetty"])
    entities.set_names(1, ())
    entities.set_names(2, ())
    assert len(entities) == 0
    assert entities.find_title_loosely(tokenize("kgf")) is None
    assert entities.find_person("yash") is None
    assert entities.count_titles_with_word(tokenize("chapter")[0]) == 0


def test_the_popularity_of_a_title_can_change_alone() -> None:
    entities = dictionary_of_titles("Devdas", "Devdas")
    entities.set_names(2, ["devdas"], popularity=0.5)
    assert find_title(entities, "devdas") == 2
    entities.set_names(1, ["devdas"], popularity=0.6)
    assert find_title(entities, "devdas") == 1


names = st.lists(
    st.lists(st.text("aeikmnr", min_size=1, max_size=5), min_size=1, max_size=3).map(" ".join),
    max_size=3,
)


@given(st.lists(st.tuples(st.integers(1, 5), names, names), max_size=20), names)
def test_updates_give_the_same_state_as_a_fresh_index(
    history: list[tuple[int, list[str], list[str]]], asked: list[str]
) -> None:
    updated, fresh = EntityDictionary(), EntityDictionary()
    for title_id, titles, people in history:
        updated.set_names(title_id, titles, people)
    for title_id, (titles, people) in {each[0]: each[1:] for each in history}.items():
        fresh.set_names(title_id, titles, people)
    assert len(updated) == len(fresh)
    for text in [*asked, *(name for each in history for name in each[1] + each[2])]:
        words = tokenize(text)
        assert updated.find_title(words) == fresh.find_title(words)
        assert updated.find_title_loosely(words) == fresh.find_title_loosely(words)
        assert {each.name: each.title_ids for each in updated.find_people(words)} == {
            each.name: each.title_ids for each in fresh.find_people(words)
        }
        assert [updated.count_titles_with_word(word) for word in words] == [
            fresh.count_titles_with_word(word) for word in words
        ]


def test_reads_and_writes_may_be_concurrent() -> None:
    entities = dictionary_of_titles("Sholay")
    wrong: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                assert find_title(entities, "sholay") == 1
                entities.find_people(tokenize("amitabh bachchan"))
        except BaseException as error:
            wrong.append(error)
            raise

    def write() -> None:
        for number in range(2, 300):
            entities.set_names(
                number, [f"title {number}"], ["amitabh bachchan", f"person {number}"]
            )
            entities.set_names(number, ())

    reader, writer = threading.Thread(target=read), threading.Thread(target=write)
    reader.start()
    writer.start()
    writer.join()
    done.set()
    reader.join()
    assert wrong == []
    assert len(entities) == 1
