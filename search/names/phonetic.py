"""How a text sounds, in a few Latin letters: the same for native script and any romanisation.

There are three levels, each computed from the one before. A phonetic key is close to the sound:
vowels without length, consonants without aspiration or doubling, numbers as words. A loose key also
drops what Tamil does not write and Hindi does not pronounce: voice, and the vowel `a`. A consonant
skeleton keeps the consonants only.
"""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

MAX_WORD_LETTERS = 40  # later letters do not distinguish names
MAX_CACHED_WORDS = 1 << 16  # some 10 MB when full

# Unicode blocks that descend from ISCII order their letters alike, so one set of offsets serves ten
# scripts. All other letters are transliterated by anyascii.
FIRST_INDIC, LAST_INDIC, BLOCK_SIZE = "\u0900", "\u0d7f", 0x80
DEVANAGARI, TAMIL, MALAYALAM = 0x0900, 0x0B80, 0x0D00
NOT_INDIC = -1
CONSONANT_OFFSETS = frozenset([*range(0x15, 0x3A), *range(0x58, 0x60)])
# Vowel signs and the virama.
SIGN_OFFSETS = frozenset([*range(0x3E, 0x4E), 0x55, 0x56, 0x57, 0x62, 0x63])
LONG_A_OFFSETS = frozenset([0x06, 0x3E])
STOP_OFFSETS = range(0x15, 0x2A)
LABIAL_OFFSETS = range(0x2A, 0x2F)
GLIDE_OFFSETS = frozenset([0x2F, 0x35])
NASAL_OFFSETS = frozenset([0x19, 0x1E, 0x23, 0x28, 0x2E])
ANUSVARA_OFFSETS = frozenset([0x01, 0x02])
VIRAMA_OFFSET, NUKTA_OFFSET = 0x4D, 0x3C
# Where anyascii writes something else.
LETTER_OVERRIDES = {0x1A: "ch", 0x0B: "ri", 0x43: "ri", 0x57: "au", NUKTA_OFFSET: ""}

# Tamil has one letter for k and g, and so on: its neighbours decide. Malayalam has a few such.
SINGLE_STOP_SOUNDS = {
    TAMIL: {0x15: "g", 0x1A: "s", 0x1F: "d", 0x24: "d", 0x2A: "b"},
    MALAYALAM: {0x1F: "d"},
}
AFTER_NASAL_SOUNDS = {TAMIL: {0x1A: "j"}, MALAYALAM: {0x2A: "b"}}

CLUSTER_SPELLINGS = [  # not pronounced as written
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

# Hindi drops an `a` between a vowel-consonant pair and a consonant-vowel pair.
LATIN_CONSONANT_PATTERN = "(?:[bcdgjkpt]h|[b-df-hj-np-tv-z])"
SCHWA_PATTERN = re.compile(f"(?<=[aeiouA][b-df-hj-np-tv-z])a(?={LATIN_CONSONANT_PATTERN}[eiouA])")

SOUND_RULES = [  # applied in this order; the English ones are for English words in names
    (re.compile(pattern), sound)
    for pattern, sound in [
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
ACRONYM_PATTERN = re.compile(r"[b-df-hj-np-tv-xz]{2,5}")  # spelt out: KGF, RRR
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
MAX_NUMBER_DIGITS = 8  # longer numbers are not names


def phonetic_key(text: str) -> str:
    """Return the sounds of a text's words, separated by spaces; empty for a text without letters.

    Works on any text; takes a few microseconds for each word in the cache.

    >>> phonetic_key("బాహుబలి"), phonetic_key("Baahubaali")
    ('bahubali', 'bahubali')
    >>> phonetic_key("थ्री इडियट्स"), phonetic_key("3 Idiots")
    ('tri idiats', 'tri idiots')
    """
    sounds = [
        _word_key(word[:MAX_WORD_LETTERS])
        for part in WORD_OR_NUMBER_PATTERN.findall(text)
        for word in (_number_words(part) if part.isdecimal() else (part,))
    ]
    return " ".join(filter(None, sounds))


def loose_key(text_key: str) -> str:
    """Return a key without voice, the vowel `a` and shades of vowels.

    >>> loose_key(phonetic_key("பாகுபலி")), loose_key(phonetic_key("bahubali"))
    ('pkupli', 'pkupli')
    """
    loose = voiceless_key(text_key)
    for pattern, sound in LOOSE_RULES:
        loose = pattern.sub(sound, loose)
    return loose.replace("e", "i").replace("o", "u")


def voiceless_key(text_key: str) -> str:
    """Return a key with its consonants unvoiced, as Tamil writes them."""
    voiceless = H_BETWEEN_VOWELS_PATTERN.sub("k", text_key).translate(VOICELESS_LETTERS)
    return DOUBLED_LETTER_PATTERN.sub(r"\1", voiceless)


def consonant_skeleton(text_key: str) -> str:
    """Return the consonants of a key, with one letter for all nasals and one for a first vowel.

    >>> consonant_skeleton("iga"), consonant_skeleton(phonetic_key("mister perfect"))
    ('ak', 'nstr prpkt')
    """
    consonants = INNER_VOWEL_PATTERN.sub("", LOOSE_RULES[0][0].sub("", voiceless_key(text_key)))
    return INITIAL_VOWEL_PATTERN.sub("a", consonants).replace("m", "n")


@lru_cache(MAX_CACHED_WORDS)
def _word_key(word: str) -> str:
    latin = _to_latin(word.translate(SILENT_CHARACTERS)).lower()
    latin = ABBREVIATIONS.get(latin, latin)
    if ACRONYM_PATTERN.fullmatch(latin):
        latin = "".join(LETTER_NAMES[letter] for letter in latin)
    for pattern, sound in SOUND_RULES:
        latin = pattern.sub(sound, latin)
    return latin


def _number_words(digits: str) -> list[str]:
    """Return digits as English words, read in pairs: 1947, nineteen forty seven."""
    digits = digits[:MAX_NUMBER_DIGITS]
    start = len(digits) % 2
    pairs = [digits[:start], *(digits[at : at + 2] for at in range(start, len(digits), 2))]
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
    for cluster, pronounced in CLUSTER_SPELLINGS:
        word = word.replace(cluster, pronounced)
    latin = "".join(_letter_sound(word, at) for at in range(len(word)))
    if any(_block_start(letter) == DEVANAGARI for letter in word):
        latin = SCHWA_PATTERN.sub("", latin)
    return latin


def _letter_sound(word: str, at: int) -> str:
    """Return how a letter is pronounced in its word; `A` for the long `a` of Devanagari."""
    letter, offset, following = word[at], _block_offset(word, at), _following_offset(word, at)
    block = _block_start(letter)
    if offset in ANUSVARA_OFFSETS:
        return _anusvara_sound(block, following)
    if block == DEVANAGARI and offset in LONG_A_OFFSETS:
        return "A"
    sound = LETTER_OVERRIDES[offset] if offset in LETTER_OVERRIDES else anyascii(letter)
    if offset not in CONSONANT_OFFSETS:
        return sound
    sound = _stop_sound(word, at, sound)
    no_vowel = following in SIGN_OFFSETS or (block == DEVANAGARI and following == NOT_INDIC)
    return sound if no_vowel else sound + "a"


def _anusvara_sound(block: int, following: int) -> str:
    if following in STOP_OFFSETS:
        return "n"
    if following in LABIAL_OFFSETS or following in GLIDE_OFFSETS:
        return "m"
    return "n" if block == DEVANAGARI else "m"


def _stop_sound(word: str, at: int, sound: str) -> str:
    """Return how Tamil and Malayalam pronounce a stop: doubled, after a nasal, or single."""
    block, offset = _block_start(word[at]), _block_offset(word, at)
    before = _block_offset(word, at - 1)
    if block not in SINGLE_STOP_SOUNDS or _block_offset(word, at + 1) == VIRAMA_OFFSET:
        return sound
    if before == NOT_INDIC:
        return "s" if sound == "ch" and block == TAMIL else sound
    single = SINGLE_STOP_SOUNDS[block].get(offset, sound)
    if before != VIRAMA_OFFSET:
        return single
    after_nasal = _block_offset(word, at - 2) in NASAL_OFFSETS
    return AFTER_NASAL_SOUNDS[block].get(offset, single) if after_nasal else sound


def _following_offset(word: str, at: int) -> int:
    following = _block_offset(word, at + 1)
    return _block_offset(word, at + 2) if following == NUKTA_OFFSET else following


def _block_start(letter: str) -> int:
    """Return the first code point of a letter's block; `NOT_INDIC` outside Indian scripts."""
    return (
        ord(letter) // BLOCK_SIZE * BLOCK_SIZE if FIRST_INDIC <= letter <= LAST_INDIC else NOT_INDIC
    )


def _block_offset(word: str, at: int) -> int:
    """Return a letter's offset in its block; `NOT_INDIC` outside the word or Indian scripts."""
    if not 0 <= at < len(word) or _block_start(word[at]) == NOT_INDIC:
        return NOT_INDIC
    return ord(word[at]) % BLOCK_SIZE
