"""Query parsing over the seed catalogue."""

import json
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import genres
from catalog.record import Record
from index.query import Filter
from search.names.tokenizer import tokenize
from search.parsing import lexicon
from search.parsing.entity_dictionary import EntityDictionary
from search.parsing.parsed_query import ParsedQuery, relaxations
from search.parsing.parser import parse_query
from vocabulary.ids import TitleId
from vocabulary.kinds import Kind
from vocabulary.name_folding import fold

SEED_FOLDER = Path(__file__).parents[3] / "catalog" / "seed"
DESCRIPTIONS_FILE = Path(__file__).parents[1] / "descriptions.jsonl"


@lru_cache(maxsize=1)
def catalogue() -> dict[TitleId, Record]:
    lines = [
        line
        for path in sorted(SEED_FOLDER.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return {number: Record.model_validate_json(line) for number, line in enumerate(lines, 1)}


@lru_cache(maxsize=1)
def entity_dictionary() -> EntityDictionary:
    built = EntityDictionary()
    for title_id, record in catalogue().items():
        names = [record.title, record.original_title, *record.names.values(), *record.aliases]
        built.set_names(
            title_id,
            [fold(name) for name in names if name],
            [fold(person.name) for person in record.people],
            popularity=(record.popularity or 0) / 100,
        )
    return built


def parse(text: str, *ignored_chip_keys: str) -> ParsedQuery:
    return parse_query(text, entity_dictionary(), ignored_chip_keys=frozenset(ignored_chip_keys))


def chip_keys(parsed: ParsedQuery) -> list[str]:
    """Return the keys of the chips, `?` after those that are only preferences."""
    return [chip.key + ("" if chip.hard else "?") for chip in parsed.chips]


def meets(record: Record, title_id: TitleId, title_filter: Filter) -> bool:
    year = record.year
    return (
        (not title_filter.kinds or record.kind in title_filter.kinds)
        and (
            not title_filter.languages
            or not title_filter.languages.isdisjoint(record.all_languages)
        )
        and (not title_filter.genres_any or not title_filter.genres_any.isdisjoint(record.genres))
        and title_filter.genres_all.issubset(record.genres)
        and title_filter.genres_none.isdisjoint(record.genres)
        and (
            title_filter.year_from is None or (year is not None and year >= title_filter.year_from)
        )
        and (title_filter.year_to is None or (year is not None and year <= title_filter.year_to))
        and (title_filter.include is None or title_id in title_filter.include)
        and not title_filter.providers
    )


LIST_QUERIES = [
    ("tamil", "language:ta", ""),
    ("telugu movies", "language:te kind:movie", ""),
    ("tamil thrillers", "language:ta genre:thriller", ""),
    ("comedy movies", "genre:comedy kind:movie", ""),
    ("thriller films from 90s", "genre:thriller kind:movie decade:1990", ""),
    ("90's bollywood", "decade:1990 language:hi", ""),
    ("1990s hindi romantic movies", "decade:1990 language:hi genre:romance kind:movie", ""),
    ("80s and 90s tamil movies", "decade:1980 decade:1990 language:ta kind:movie", ""),
    ("nineties rajinikanth action", "decade:1990 person:rajinikanth genre:action", ""),
    ("movies after 2015", "kind:movie years:2016-", ""),
    ("movies before 2000", "kind:movie years:-1999", ""),
    ("movies between 1990 and 2000", "kind:movie years:1990-2000", ""),
    ("tamil movies from 2010 to 2015", "language:ta kind:movie years:2010-2015", ""),
    ("2016 telugu movies", "year:2016 language:te kind:movie", ""),
    ("2020 ke baad hindi thriller", "years:2021- language:hi genre:thriller", ""),
    ("2020 tarvata vachina telugu comedy", "years:2021- language:te genre:comedy", ""),
    ("korean series", "language:ko kind:series", ""),
    ("hindi web series crime", "language:hi kind:series genre:crime", ""),
    ("japanese anime movies", "language:ja kind:anime", ""),
    ("netflix movies", "provider:netflix kind:movie", ""),
    ("web series on netflix", "kind:series provider:netflix", ""),
    ("movies on prime", "kind:movie provider:prime-video", ""),
    ("aha telugu movies", "provider:aha language:te kind:movie", ""),
    ("romantic comedy", "genre:romance genre:comedy", ""),
    ("romcom", "genre:romance genre:comedy", ""),
    ("south indian action movies", "language:south genre:action kind:movie", ""),
    ("latest telugu movies", "age:new? language:te kind:movie", ""),
    ("purani hindi film", "age:old? language:hi kind:movie", ""),
    ("తెలుగు హారర్ సినిమాలు", "language:te genre:horror kind:movie", ""),
    ("தமிழ் பேய் படங்கள்", "language:ta genre:horror kind:movie", ""),
    ("हिंदी कॉमेडी फिल्म", "language:hi genre:comedy kind:movie", ""),
    ("ಕನ್ನಡ ಐತಿಹಾಸಿಕ ಚಿತ್ರಗಳು", "language:kn genre:history kind:movie", ""),
    ("മലയാളം ത്രില്ലർ സിനിമകൾ", "language:ml genre:thriller kind:movie", ""),
    ("80s tamil kadhal padam", "decade:1980 language:ta genre:romance kind:movie", ""),
    ("pei padam", "genre:horror kind:movie", ""),
    ("malayalam family drama", "language:ml genre:family genre:drama", ""),
    ("top 10 hindi movies of 2016", "language:hi kind:movie year:2016", ""),
    ("90 के दशक की हिंदी फिल्में", "decade:1990 language:hi kind:movie", ""),
    ("90ల తెలుగు సినిమాలు", "decade:1990 language:te kind:movie", ""),
    ("90களின் தமிழ் படங்கள்", "decade:1990 language:ta kind:movie", ""),
    ("2000க்கு முன் வந்த தமிழ் படங்கள்", "years:-1999 language:ta kind:movie", ""),
    ("malayalam movies on hotstar", "language:ml kind:movie provider:hotstar", ""),
    ("hindi dubbed south movies", "language:south", "hindi dubbed"),
    ("1971 war movie", "kind:movie", "1971 war"),
    ("tamil movies not horror", "language:ta kind:movie no-genre:horror", ""),
    ("hindi movies without romance", "language:hi kind:movie no-genre:romance", ""),
    ("horror illatha tamil padam", "no-genre:horror language:ta kind:movie", ""),
    ("movies not in hindi", "kind:movie", "not in hindi"),
    ("prema katha chitralu", "genre:romance kind:movie", ""),
]

PERSON_QUERIES = [
    ("rajini robot movie", "person:rajinikanth", "robot"),
    ("90s shah rukh romance", "decade:1990 person:shah rukh khan genre:romance", ""),
    ("srk kajol movies", "person:shah rukh khan person:kajol kind:movie", ""),
    ("amitab bachan", "person:amitabh bachchan", ""),
    ("vijay sethupathy", "person:vijay sethupathi", ""),
    ("கமல்ஹாசன்", "person:kamal haasan", ""),
    ("எம்.ஜி.ஆர்", "person:mg ramachandran", ""),
    ("മോഹൻലാൽ സിനിമകൾ", "person:mohanlal kind:movie", ""),
    ("अमिताभ बच्चन की पुरानी फिल्में", "person:amitabh bachchan age:old? kind:movie", ""),
    ("movies of mani ratnam", "kind:movie person:mani ratnam", ""),
    ("films directed by christopher nolan", "kind:movie person:christopher nolan", ""),
    ("hichcock", "person:alfred hitchcock", ""),
    ("ratnam", "person:mani ratnam?", "ratnam"),
    ("vijay movies", "person:vijay kind:movie", ""),
    ("vijay", "person:vijay?", "vijay"),
    ("vikram movie", "person:vikram? kind:movie", "vikram"),
    ("vikram movies", "person:vikram kind:movie", ""),
    ("kamal movie", "person:kamal haasan kind:movie", ""),
    ("shankarnag", "person:shankar nag", ""),
    ("thala movies", "person:ajith kumar kind:movie", ""),
    ("jr ntr movies", "person:nt rama rao jr kind:movie", ""),
    ("rajini kamal", "person:rajinikanth person:kamal haasan", ""),
    ("rajinikanth's movies", "person:rajinikanth kind:movie", ""),
    ("mohanlalinte cinema", "person:mohanlal kind:movie", ""),
    ("மோகன்லால் படங்கள்", "person:mohanlal kind:movie", ""),
    ("ரஜினியின் படங்கள்", "person:rajinikanth kind:movie", ""),
    ("vijay nadicha padam", "person:vijay kind:movie", ""),
    ("தனுஷ் படம்", "person:dhanush kind:movie", ""),
    ("ఎన్టీఆర్ సినిమాలు", "person:nt rama rao kind:movie", ""),
    ("शाहरुख खान की फिल्में", "person:shah rukh khan kind:movie", ""),
    ("ಅಮಿತಾಭ್ ಬಚ್ಚನ್", "person:amitabh bachchan", ""),
    ("rakshith shetty", "person:rakshit shetty", ""),
]

MOODS = [
    ("sad", "mood:sad?", ""),
    ("feel good malayalam film", "mood:happy? language:ml kind:movie", ""),
    ("scary kannada movie", "mood:scary? language:kn kind:movie", ""),
    ("dukh bhari hindi film", "mood:sad? language:hi kind:movie", ""),
    ("navvinche telugu cinema", "mood:funny? language:te kind:movie", ""),
    ("ஜாலியான தமிழ் படம்", "mood:light? language:ta kind:movie", ""),
    ("mind bending thrillers", "mood:mind-bending? genre:thriller", ""),
    ("something funny", "mood:funny?", ""),
    ("i feel sad", "mood:sad?", ""),
    ("रुलाने वाली फिल्म", "mood:sad? kind:movie", ""),
    ("ದುಃಖದ ಸಿನಿಮಾ", "mood:sad? kind:movie", ""),
    ("പേടിപ്പിക്കുന്ന സിനിമ", "mood:scary? kind:movie", ""),
    ("heartwarming father and daughter story", "mood:happy?", "father and daughter story"),
]

PLOT_QUERIES = [
    ("a telugu teacher in a tamil school falls in love with a police officer", ""),
    ("bollywood actress murdered in mumbai", ""),
    ("a tamil family moves to delhi", ""),
    ("hindi teacher", ""),
    ("love", ""),
    ("maya", ""),
    ("1947 partition", ""),
    ("two friends drift apart after they meet in the 1990s", ""),
    ("man in his 40s", ""),
    ("he looks like a fly", ""),
    ("boy who fights like a tiger", ""),
    ("prime minister's daughter", ""),
    ("guy finds out his whole life is a TV show", ""),
    ("telugu movie where a man is reborn as a fly", "language:te"),
    ("man reborn as a fly telugu movie", "language:te"),
    ("french widow opens a shop", ""),
    ("english classes in america", ""),
    ("spanish series robbery with masks", "language:es kind:series"),
    ("kannada gangster mother film", "language:kn"),
]


@pytest.mark.parametrize(("text", "chips", "rest"), [*LIST_QUERIES, *PERSON_QUERIES, *MOODS])
def test_requests_for_lists_become_chips(text: str, chips: str, rest: str) -> None:
    parsed = parse(text)
    assert " ".join(chip_keys(parsed)) == chips
    assert parsed.remaining_text == rest


@pytest.mark.parametrize(("text", "chips"), PLOT_QUERIES)
def test_plot_words_are_not_filters(text: str, chips: str) -> None:
    parsed = parse(text)
    assert " ".join(chip_keys(parsed)) == chips
    if not chips:
        assert parsed.filter == Filter()
        assert parsed.remaining_text == text


@pytest.mark.parametrize(
    "text",
    ["Premam", "mumbai police", "Old Monk", "24", "96", "2.0", "Love Story", "Family Man", "ఈగ"],
)
def test_a_whole_title_name_has_no_chips(text: str) -> None:
    parsed = parse(text)
    assert parsed.chips == ()
    assert parsed.remaining_text == text


@pytest.mark.parametrize(
    ("text", "title", "like_text", "chips"),
    [
        ("like 96", "96", "", "like:96?"),
        ("similar to eega but funny", "Eega", "funny", "like:eega? mood:funny?"),
        ("movies like drishyam", "Drishyam", "", "like:drishyam?"),
        ("something like 3 idiots", "3 Idiots", "", "like:3 idiots?"),
        ("something like premam in tamil", "Premam", "", "like:premam? language:ta"),
        ("sad tamil movies like 96", "96", "", "like:96? mood:sad? language:ta kind:movie"),
        ("anime like death note", "Death Note", "", "like:death note? kind:anime"),
        ("96 like movies", "96", "", "like:96?"),
        ("i loved premam", "Premam", "", "like:premam?"),
        ("movies like kgf", "K.G.F: Chapter 1", "", "like:kgf?"),
        ("movies like drishyum", "Drishyam", "", "like:drishyum?"),
        (
            "mohanlal thriller like drishyam",
            "Drishyam",
            "",
            "like:drishyam? person:mohanlal genre:thriller",
        ),
        ("96 jaisi film", "96", "", "like:96?"),
        ("drishyam lanti cinema", "Drishyam", "", "like:drishyam?"),
        ("96 maathiri padam", "96", "", "like:96?"),
        ("ఈగ లాంటి సినిమా", "Eega", "", "like:ఈగ?"),
        ("96 மாதிரி படம்", "96", "", "like:96?"),
        ("शोले जैसी फिल्म", "Sholay", "", "like:शोले?"),
        ("ದೃಶ್ಯಂ ತರಹದ ಸಿನಿಮಾ", "Drishyam", "", "like:ದೃಶ್ಯಂ?"),
        ("ദൃശ്യം പോലെയുള്ള സിനിമ", "Drishyam", "", "like:ദൃശ്യം?"),
    ],
)
def test_a_like_request_names_a_title(text: str, title: str, like_text: str, chips: str) -> None:
    parsed = parse(text)
    assert parsed.like_title_id is not None
    assert catalogue()[parsed.like_title_id].title == title
    assert (parsed.remaining_text, parsed.like_text) == ("", like_text)
    assert " ".join(chip_keys(parsed)) == chips


@pytest.mark.parametrize("text", ["thevar makan", "kirk party", "vikarm veda", "777 charly"])
def test_a_text_that_is_nearly_a_title_names_no_person(text: str) -> None:
    assert not any(chip.hard for chip in parse(text).chips)


def test_a_year_beside_a_title_restricts_it() -> None:
    parsed = parse("Drishyam 2013")
    assert (parsed.remaining_text, chip_keys(parsed)) == ("Drishyam", ["year:2013"])


def test_a_person_who_sounds_like_the_title_is_preferred() -> None:
    entities = EntityDictionary()
    entities.set_names(1, ["hitchcock"])
    for title_id in (2, 3, 4):
        entities.set_names(title_id, [f"film {title_id}"], ["hichcok"])
    parsed = parse_query("Hichcok", entities)
    assert (parsed.remaining_text, set(parsed.preferences)) == ("Hichcok", {2, 3, 4})
    assert parse_query("Hitchcock", entities).chips == ()


def test_a_genre_word_stays_a_genre_if_a_title_only_sounds_like_it() -> None:
    entities = EntityDictionary()
    entities.set_names(1, ["komedi"])
    assert chip_keys(parse_query("comedy", entities)) == ["genre:comedy"]
    entities.set_names(2, ["comedy"])
    assert chip_keys(parse_query("comedy", entities)) == []


def test_a_title_inside_a_query_is_not_parsed() -> None:
    assert chip_keys(parse("mumbai police malayalam")) == ["language:ml"]


def test_movies_include_anime() -> None:
    assert parse("tamil movies").filter == Filter(
        languages=frozenset({"ta"}), kinds=frozenset({Kind.MOVIE, Kind.ANIME})
    )


def test_several_genres_are_all_required() -> None:
    assert parse("romantic comedy").filter.genres_all == frozenset({"romance", "comedy"})
    assert parse("comedy").filter.genres_any == frozenset({"comedy"})


def test_a_negated_genre_is_excluded() -> None:
    assert parse("tamil movies not horror").filter.genres_none == frozenset({"horror"})


def test_several_people_must_be_in_the_same_film() -> None:
    both = parse("kamal haasan and sridevi").filter.include
    one = parse("kamal haasan").filter.include
    assert both is not None
    assert one is not None
    assert both < one


def test_people_without_a_common_film_match_separately() -> None:
    parsed = parse("rajinikanth christopher nolan movies")
    assert parsed.filter.include == parse("rajinikanth movies").filter.include | (  # type: ignore[operator]  # both are somebody's titles
        parse("christopher nolan movies").filter.include
    )


def test_an_uncertain_person_is_a_preference_and_stays_in_the_text() -> None:
    parsed = parse("prabhas two brothers fight for throne")
    assert chip_keys(parsed) == ["person:prabhas?"]
    assert parsed.remaining_text == "prabhas two brothers fight for throne"
    titles = {catalogue()[title_id].title for title_id in parsed.preferences}
    assert "Baahubali: The Beginning" in titles


def test_a_chip_has_the_words_of_the_query() -> None:
    chips = {chip.key: (chip.label, chip.text) for chip in parse("90's Rajini robot film").chips}
    assert chips == {
        "decade:1990": ("1990s", "90's"),
        "person:rajinikanth": ("Rajinikanth", "Rajini"),
    }


def test_a_removed_chip_is_not_in_the_filter() -> None:
    assert chip_keys(parse("tamil thrillers", "language:ta")) == ["genre:thriller"]
    assert parse("tamil thrillers", "language:ta").remaining_text == ""


def test_the_words_of_a_removed_person_chip_return_to_the_text() -> None:
    parsed = parse("rajini robot movie", "person:rajinikanth")
    assert (parsed.remaining_text, parsed.chips) == ("rajini robot movie", ())


def test_requirements_are_relaxed_in_order() -> None:
    given_up = [
        {chip.key for chip in relaxed.relaxed_chips}
        for relaxed in relaxations(parse("nineties tamil rajinikanth action"))
    ]
    assert given_up == [
        {"decade:1990"},
        {"genre:action"},
        {"language:ta"},
        {"person:rajinikanth"},
        {"decade:1990", "genre:action"},
        {"decade:1990", "genre:action", "language:ta"},
        {"decade:1990", "genre:action", "language:ta", "person:rajinikanth"},
    ]


def test_a_relaxed_person_is_preferred_and_relaxed_genre_words_return() -> None:
    parsed = parse("rajinikanth heist movies")
    relaxed = {chip.key: each for each in relaxations(parsed) for chip in each.relaxed_chips[:1]}
    without_person = relaxed["person:rajinikanth"]
    assert without_person.filter.include is None
    assert frozenset(without_person.preferences) == parsed.filter.include
    assert (
        next(
            each.remaining_text
            for each in relaxations(parsed)
            if each.relaxed_chips[0].key == "genre:heist"
        )
        == "heist"
    )


def test_a_query_without_requirements_has_no_relaxations() -> None:
    assert list(relaxations(parse("like 96"))) == []


def test_no_filter_excludes_the_title_of_a_description() -> None:
    records = catalogue()
    lost = []
    for line in DESCRIPTIONS_FILE.read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        parsed = parse(told["query"])
        right = [
            (record, title_id)
            for title_id, record in records.items()
            if (record.title, record.year) == (told["title"], told["year"])
        ]
        if not any(meets(record, title_id, parsed.filter) for record, title_id in right):
            lost.append((told["query"], chip_keys(parsed)))
    assert lost == []


def test_every_genre_of_the_lexicon_is_one_of_the_catalogue() -> None:
    slugs = {
        slug
        for table in (lexicon.GENRES, lexicon.GENRE_PLURALS, lexicon.FILM_GENRES)
        for meant in table
        for slug in meant.split()
    }
    assert slugs <= set(genres.GENRES)


@pytest.mark.parametrize(
    "text", ["S. S. Rajamouli’s 90's sci-fi", "K.G.F: Chapter 2", "2.0", "½ e.t.", "ప్రేమ‌కథ"]
)
def test_tokens_are_the_words_of_the_folded_text(text: str) -> None:
    assert " ".join(word.folded for word in tokenize(text)) == fold(text)


def test_tokens_of_every_name_are_the_words_of_its_folded_form() -> None:
    names = {
        name for record in catalogue().values() for name in (record.title, *record.names.values())
    }
    # `fold` joins some Indian words, taking what stands before a vowel sign for an initial.
    differing = [
        name
        for name in names
        if "".join(word.folded for word in tokenize(name)) != fold(name).replace(" ", "")
    ]
    assert differing == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\0",
        "!!!",
        "\u200f\u202e",
        "🎬🍿",
        "\ud800",
        "tamil \udfff movies",
        "'; DROP TABLE title; --",
        "like " * 100,
        "between 1990 and " * 30,
        "90s " * 100,
        "a" * 10_000,
        "tamil movies " * 800,
        "(((((" * 2000,
        "్" * 500,
        "1" * 500,
        "99999 १९९० ٢٠١٥",
    ],
)
def test_hostile_texts_are_parsed_safely(text: str) -> None:
    parsed = parse(text)
    list(relaxations(parsed))
    assert all(chip.text in text for chip in parsed.chips)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_can_be_parsed(text: str) -> None:
    parsed = parse(text)
    if not parsed.chips and not parsed.remaining_positions:
        assert parsed.remaining_text == text.strip()


QUERY_WORDS_TEXT = (
    "tamil rajini 90s movies like 96 but funny sad on netflix comedy the of 2016 after ki film "
    "new తెలుగు సినిమా eega"
)
QUERY_WORDS = st.sampled_from(QUERY_WORDS_TEXT.split())


@given(st.lists(QUERY_WORDS, min_size=1, max_size=12))
def test_every_word_is_in_a_chip_or_the_remaining_text_or_a_filler(words: list[str]) -> None:
    text = " ".join(words)
    parsed = parse(text)
    for chip in parsed.chips:
        assert chip.text
        assert parse(text, *(each.key for each in parsed.chips)).chips != parsed.chips
    for relaxed in relaxations(parsed):
        assert relaxed.relaxed_chips
        assert not {chip.key for chip in relaxed.relaxed_chips if chip.hard} & {
            chip.key for chip in relaxed.chips if chip.hard
        }
