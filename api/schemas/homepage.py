"""JSON of the homepage."""

from api.schemas.responses import ResponseModel
from services.title_cards import TitleCard


class HomepageRowResponse(ResponseModel):
    """A row of the homepage."""

    key: str
    title: str
    items: list[TitleCard]


class HomepageResponse(ResponseModel):
    """The rows of the homepage for a region."""

    rows: list[HomepageRowResponse]
    region: str
