"""What a visitor did becomes an account's when he signs up or in."""

from uuid import UUID

from sqlmodel import Session

from db import accounts, interactions, profiles, reviews, searches, viewer_lifecycle, viewings
from viewers import interactions as viewer_interactions
from viewers.interactions import TitleFeatureSource


def merge_visitor(
    session: Session, visitor_id: UUID, *, into: UUID, feature_source: TitleFeatureSource
) -> None:
    """Give an account all that a visitor said and did, and let the visitor go; the caller commits.

    What both told counts once, and standings and taste follow from the whole log, in the order in
    which it was heard. What an account said of itself stays; a visitor's profile fills its gaps.
    A number that is an account's is no visitor's, and nothing happens.

    Raises `db.viewer_lifecycle.ViewerForgotten`.
    """
    if visitor_id == into or accounts.find(session, visitor_id) is not None:
        return
    viewer_lifecycle.lock(session, visitor_id, into)  # in one order, whoever merges whom
    moved = interactions.move(session, visitor_id, into=into)
    profiles.merge(session, visitor_id, into=into)
    viewings.move(session, visitor_id, into=into)
    reviews.move(session, visitor_id, into=into)
    searches.move(session, visitor_id, into=into)
    viewer_lifecycle.delete_row(session, visitor_id)
    if moved:
        viewer_interactions.rebuild_viewer_state(session, into, feature_source)
