"""The viewer's profile, and deleting everything about the viewer."""

from fastapi import APIRouter, Request

from api.auth.consent import ConsentingIdentityDep
from api.auth.identity import IdentityDep, VisitorDep
from api.auth.login_cookies import clear_login_cookies, clear_visitor_cookie
from api.caching import NO_STORE
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES, STORAGE_DECLINED_RESPONSES
from api.schemas.profiles import ProfileResponse
from api.state import FeedMetricsDep, ResourcesDep, SearchLogDep, SessionDep
from db import profiles
from db.profiles import ViewerProfile
from services.profiles import ProfileUpdate, delete_viewers, replace_profile

router = APIRouter(
    prefix="/api/user",
    tags=["profile"],
    dependencies=[NO_STORE],
    responses=DATABASE_UNAVAILABLE_RESPONSES,
)


@router.get("/profile", operation_id="profile")
def get_profile(identity: IdentityDep, session: SessionDep) -> ProfileResponse:
    """Return the viewer's profile; an empty one for an unknown viewer."""
    if identity is None:
        return ProfileResponse.from_profile(ViewerProfile.anonymous())
    return ProfileResponse.from_profile(profiles.read_viewer_profile(session, identity.id))


@router.put("/profile", operation_id="put_profile", responses=STORAGE_DECLINED_RESPONSES)
def put_profile(
    update: ProfileUpdate, identity: ConsentingIdentityDep, session: SessionDep
) -> ProfileResponse:
    """Replace all preferences; e-mail and role cannot be changed here."""
    replace_profile(session, identity.id, update, has_account=identity.is_logged_in)
    session.commit()
    return ProfileResponse.from_profile(profiles.read_viewer_profile(session, identity.id))


@router.delete("/profile", status_code=204, operation_id="forget_me")
def delete_profile(
    request: Request,
    identity: IdentityDep,
    visitor: VisitorDep,
    resources: ResourcesDep,
    search_log: SearchLogDep,
    feed_metrics: FeedMetricsDep,
) -> None:
    """Delete the account and everything the viewer did, permanently and at once.

    What the same browser did without signing in is deleted too.
    """
    viewer_ids = {each.id for each in (identity, visitor) if each is not None}
    delete_viewers(resources.engine, viewer_ids, search_log, feed_metrics)
    clear_login_cookies(request)
    clear_visitor_cookie(request)
