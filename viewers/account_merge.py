"""Merging a visitor into an account at sign-up or sign-in."""

from uuid import UUID

from sqlmodel import Session

from db import accounts, interactions, profiles, reviews, searches, viewer_lifecycle, viewings
from viewers import interactions as viewer_interactions
from viewers.interactions import TitleFeatureSource


def merge_visitor(
    session: Session, visitor_id: UUID, *, into: UUID, feature_source: TitleFeatureSource
) -> None:
    """Move a visitor's data to an account and delete the visitor; the caller commits.

    Events with the same id count once; title states and taste are recomputed from the whole log in
    the order in which it was received. The account's profile wins, the visitor's fills empty
    fields. If the visitor's id belongs to an account, nothing happens.

    Raises `db.viewer_lifecycle.ViewerDeleted`.
    """
    if visitor_id == into or accounts.find(session, visitor_id) is not None:
        return
    viewer_lifecycle.lock(
        session, visitor_id, into
    )  # both at once, so that two merges cannot deadlock
    moved = interactions.move(session, visitor_id, into=into)
    profiles.merge(session, visitor_id, into=into)
    viewings.move(session, visitor_id, into=into)
    reviews.move(session, visitor_id, into=into)
    searches.move(session, visitor_id, into=into)
    viewer_lifecycle.delete_row(session, visitor_id)
    if moved:
        viewer_interactions.rebuild_viewer_state(session, into, feature_source)
