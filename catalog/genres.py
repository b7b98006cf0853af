"""The canonical genres and the table of their synonyms."""

import re
from collections.abc import Iterable

from catalog import translated_labels
from vocabulary.name_folding import fold

GENRES: dict[str, str] = {
    "action": "Action",
    "adventure": "Adventure",
    "animation": "Animation",
    "biography": "Biography",
    "children": "Children",
    "comedy": "Comedy",
    "coming-of-age": "Coming of age",
    "crime": "Crime",
    "devotional": "Devotional",
    "disaster": "Disaster",
    "documentary": "Documentary",
    "drama": "Drama",
    "ecchi": "Ecchi",
    "erotic": "Erotic",
    "family": "Family",
    "fantasy": "Fantasy",
    "film-noir": "Film noir",
    "game": "Game",
    "harem": "Harem",
    "heist": "Heist",
    "hentai": "Hentai",
    "history": "History",
    "horror": "Horror",
    "josei": "Josei",
    "legal": "Legal",
    "lgbtq": "LGBTQ",
    "lifestyle": "Lifestyle",
    "martial-arts": "Martial arts",
    "mecha": "Mecha",
    "military": "Military",
    "music": "Music",
    "musical": "Musical",
    "mystery": "Mystery",
    "mythology": "Mythology",
    "nature": "Nature",
    "news": "News",
    "parody": "Parody",
    "period": "Period",
    "police": "Police",
    "political": "Political",
    "psychological": "Psychological",
    "reality": "Reality",
    "romance": "Romance",
    "samurai": "Samurai",
    "satire": "Satire",
    "school": "School",
    "science": "Science",
    "science-fiction": "Science fiction",
    "seinen": "Seinen",
    "short": "Short",
    "shoujo": "Shoujo",
    "shounen": "Shounen",
    "silent": "Silent",
    "slice-of-life": "Slice of life",
    "space": "Space",
    "sport": "Sport",
    "spy": "Spy",
    "stand-up": "Stand-up comedy",
    "superhero": "Superhero",
    "supernatural": "Supernatural",
    "survival": "Survival",
    "talk-show": "Talk show",
    "teen": "Teen",
    "thriller": "Thriller",
    "tv-movie": "TV movie",
    "vampire": "Vampire",
    "war": "War",
    "western": "Western",
    "yaoi": "Yaoi",
    "yuri": "Yuri",
}
"""Slug to English label."""

TRANSLATED_LABELS = translated_labels.parse_labels(translated_labels.GENRE_LABELS)
"""Slug to language to label."""

EXPLICIT_GENRES = frozenset({"hentai"})
"""Genres that make a title an adult title."""

# Genres of sources to our slugs; an empty list marks words that are not genres (a category of a
# streaming service, a language, a format) and are dropped.
SYNONYMS: dict[str, list[str]] = {
    "action & adventure": ["action", "adventure"],
    "action and adventure": ["action", "adventure"],
    "animals & nature": ["nature"],
    "animated": ["animation"],
    "anime features": ["animation"],
    "anime series": ["animation"],
    "awards": [],
    "biographical": ["biography"],
    "biopic": ["biography"],
    "british": [],
    "cars": ["sport"],
    "children & family": ["children", "family"],
    "children's": ["children"],
    "classic": [],
    "classic & cult": [],
    "comedies": ["comedy"],
    "concert film": ["music"],
    "costume drama": ["period", "drama"],
    "cult": [],
    "dance": ["music"],
    "dementia": ["psychological"],
    "demons": ["supernatural"],
    "detective": ["mystery", "crime"],
    "docudrama": ["documentary", "drama"],
    "documentaries": ["documentary"],
    "docuseries": ["documentary"],
    "dramas": ["drama"],
    "faith & spirituality": ["devotional"],
    "film noir": ["film-noir"],
    "food": ["lifestyle"],
    "football": ["sport"],
    "formula e": ["sport"],
    "found footage": ["horror"],
    "historical": ["history"],
    "historical drama": ["history", "drama"],
    "independent": [],
    "international": [],
    "kabaddi": ["sport"],
    "kids": ["children"],
    "kids'": ["children"],
    "korean": [],
    "lgbtq+": ["lgbtq"],
    "live action": [],
    "magic": ["fantasy"],
    "martial arts": ["martial-arts"],
    "masala": ["action"],
    "movies": [],
    "music & musicals": ["music", "musical"],
    "musicals": ["musical"],
    "mysteries": ["mystery"],
    "mythological": ["mythology"],
    "noir": ["film-noir"],
    "patriotic": ["war"],
    "performance": ["music"],
    "politics": ["political"],
    "romantic": ["romance"],
    "romantic comedy": ["romance", "comedy"],
    "romcom": ["romance", "comedy"],
    "rom-com": ["romance", "comedy"],
    "sci fi": ["science-fiction"],
    "sci-fi": ["science-fiction"],
    "sci-fi & fantasy": ["science-fiction", "fantasy"],
    "science & nature": ["science", "nature"],
    "science fiction": ["science-fiction"],
    "science fiction & fantasy": ["science-fiction", "fantasy"],
    "scifi": ["science-fiction"],
    "shorts": ["short"],
    "shoujo ai": ["shoujo", "yuri"],
    "shounen ai": ["shounen", "yaoi"],
    "shows": [],
    "slasher": ["horror"],
    "slice of life": ["slice-of-life"],
    "soap": ["drama"],
    "soap opera": ["drama"],
    "spanish-language": [],
    "sports": ["sport"],
    "stand-up comedy": ["stand-up"],
    "stand-up comedy & talk shows": ["stand-up", "talk-show"],
    "standup comedy": ["stand-up"],
    "super power": ["superhero"],
    "suspense": ["thriller"],
    "talk": ["talk-show"],
    "thrillers": ["thriller"],
    "travel": ["lifestyle"],
    "tv": [],
    "war & politics": ["war", "political"],
    "westerns": ["western"],
}

SERVICE_WORDS = re.compile(r"^tv | (?:movies?|films?|tv shows?|tv|cinema)$")
"""What streaming services put around a genre: `tv dramas`, `crime tv shows`, `horror movies`."""


def _slug(name: str) -> str:
    return fold(name).replace(" ", "-")


SLUGS_BY_SYNONYM = {_slug(name): slugs for name, slugs in SYNONYMS.items()}


def canonical_slugs(name: str) -> list[str]:
    """Return the slugs of a source's genre; an unknown genre becomes a slug of its own.

    >>> canonical_slugs("Sci-Fi & Fantasy"), canonical_slugs("TV Dramas")
    (['science-fiction', 'fantasy'], ['drama'])
    """
    words, previous, slug = fold(name), "", ""
    while words != previous:
        slug = _slug(words)
        if slug in GENRES:
            return [slug]
        if slug in SLUGS_BY_SYNONYM:
            return list(SLUGS_BY_SYNONYM[slug])
        words, previous = SERVICE_WORDS.sub("", words), words
    return [slug] if any(character.isalnum() for character in slug) else []


def merged_canonical_slugs(names: Iterable[str]) -> list[str]:
    """Return the slugs of several names in their order, each once."""
    return list(dict.fromkeys(slug for name in names for slug in canonical_slugs(name)))


def label(slug: str, *, in_language: str = "en") -> str:
    """Return the label of a genre, in English if the language has none."""
    translated = TRANSLATED_LABELS.get(slug, {}).get(in_language)
    return translated or GENRES.get(slug) or slug.replace("-", " ").capitalize()
