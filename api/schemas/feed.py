"""JSON of the personal feed."""

from collections.abc import Sequence

from api.schemas.responses import ListResponse, ResponseModel
from services.feed import FeedRequest, FeedResult
from services.title_cards import TitleCard


class FeedMetricsResponse(ResponseModel):
    """Quality of a list by itself; each value is defined in `recommend.metrics`.

    `coverage` and `personalisation` are over the latest lists of all viewers of the process.
    """

    intra_list_diversity: float
    novelty_bits: float
    serendipity: float
    freshness: float
    coverage: float
    personalisation: float


class FeedResponse(ListResponse[TitleCard]):
    """A personal feed.

    `ladder` names the sources it is built on, the best first: `taste`, or `picks` when only
    onboarding picks are known, then `preferences`, `region`, `popularity`. `degraded` holds `taste`
    when the taste could not be read and the feed is not personal. `measures` is for administrators
    who send `explain`.
    """

    ladder: list[str]
    region: str
    mood: str | None = None
    degraded: list[str] = []
    measures: FeedMetricsResponse | None = None

    @classmethod
    def from_result(
        cls,
        result: FeedResult,
        request: FeedRequest,
        cards: Sequence[TitleCard],
        *,
        degraded: Sequence[str] = (),
        measures: dict[str, float] | None = None,
    ) -> "FeedResponse":
        """Return a feed as JSON shows it."""
        return cls(
            items=list(cards),
            total=None,
            limit=request.limit,
            offset=0,
            ladder=list(result.plan.fallbacks),
            region=request.region,
            mood=request.mood.rasa if request.mood else None,
            degraded=list(degraded),
            measures=FeedMetricsResponse(**measures) if measures else None,
        )
