"""The texts of titles that plot search reads."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import Session

SELECT_PLOTS = text(
    """
    SELECT t.id, concat_ws(' ',
        (SELECT string_agg(text, ' ') FROM synopsis s
            WHERE s.title_id = t.id AND s.language = 'en'),
        (SELECT string_agg(keyword, ' ') FROM title_keyword k WHERE k.title_id = t.id)) AS plot
    FROM title t WHERE t.id = ANY(:ids)
    """
)


def read(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Return the English synopsis and keywords of titles, by id; empty where there are none."""
    return {row.id: row.plot for row in session.execute(SELECT_PLOTS, {"ids": list(ids)})}
