"""How a text sounds, in a few Latin letters: native script, careful and free romanisation meet.

Three strengths, each made from the one before. `key` is close to the sound: vowels without their
length, consonants without aspiration and doubling, numbers as words. `loose` leaves out what Tamil
does not write and Hindi does not say: voice, and the vowel `a`. `skeleton` keeps consonants alone.
"""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

MAX_WORD_LETTERS = 40  # letters; what follows does not tell one name from another
MAX_CACHED_WORDS = 1 << 16  # some 10 MB when full

# The blocks of Unicode that descend from ISCII lay out their letters alike, so that one set of
# places serves ten scripts. All other letters are anyascii's.
FIRST_INDIC, LAST_INDIC, BLOCK_SIZE = "\u0900", "\u0d7f", 0x80
DEVANAGARI, TAMIL, MALAYALAM = 0x0900, 0x0B80, 0x0D00
NOT_INDIC = -1
CONSONANT_OFFSETS = frozenset([*range(0x15, 0x3A), *range(0x58, 0x60)])
SIGN_OFFSETS = frozenset(
    [*range(0x3E, 0x4E), 0x55, 0x56, 0x57, 0x62, 0x63]
)  # of vowels, and virama
LONG_A_OFFSETS = frozenset([0x06, 0x3E])
STOP_OFFSETS, LABIAL_OFFSETS, GLIDE_OFFSETS = (
    range(0x15, 0x2A),
    range(0x2A, 0x2F),
    frozenset([0x2F, 0x35]),
)
NASAL_OFFSETS = frozenset([0x19, 0x1E, 0x23, 0x28, 0x2E])
ANUSVARA_OFFSETS = frozenset([0x01, 0x02])
VIRAMA_OFFSET, NUKTA_OFFSET = 0x4D, 0x3C
LETTER_OVERRIDES = {
    0x1A: "ch",
    0x0B: "ri",
    0x43: "ri",
    0x57: "au",
    NUKTA_OFFSET: "",
}  # than anyascii has it

# Tamil has one letter for k and g, and so on, said by its neighbours; Malayalam has a few such.
SINGLE_STOP_SOUNDS = {
    TAMIL: {0x15: "g", 0x1A: "s", 0x1F: "d", 0x24: "d", 0x2A: "b"},
    MALAYALAM: {0x1F: "d"},
}
AFTER_NASAL_SOUNDS = {TAMIL: {0x1A: "j"}, MALAYALAM: {0x2A: "b"}}

CLUSTER_SPELLINGS = [  # written otherwise than said
    ("റ്റ", "ട്ട"),
    ("ന്റ", "ന്ട്ട"),
    ("ങ്ങ", "ങ്ഗ"),
    ("ഞ്ഞ", "ഞ്ജ"),
    ("ற்ற", "ட்ர"),
    ("ன்ற", "ண்ட்ர"),
    ("ஃப", "f"),
    ("ज्ञ", "ग्य"),
    ("జ్ఞ", "గ్న"),
    ("ಜ್ಞ", "ಗ್ನ"),
    ("ജ്ഞ", "ഗ്ന"),
]
SILENT_CHARACTERS = dict.fromkeys([0x200B, 0x200C, 0x200D, 0xFEFF, ord("'"), ord("’"), ord("`")])

# Hindi does not say an `a` between a vowel with its consonant and a consonant with its vowel.
LATIN_CONSONANT_PATTERN = "(?:[bcdgjkpt]h|[b-df-hj-np-tv-z])"
SCHWA_PATTERN = re.compile(f"(?<=[aeiouA][b-df-hj-np-tv-z])a(?={LATIN_CONSONANT_PATTERN}[eiouA])")

SOUND_RULES = [  # applied in this order; the English ones are for the words that names borrow
    (re.compile(written), sound)
    for written, sound in [
        (r"[^a-z]+", ""),
        (r"(?:t|ss|s)ion", "shan"),
        (r"tch|chh|cch", "ch"),
        (r"dge", "j"),
        (r"^two$", "tu"),
        (r"^one$", "van"),
        (r"eigh", "e"),
        (r"igh(?=t)", "ai"),
        (r"gh(?=t)", ""),
        (r"^kn(?=[aeiou])", "n"),
        (r"^wr", "r"),
        (r"ck", "k"),
        (r"c(?=[eiy])", "s"),
        (r"c(?!h)", "k"),
        (r"qu(?=[aeio])", "kv"),
        (r"q", "k"),
        (r"x", "ks"),
        (r"ph", "f"),
        (r"zh", "l"),  # azhagu, alagu
        (r"z", "j"),
        (r"sh", "s"),
        (r"ch", "c"),
        (r"(?<=[bcdgjklprstn])h", ""),
        (r"ee+|ii+|ie(?=.)|ea(?!u)", "i"),
        (r"oo+|uu+", "u"),
        (r"ew(?![aeiou])", "yu"),
        (r"ou|au|ow|oa|oe", "o"),
        (r"w", "v"),
        (r"ai|ay(?![aeiou])|ei|ey(?![aeiou])|ae", "e"),
        (r"(?<=[^aeiou])y(?![aeiou])", "i"),
        (r"(?<=i)y(?=[aou])", ""),  # priya, pria
        (r"n(?=[pbm])", "m"),
        (r"m(?=[kgcjtd])", "n"),
        (r"(?<=.)h+$", ""),
        (r"(.)\1+", r"\1"),
    ]
]
VOICELESS_LETTERS = str.maketrans("gdbjfzc", "ktpspss")
DOUBLED_LETTER_PATTERN = re.compile(r"(.)\1+")
H_BETWEEN_VOWELS_PATTERN = re.compile(r"(?<=[aeiou])h(?=[aeiou])")  # Tamil writes k
LOOSE_RULES = [
    (re.compile(r"\by(?=[ei])"), ""),  # yenna, enna
    (re.compile(r"m(?=[kts])"), "n"),
    (re.compile(r"\Ba"), ""),
    (re.compile(r"(?<=\w\w)[ou]\b"), ""),  # athu, ath
]
INNER_VOWEL_PATTERN = re.compile(r"\B[aeiouyh]")
INITIAL_VOWEL_PATTERN = re.compile(r"\b[aeiou]")

INDIC_MARKS = "".join(
    c for c in map(chr, range(0x0900, 0x0D80)) if unicodedata.category(c)[0] == "M"
)
WORD_OR_NUMBER_PATTERN = re.compile(
    rf"\d+|(?:[^\W\d_]|[{INDIC_MARKS}\u0300-\u036f\u200b-\u200d'’`])+"
)
ACRONYM_PATTERN = re.compile(r"[b-df-hj-np-tv-xz]{2,5}")  # said letter by letter: KGF, RRR
LETTER_NAMES = {
    "b": "bi", "c": "si", "d": "di", "f": "ef", "g": "ji", "h": "ech", "j": "je", "k": "ke",
    "l": "el", "m": "em", "n": "en", "p": "pi", "q": "kyu", "r": "ar", "s": "es", "t": "ti",
    "v": "vi", "w": "dablyu", "x": "eks", "z": "jed",
}  # fmt: skip
ABBREVIATIONS = {"mr": "mister", "mrs": "misis", "dr": "doctor", "st": "saint", "vs": "versus"}

UNIT_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
UNIT_WORDS += ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"]
UNIT_WORDS += ["eighteen", "nineteen"]
TENS_WORDS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
MAX_NUMBER_DIGITS = 8  # digits; longer ones are no names


def phonetic_key(text: str) -> str:
    """Return the sounds of a text's words, parted by one space; nothing for what has no letters.

    Any text will do; the cost is a few microseconds for each word met before.

    >>> key("బాహుబలి"), key("Baahubaali"), key("थ्री इडियट्स"), key("3 Idiots")
    ('bahubali', 'bahubali', 'tri idiats', 'tri idiots')
    """
    sounds = [
        _word_key(word[:MAX_WORD_LETTERS])
        for part in WORD_OR_NUMBER_PATTERN.findall(text)
        for word in (_number_words(part) if part.isdecimal() else (part,))
    ]
    return " ".join(filter(None, sounds))


def loose_key(text_key: str) -> str:
    """Return what is left of a key when voice, `a` and the shades of vowels do not count.

    >>> loose(key("பாகுபலி")), loose(key("bahubali"))
    ('pkupli', 'pkupli')
    """
    left = voiceless_key(text_key)
    for pattern, sound in LOOSE_RULES:
        left = pattern.sub(sound, left)
    return left.replace("e", "i").replace("o", "u")


def voiceless_key(text_key: str) -> str:
    """Return a key with its consonants unvoiced, as Tamil writes them."""
    return DOUBLED_LETTER_PATTERN.sub(
        r"\1", H_BETWEEN_VOWELS_PATTERN.sub("k", text_key).translate(VOICELESS_LETTERS)
    )


def consonant_skeleton(text_key: str) -> str:
    """Return the consonants of a key, nasals alike, and whether a word begins with a vowel.

    >>> skeleton(key("Eega")), skeleton(key("mister perfect"))
    ('ak', 'nstr prpkt')
    """
    left = LOOSE_RULES[0][0].sub("", voiceless_key(text_key))
    return INITIAL_VOWEL_PATTERN.sub("a", INNER_VOWEL_PATTERN.sub("", left)).replace("m", "n")


@lru_cache(MAX_CACHED_WORDS)
def _word_key(word: str) -> str:
    latin = _to_latin(word.translate(SILENT_CHARACTERS)).lower()
    latin = ABBREVIATIONS.get(latin, latin)
    if ACRONYM_PATTERN.fullmatch(latin):
        latin = "".join(LETTER_NAMES[letter] for letter in latin)
    for written, sound in SOUND_RULES:
        latin = written.sub(sound, latin)
    return latin


def _number_words(digits: str) -> list[str]:
    """Return digits as English words, read in pairs: 1947, nineteen forty seven."""
    read = digits[:MAX_NUMBER_DIGITS]
    start = len(read) % 2
    pairs = [read[:start], *(read[at : at + 2] for at in range(start, len(read), 2))]
    return [word for pair in pairs if pair for word in _pair_words(pair)]


def _pair_words(digits: str) -> list[str]:
    value = int(digits)
    if len(digits) == 2 and value < 10:  # 007
        return [UNIT_WORDS[0], UNIT_WORDS[value]]
    if value < len(UNIT_WORDS):
        return [UNIT_WORDS[value]]
    tens, unit = divmod(value, 10)
    return [TENS_WORDS[tens], *([UNIT_WORDS[unit]] if unit else [])]


def _to_latin(word: str) -> str:
    if word.isascii():
        return word
    for written, sound in CLUSTER_SPELLINGS:
        word = word.replace(written, sound)
    latin = "".join(_letter_sound(word, at) for at in range(len(word)))
    if any(_block_start(letter) == DEVANAGARI for letter in word):
        latin = SCHWA_PATTERN.sub("", latin)
    return latin


def _letter_sound(word: str, at: int) -> str:
    """Return a letter as it is said where it stands; `A` for the long `a` of Devanagari."""
    letter, place, following = word[at], _block_offset(word, at), _following_offset(word, at)
    block = _block_start(letter)
    if place in ANUSVARA_OFFSETS:
        return _anusvara_sound(block, following)
    if block == DEVANAGARI and place in LONG_A_OFFSETS:
        return "A"
    sound = LETTER_OVERRIDES[place] if place in LETTER_OVERRIDES else anyascii(letter)
    if place not in CONSONANT_OFFSETS:
        return sound
    sound = _stop_sound(word, at, sound)
    silent = following in SIGN_OFFSETS or (block == DEVANAGARI and following == NOT_INDIC)
    return sound if silent else sound + "a"


def _anusvara_sound(block: int, following: int) -> str:
    if following in STOP_OFFSETS:
        return "n"
    if following in LABIAL_OFFSETS or following in GLIDE_OFFSETS:
        return "m"
    return "n" if block == DEVANAGARI else "m"


def _stop_sound(word: str, at: int, sound: str) -> str:
    """Return how Tamil and Malayalam say a stop: doubled, after a nasal, or alone."""
    block, place, before = (
        _block_start(word[at]),
        _block_offset(word, at),
        _block_offset(word, at - 1),
    )
    if block not in SINGLE_STOP_SOUNDS or _block_offset(word, at + 1) == VIRAMA_OFFSET:
        return sound
    if before == NOT_INDIC:
        return "s" if sound == "ch" and block == TAMIL else sound
    alone = SINGLE_STOP_SOUNDS[block].get(place, sound)
    if before != VIRAMA_OFFSET:
        return alone
    return (
        AFTER_NASAL_SOUNDS[block].get(place, alone)
        if _block_offset(word, at - 2) in NASAL_OFFSETS
        else sound
    )


def _following_offset(word: str, at: int) -> int:
    following = _block_offset(word, at + 1)
    return _block_offset(word, at + 2) if following == NUKTA_OFFSET else following


def _block_start(letter: str) -> int:
    """Return where the block of a letter starts; `OUTSIDE` of Indian scripts."""
    return (
        ord(letter) // BLOCK_SIZE * BLOCK_SIZE if FIRST_INDIC <= letter <= LAST_INDIC else NOT_INDIC
    )


def _block_offset(word: str, at: int) -> int:
    """Return the place of a letter in its block; `OUTSIDE` of the word and of Indian scripts."""
    if not 0 <= at < len(word) or _block_start(word[at]) == NOT_INDIC:
        return NOT_INDIC
    return ord(word[at]) % BLOCK_SIZE
