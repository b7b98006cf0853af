"""What is suggested while someone types: titles, people, languages, genres and queries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vocabulary.ids import Region
from vocabulary.title_summary import TitleSummary

MAX_TYPED_LETTERS = 64  # longer texts describe a plot


class SuggestionKind(StrEnum):
    """What is suggested, in the order of groups that fit equally well."""

    TITLE = "title"
    PERSON = "person"
    LANGUAGE = "language"
    GENRE = "genre"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Topic:
    """A genre, a language or a query, with its folded names."""

    kind: SuggestionKind
    id: str
    text: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SuggestedPerson:
    """A person of the catalogue."""

    name: str
    folded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionRequest:
    """A folded text, the viewer's region and the weights (0..1) of preferred languages."""

    folded: str
    region: Region
    languages: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The part that is compared with names."""
        return self.folded[:MAX_TYPED_LETTERS].strip()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggestion and how well its name fits, 0..1."""

    subject: TitleSummary | SuggestedPerson | Topic
    quality: float

    @property
    def kind(self) -> SuggestionKind:
        """What is suggested."""
        if isinstance(self.subject, Topic):
            return self.subject.kind
        is_title = isinstance(self.subject, TitleSummary)
        return SuggestionKind.TITLE if is_title else SuggestionKind.PERSON

    @property
    def folded_names(self) -> set[str]:
        """The names under which it is found."""
        subject = self.subject
        return {subject.folded} if isinstance(subject, SuggestedPerson) else set(subject.names)
