"""When words of a query are requirements and when they belong to the plot: a rule per role."""

from collections.abc import Callable, Iterator, Sequence

from index.query import Filter
from search.parsing import lexicon
from search.parsing.chip_labels import display_name, genre_label, language_label
from search.parsing.mood_lexicon import MOOD_ENTRIES
from search.parsing.parsed_query import Aspect, Interpretation
from search.parsing.periods import Period
from search.parsing.person_mentions import Certainty, PersonMention
from search.parsing.phrase_table import FILM_ROLES, SOUTH_INDIAN_CODE, PhraseRole, has_any
from search.parsing.segments import MAX_SHORT_QUERY_WORDS, Segment, SegmentContext
from vocabulary.kinds import Kind

MAX_PLOT_WORDS_BESIDE_GENRE = 3  # beside a requested genre in the plural
MAX_PERSON_QUERY_WORDS = 8  # in longer texts a name may be a character's
MAX_MOOD_QUERY_WORDS = 6


def _word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PREFERENCE_BY_CERTAINTY = {
    Certainty.DOUBTFUL: 0.3,
    Certainty.PARTIAL: 0.5,
    Certainty.PROBABLE: 0.6,
    Certainty.CERTAIN: 0.8,
}
"""The preference for the titles of a person who is not required, 0..1."""

ON_WORDS = _word_set("on in at par pe lo la il mein me alli में पर లో இல் ಅಲ್ಲಿ")
STANDALONE_PROVIDERS = _word_set("aha prime")
SPEAKING_WORDS = _word_set("speaks speak speaking learn learns learning teaches teach knows know")
ARTICLE_WORDS = _word_set("a an the is")
SETTING_WORDS = _word_set("during set happens takes place")
MOVIE_KINDS = frozenset({Kind.MOVIE, Kind.ANIME})  # there are films among anime
INDIAN_CINEMA_LANGUAGES = frozenset({*lexicon.SOUTH_LANGUAGES, SOUTH_INDIAN_CODE, "hi"})
GENRE_ROLES = (PhraseRole.GENRE_PLURAL, PhraseRole.GENRE, PhraseRole.FILM_GENRE)
FILM_LIST_ROLES = (
    PhraseRole.LANGUAGE,
    PhraseRole.GENRE,
    PhraseRole.GENRE_PLURAL,
    PhraseRole.FILM,
    PhraseRole.FILMS,
    PhraseRole.KIND,
)


def interpret(context: SegmentContext) -> Iterator[Interpretation]:
    """Yield the interpretations of a segment; nothing if it belongs to the plot."""
    segment, negation = context.segment, context.negation
    if negation is not None:
        yield from _interpret_negated_genre(context, negation)
    elif segment.person_mention is not None:
        yield from _interpret_person(context, segment.person_mention)
    elif segment.period is not None:
        yield from _interpret_period(context, segment.period)
    else:
        rule = next((rule for role, rule in RULES_BY_ROLE if role in segment.meanings), None)
        if rule is not None:
            yield from rule(context)


def _interpret_negated_genre(
    context: SegmentContext, negation: Segment
) -> Iterator[Interpretation]:
    """Yield the excluded genres; nothing else can be excluded."""
    role = next((role for role in GENRE_ROLES if role in context.segment.meanings), None)
    if role is None or not (context.group.is_requested or context.group.is_short_query):
        return
    for slug in context.segment.meanings[role].split():
        yield Interpretation(
            chip=context.build_chip(
                f"no-genre:{slug}", f"Not {genre_label(slug).lower()}", hard=True
            ),
            aspect=Aspect.GENRE,
            positions=context.positions | set(range(negation.start, negation.stop)),
            filter=Filter(genres_none=frozenset({slug})),
        )


def _interpret_language(context: SegmentContext) -> Iterator[Interpretation]:
    code = context.segment.meanings[PhraseRole.LANGUAGE]
    if not _is_film_language(context, code):
        return
    codes = lexicon.SOUTH_LANGUAGES if code == SOUTH_INDIAN_CODE else (code,)
    yield Interpretation(
        chip=context.build_chip(f"language:{code}", language_label(code), hard=True),
        aspect=Aspect.LANGUAGE,
        positions=context.positions,
        filter=Filter(languages=frozenset(codes)),
    )


def _is_film_language(context: SegmentContext, language: str) -> bool:
    """Return whether a language is that of the films, not of someone in the plot."""
    group = context.group
    if context.word_after in lexicon.TRANSLATION_WORDS or context.word_before in SPEAKING_WORDS:
        return False
    if context.word_after in lexicon.PLOT_NOUNS_AFTER_LANGUAGE and not (
        group.query_names_films and group.is_short_query
    ):
        return group.is_whole_query
    if group.is_requested:
        return True
    # A French widow is a character; a Tamil robot is more likely a film.
    is_plausible = (
        language in INDIAN_CINEMA_LANGUAGES
        or context.segment.stop == len(context.words)
        or context.has_beside(*FILM_LIST_ROLES)
    )
    return group.is_short_query and is_plausible


def _interpret_kind(context: SegmentContext) -> Iterator[Interpretation]:
    group = context.group
    is_short = group.is_short_query and context.word_before not in ARTICLE_WORDS
    if (
        group.is_whole_query
        or is_short
        or group.at_start
        or (group.at_end and not context.is_alone)
    ):
        kind = context.segment.meanings[PhraseRole.KIND]
        yield _kind_interpretation(context, kind, frozenset({Kind(kind)}))


def _interpret_films(context: SegmentContext) -> Iterator[Interpretation]:
    """Yield the kind "movie" if the query only asks for a list of films."""
    has_kind = context.has_beside(PhraseRole.KIND) or any(
        has_any(segment.meanings, (PhraseRole.FILM, PhraseRole.FILMS))
        for segment in context.group.segments[: context.segment_index]
    )
    if context.group.is_whole_query and not has_kind and not context.is_alone:
        yield _kind_interpretation(context, "movie", MOVIE_KINDS)


def _kind_interpretation(
    context: SegmentContext, kind: str, kinds: frozenset[Kind]
) -> Interpretation:
    return Interpretation(
        chip=context.build_chip(f"kind:{kind}", lexicon.KIND_LABELS[kind], hard=True),
        aspect=Aspect.KIND,
        positions=context.positions,
        filter=Filter(kinds=kinds),
    )


def _interpret_genre(context: SegmentContext) -> Iterator[Interpretation]:
    """Yield the genres of requested films, else the mood of the words."""
    if not _requests_genre(context):
        yield from _interpret_mood(context)
        return
    meanings = context.segment.meanings
    slugs = next(meanings[role] for role in GENRE_ROLES if role in meanings)
    for slug in slugs.split():
        yield Interpretation(
            chip=context.build_chip(f"genre:{slug}", genre_label(slug), hard=True),
            aspect=Aspect.GENRE,
            positions=context.positions,
            filter=Filter(genres_any=frozenset({slug})),
        )


def _requests_genre(context: SegmentContext) -> bool:
    """Return whether a genre is requested: as the whole query, or as films in the plural."""
    group, meanings = context.group, context.segment.meanings
    if _is_historical(context.segment) and any(
        _is_single_year(segment) for segment in group.segments
    ):
        return False  # "1971 war movie" tells when the war was
    alone = has_any(meanings, (PhraseRole.GENRE_PLURAL, PhraseRole.GENRE))
    if not alone and not context.followed_by(*FILM_ROLES, PhraseRole.GENRE):
        return False
    if group.is_whole_query:
        return True
    plural = group.has_role(PhraseRole.FILMS, PhraseRole.GENRE_PLURAL)
    return plural and group.at_edge and group.plot_word_count <= MAX_PLOT_WORDS_BESIDE_GENRE


def _interpret_mood(context: SegmentContext) -> Iterator[Interpretation]:
    mood = context.segment.meanings.get(PhraseRole.MOOD)
    group = context.group
    is_mostly_mood = group.at_edge and group.content_word_count <= MAX_MOOD_QUERY_WORDS
    if mood is None or not (group.is_requested or group.is_short_query or is_mostly_mood):
        return
    yield Interpretation(
        chip=context.build_chip(f"mood:{mood}", MOOD_ENTRIES[mood].label, hard=False),
        aspect=Aspect.MOOD,
        positions=context.positions,
        keeps_words=context.has_beside(PhraseRole.CONTRAST),
        mood_text=MOOD_ENTRIES[mood].embedding_text,
    )


def _interpret_age(context: SegmentContext) -> Iterator[Interpretation]:
    group = context.group
    if context.has_beside(*FILM_LIST_ROLES) and (group.is_requested or group.is_short_query):
        age = context.segment.meanings[PhraseRole.AGE]
        yield Interpretation(
            chip=context.build_chip(f"age:{age}", age.capitalize(), hard=False),
            aspect=Aspect.AGE,
            positions=context.positions,
            freshness=1.0 if age == "new" else -1.0,
        )


def _interpret_provider(context: SegmentContext) -> Iterator[Interpretation]:
    meanings, group = context.segment.meanings, context.group
    if PhraseRole.PROVIDER in meanings:
        has_on = context.word_before in ON_WORDS or context.word_after in ON_WORDS
        is_requested = group.is_requested or (has_on and group.at_edge)
    else:
        is_standalone = (
            context.words[context.segment.start].folded in STANDALONE_PROVIDERS
            and group.is_whole_query
            and group.names_films
        )
        is_requested = is_standalone or (context.word_before == "on" and group.at_edge)
    if not is_requested:
        return
    provider = meanings.get(PhraseRole.PROVIDER) or meanings[PhraseRole.AMBIGUOUS_PROVIDER]
    slugs = lexicon.PROVIDER_SLUGS.get(provider, (provider,))
    yield Interpretation(
        chip=context.build_chip(
            f"provider:{provider}", lexicon.PROVIDER_LABELS[provider], hard=True
        ),
        aspect=Aspect.PROVIDER,
        positions=context.positions,
        filter=Filter(providers=frozenset(slugs)),
    )


def _interpret_period(context: SegmentContext, period: Period) -> Iterator[Interpretation]:
    group = context.group
    if context.content_word_before in SETTING_WORDS or not (
        group.is_requested or group.is_short_query
    ):
        return
    if _is_single_year(context.segment):
        if context.is_alone and not (group.is_whole_query or group.is_beside_title):
            return
        if any(_is_historical(segment) for segment in group.segments):
            return
    elif context.is_alone and not group.is_whole_query and not _is_decade(period):
        return
    yield Interpretation(
        chip=context.build_chip(period.chip_key, period.label, hard=True),
        aspect=Aspect.PERIOD,
        positions=context.positions,
        filter=Filter(year_from=period.first_year, year_to=period.last_year),
    )


def _is_single_year(segment: Segment) -> bool:
    period = segment.period
    if period is None or period.first_year is None:
        return False
    return period.first_year == period.last_year


def _is_decade(period: Period) -> bool:
    return period.chip_key.startswith("decade:")


def _is_historical(segment: Segment) -> bool:
    return any(
        slug in lexicon.HISTORICAL_GENRES
        for role in GENRE_ROLES
        for slug in segment.meanings.get(role, "").split()
    )


def _interpret_person(
    context: SegmentContext, person_mention: PersonMention
) -> Iterator[Interpretation]:
    hard = _is_person_required(context, person_mention)
    if not hard and not _is_person_preferred(context, person_mention):
        return
    yield Interpretation(
        chip=context.build_chip(
            f"person:{person_mention.name}", display_name(person_mention.name), hard=hard
        ),
        aspect=Aspect.PERSON,
        positions=context.positions,
        person_title_ids=person_mention.title_ids,
        strength=PREFERENCE_BY_CERTAINTY[person_mention.certainty],
    )


def _is_person_required(context: SegmentContext, person_mention: PersonMention) -> bool:
    group = context.group
    is_credited = bool(lexicon.CREDIT_WORDS & {context.word_before, context.word_after})
    is_sure = person_mention.certainty >= Certainty.PROBABLE or person_mention.is_well_known
    if is_credited and is_sure and group.content_word_count <= MAX_PERSON_QUERY_WORDS:
        return True
    if person_mention.certainty is Certainty.CERTAIN:
        return group.is_requested or group.content_word_count <= (
            MAX_PERSON_QUERY_WORDS if person_mention.is_well_known else MAX_SHORT_QUERY_WORDS
        )
    if person_mention.certainty is Certainty.PROBABLE:
        return group.is_requested or group.is_short_query
    if person_mention.is_title_name and not group.has_role(
        PhraseRole.FILMS, PhraseRole.GENRE_PLURAL, PhraseRole.GENRE
    ):
        return False  # "vikram movie" may be the film Vikram
    return group.is_whole_query and (
        context.has_beside(*FILM_LIST_ROLES) or any(map(_is_certain, group.segments))
    )


def _is_certain(segment: Segment) -> bool:
    person = segment.person_mention
    return segment.period is not None or (
        person is not None and person.certainty >= Certainty.PROBABLE
    )


def _is_person_preferred(context: SegmentContext, person_mention: PersonMention) -> bool:
    group = context.group
    if person_mention.certainty is Certainty.CERTAIN:
        return True
    if group.is_short_query:
        return (
            person_mention.certainty is not Certainty.PARTIAL
            or group.is_whole_query
            or not context.segment.start
        )
    if context.segment.start or person_mention.certainty is Certainty.PARTIAL:
        return False
    is_probable = person_mention.certainty is Certainty.PROBABLE
    max_words = MAX_PERSON_QUERY_WORDS if is_probable else MAX_MOOD_QUERY_WORDS
    return group.content_word_count <= max_words


RULES_BY_ROLE: Sequence[tuple[PhraseRole, Callable[[SegmentContext], Iterator[Interpretation]]]] = (
    (PhraseRole.PLOT_TEXT, lambda _: iter(())),
    (PhraseRole.LANGUAGE, _interpret_language),
    (PhraseRole.KIND, _interpret_kind),
    (PhraseRole.PROVIDER, _interpret_provider),
    (PhraseRole.AMBIGUOUS_PROVIDER, _interpret_provider),
    (PhraseRole.AGE, _interpret_age),
    (PhraseRole.FILMS, _interpret_films),
    (PhraseRole.FILM, _interpret_films),
    (PhraseRole.GENRE_PLURAL, _interpret_genre),
    (PhraseRole.GENRE, _interpret_genre),
    (PhraseRole.MOOD, _interpret_mood),
    (PhraseRole.FILM_GENRE, _interpret_genre),
)
"""The first role that words can have decides: "scary movies" is a mood and "horror" a genre."""
