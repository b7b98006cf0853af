"""JSON of the personal feed."""

from api.schemas.responses import ListResponse, ResponseModel
from services.title_cards import TitleCard


class FeedMetricsResponse(ResponseModel):
    """How good a list is in itself; each is defined in `recommend.metrics`.

    `coverage` and `personalisation` are of the latest lists of all people of the process.
    """

    intra_list_diversity: float
    novelty_bits: float
    serendipity: float
    freshness: float
    coverage: float
    personalisation: float


class FeedResponse(ListResponse[TitleCard]):
    """A personal feed.

    `ladder` names what it stands on, the best first: `taste`, or `picks` where all that is known
    are the titles picked at first, `preferences`, `region`, `popularity`. `degraded` says `taste`
    where it could not be read, and the feed is anybody's. `measures` is for administrators who ask
    to have it explained.
    """

    ladder: list[str]
    region: str
    mood: str | None = None
    degraded: list[str] = []
    measures: FeedMetricsResponse | None = None
