"""The static files, under an address that changes with their content."""

import hashlib
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

import web

WEB_FOLDER = Path(web.__path__[0])

router = APIRouter(include_in_schema=False)


class ImmutableStaticFiles(StaticFiles):
    """Files that never change under their address."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Return a file that caches may keep for a year."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type] # passed on
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


@lru_cache(maxsize=1)
def static_url() -> str:
    """Return the address of the static files, which holds a digest of their content."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted((WEB_FOLDER / "static").iterdir()):
        digest.update(path.read_bytes())
    return f"/static/{digest.hexdigest()}"


def mount_static_files(app: FastAPI) -> None:
    """Serve the static files."""
    app.mount(static_url(), ImmutableStaticFiles(directory=WEB_FOLDER / "static"), name="static")
    app.include_router(router)


@router.get("/favicon.ico")
def redirect_to_icon() -> Response:
    """Redirect to the icon."""
    return RedirectResponse(f"{static_url()}/icon.svg")
