"""The nine rasas: the moods that a story can evoke.

The first eight are those of the Natyashastra (chapter 6); the ninth, peace, was added by its
commentators (Abhinavagupta). A title matches a mood if its plot is near example plots of the mood,
or by its genres.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from embeddings.embedder import Embedder
from recommend import mood_phrases
from recommend.taste import unit_vector
from vocabulary.arrays import Vector


class Rasa(StrEnum):
    """A mood, by its English name; in the order of the Natyashastra."""

    LOVE = "love"
    LAUGHTER = "laughter"
    SORROW = "sorrow"
    ANGER = "anger"
    COURAGE = "courage"
    FEAR = "fear"
    DISGUST = "disgust"
    WONDER = "wonder"
    PEACE = "peace"


@dataclass(frozen=True, slots=True)
class MoodTarget:
    """A requested mood and its vector in the content space.

    Without an embedder there is no vector; then only genres count.
    """

    rasa: Rasa
    vector: Vector | None


MOOD_NAMES: Mapping[Rasa, Mapping[str, str]] = {
    rasa: dict(zip(("sa", "en", "hi", "te", "ta", "kn", "ml"), names.split(", "), strict=True))
    for rasa, names in {
        Rasa.LOVE: "śṛṅgāra, Love, शृंगार, ప్రేమ, காதல், ಪ್ರೀತಿ, ശൃംഗാരം",
        Rasa.LAUGHTER: "hāsya, Laughter, हास्य, హాస్యం, நகைச்சுவை, ಹಾಸ್ಯ, ഹാസ്യം",
        Rasa.SORROW: "karuṇa, Sorrow, करुण, కరుణ, சோகம், ಕರುಣ, കരുണം",
        Rasa.ANGER: "raudra, Anger, रौद्र, రౌద్రం, கோபம், ರೌದ್ರ, രൗദ്രം",
        Rasa.COURAGE: "vīra, Courage, वीर, వీరం, வீரம், ವೀರ, വീരം",
        Rasa.FEAR: "bhayānaka, Fear, भयानक, భయానకం, அச்சம், ಭಯಾನಕ, ഭയാനകം",
        Rasa.DISGUST: "bībhatsa, Dark and disturbing, वीभत्स, బీభత్సం, அருவருப்பு, ಬೀಭತ್ಸ, ബീഭത്സം",
        Rasa.WONDER: "adbhuta, Wonder, अद्भुत, అద్భుతం, வியப்பு, ಅದ್ಭುತ, അത്ഭുതം",
        Rasa.PEACE: "śānta, Peace, शांत, శాంతం, அமைதி, ಶಾಂತ, ശാന്തം",
    }.items()
}

RASA_NAMES: Mapping[Rasa, Mapping[str, str]] = {
    Rasa.LOVE: {"te": "శృంగారం", "kn": "ಶೃಂಗಾರ"},  # these words also name the genre `erotic`
}
"""Names of rasas in languages where the mood has a different, everyday name."""

EXAMPLE_PLOTS: Mapping[Rasa, tuple[str, ...]] = {
    Rasa.LOVE: (
        "Two young people meet by chance, fall in love and cannot say it. Glances, letters and "
        "songs bring them together, and after a parting they find each other again.",
        "A shy man loves a girl from another town. Their romance grows over walks, jokes and long "
        "telephone calls, until he proposes to her in the rain.",
        "A love story of a boy and a girl whose families are against their marriage; they elope, "
        "for they cannot live without one another.",
        "Years after they parted, two lovers meet for one night and remember their first love.",
    ),
    Rasa.LAUGHTER: (
        "A comedy of errors: mistaken identities, disguises, lies that pile up, and a foolish "
        "plan that goes hilariously wrong.",
        "Slapstick and banter: tenants who cannot pay the rent, a misdirected telephone call, a "
        "crazy chase and a kidnapping bungled by fools.",
        "A prankster pretends to be somebody else in a strict old man's house to win his "
        "daughter, and a wedding is turned upside down.",
        "A funny, light-hearted film of silly misunderstandings, eccentric relatives and "
        "quarrelling neighbours, with a happy end.",
    ),
    Rasa.SORROW: (
        "A tragedy of doomed love: parted from the woman he loves, he drinks himself to death at "
        "her door.",
        "Two orphaned children starve in the war; the elder brother cannot keep his little sister "
        "alive.",
        "A poor mother weeps for her dying child; illness, debt and shame ruin the family, and "
        "help comes too late.",
        "The eldest daughter gives up love and marriage to feed her thankless family, and is left "
        "alone.",
        "A wife with cancer hides her pain; her husband holds her hand as she dies young.",
        "Tears, separation, illness, sacrifice, widowhood, poverty and unfulfilled love: a "
        "heart-rending family tragedy.",
    ),
    Rasa.ANGER: (
        "Years after his father was murdered before his eyes he comes back and takes revenge on "
        "the killers, one by one.",
        "Beaten and humiliated by the landlord's henchmen, a peasant takes up the sickle and "
        "hacks his oppressors down.",
        "A gangster drama of betrayal and bloodshed: a wronged man, raging against those who "
        "killed his brother, slaughters the whole gang.",
        "His mother was driven out of her home; the boy grows into a feared strongman of the "
        "underworld and comes to destroy the villain.",
        "An honest, hot-headed young man is crushed by the don and the corrupt police, until his "
        "fury breaks out.",
    ),
    Rasa.COURAGE: (
        "A king leads a small army against the invaders and falls undefeated for the freedom of "
        "his people.",
        "A girl from a poor village becomes a wrestler under her father's hard training and wins "
        "the gold medal for the country.",
        "An army officer leads his men uphill under fire, captures the peak and gives his life "
        "for the nation.",
        "The true story of a freedom fighter who defies the British empire and rouses the "
        "villagers to rebel.",
        "Humble people take on a challenge that nobody thinks they can win, fail, try again and "
        "triumph.",
    ),
    Rasa.FEAR: (
        "A family moves into a haunted house, where doors shut by themselves and the ghost of a "
        "murdered woman takes hold of the daughter.",
        "At night something unseen stalks those who are left in an old mansion; one by one they "
        "vanish.",
        "An evil spirit possesses a girl, an exorcist is called, and a black-magic curse comes "
        "down on the village.",
        "A horror film of dread, screams in the dark and a demon that cannot be locked out.",
    ),
    Rasa.DISGUST: (
        "A psychopath abducts schoolgirls and mutilates them; the bodies are found cut to pieces "
        "in cardboard boxes.",
        "A serial killer tortures young women, and the detective who hunts him is sickened by "
        "what he sees.",
        "A gruesome, blood-soaked story of depravity: sadism, abuse, dismembered corpses.",
        "Brutal gang violence in the slums: butchery, drugs, betrayal, men hacked to death, and "
        "nobody clean.",
        "Greed turns a whole village into beasts that trample each other in mud and gore.",
        "Flesh, decay and monstrous bodies: something inhuman feeds on people.",
    ),
    Rasa.WONDER: (
        "A child finds a door to a magical world of spirits, flying creatures and spells.",
        "Explorers travel through a wormhole to distant planets, and time itself bends.",
        "A brave youth crosses enchanted forests and celestial palaces, where sorcerers, genies "
        "and gods work miracles and illusions.",
        "A machine carries its passengers through time, to a kingdom of the past and to a strange "
        "future.",
        "A man is reborn as a tiny creature and works marvels that nobody can believe.",
    ),
    Rasa.PEACE: (
        "An old couple live quietly in a village house, cook, tend the garden and talk as the "
        "seasons pass.",
        "A gentle film in which little happens: a journey by boat, neighbours, small kindnesses, "
        "and a man who makes his peace with life.",
        "A saintly classical musician seeks God in song and finds serenity in devotion and in his "
        "pupil.",
        "A man from the city returns to the countryside, and slow days, nature and the warmth of "
        "simple people heal him.",
    ),
}
"""Plots that carry a mood; the mean of their vectors is the mood's vector."""

COMMON_COMPONENT_SHARE = 0.8
"""The share of the moods' common component (being a plot in English) that is subtracted.

Mean average precision of the nine moods among the 960 seed titles, judged by hand
(tests/recommend/mood_labels.txt, which the plots were tuned on too): .42 for genres alone; .29 for
vectors without subtraction and .46 with genres; .41 and .53 with this share. Subtracting all of it
is no better on average and worse for love and sorrow.
"""

MOOD_GENRE_WEIGHTS: Mapping[Rasa, Mapping[str, float]] = {
    Rasa.LOVE: {"romance": 1.0, "musical": 0.2, "coming-of-age": 0.2},
    Rasa.LAUGHTER: {"comedy": 1.0, "parody": 1.0, "stand-up": 1.0, "satire": 0.6},
    Rasa.SORROW: {"drama": 0.8, "romance": 0.2, "war": 0.3, "psychological": 0.2},
    Rasa.ANGER: {"action": 1.0, "crime": 0.7, "police": 0.4, "western": 0.4, "thriller": 0.3},
    Rasa.COURAGE: {
        "war": 1.0,
        "sport": 1.0,
        "military": 1.0,
        "history": 0.8,
        "biography": 0.8,
        "superhero": 0.6,
        "martial-arts": 0.6,
        "survival": 0.5,
        "adventure": 0.4,
        "action": 0.4,
        "period": 0.4,
    },
    Rasa.FEAR: {
        "horror": 1.0,
        "supernatural": 0.7,
        "vampire": 0.7,
        "thriller": 0.4,
        "mystery": 0.3,
    },
    Rasa.DISGUST: {"horror": 0.8, "crime": 0.8, "thriller": 0.6, "psychological": 0.6, "war": 0.3},
    Rasa.WONDER: {
        "fantasy": 1.0,
        "mythology": 0.9,
        "science-fiction": 0.9,
        "space": 0.9,
        "adventure": 0.4,
        "animation": 0.3,
        "supernatural": 0.3,
        "superhero": 0.3,
    },
    Rasa.PEACE: {
        "slice-of-life": 1.0,
        "nature": 1.0,
        "devotional": 0.8,
        "music": 0.6,
        "family": 0.3,
        "documentary": 0.3,
        "drama": 0.2,
    },
}
"""How much a genre carries a mood, 0..1."""

GENRE_POSITION_DECAY = 0.85  # of a genre's weight, for each genre before it


def parse_mood(text: str) -> Rasa | None:
    """Return the mood that a text names in any of the languages, or none.

    >>> parse_mood("Śṛṅgāra"), parse_mood("something feel-good"), parse_mood("Telugu")
    (<Rasa.LOVE: 'love'>, <Rasa.LAUGHTER: 'laughter'>, None)
    """
    matches = (
        RASA_BY_PHRASE[phrase]
        for phrase in mood_phrases.candidate_phrases(text)
        if phrase in RASA_BY_PHRASE
    )
    return next(matches, None)


def mood_name(rasa: Rasa, language: str = "en") -> str:
    """Return the name of a mood in a language, in English if the language has none."""
    names = MOOD_NAMES[rasa]
    return names.get(language, names["en"])


def rasa_name(rasa: Rasa, language: str) -> str:
    """Return the traditional name of a mood's rasa in a language."""
    return RASA_NAMES.get(rasa, {}).get(language) or mood_name(rasa, language)


def genre_mood_weight(rasa: Rasa, genres: Sequence[str]) -> float:
    """Return how much a title of these genres, the first one first, carries a mood, 0..1."""
    weights = MOOD_GENRE_WEIGHTS[rasa]
    return max(
        (
            weights.get(genre, 0.0) * GENRE_POSITION_DECAY**place
            for place, genre in enumerate(genres)
        ),
        default=0.0,
    )


def mood_vectors(embedder: Embedder) -> dict[Rasa, Vector]:
    """Return the vectors of the moods in the content space, (d,) each; worth caching.

    Raises what the embedder raises.
    """
    rows = {rasa: embedder.embed(plots, role="document") for rasa, plots in EXAMPLE_PLOTS.items()}
    means = {rasa: unit_vector(each.mean(axis=0)) for rasa, each in rows.items()}
    common = np.mean(list(means.values()), axis=0)
    return {
        rasa: unit_vector(each - np.float32(COMMON_COMPONENT_SHARE) * common)
        for rasa, each in means.items()
    }


RASA_BY_PHRASE = {
    mood_phrases.normalise(words): rasa
    for rasa in Rasa
    for words in (
        rasa,
        *MOOD_NAMES[rasa].values(),
        *RASA_NAMES.get(rasa, {}).values(),
        *mood_phrases.MOOD_PHRASES[rasa].split(", "),
    )
}
