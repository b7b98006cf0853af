"""All pages, put together."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI

from api.pages import look, titles
from api.pages.titles import Pages


def install(app: FastAPI, pages: Callable[..., Pages | Awaitable[Pages]]) -> None:
    """Add the pages and their static files to an application; `pages` is a dependency of each."""
    look.install(app)
    app.include_router(titles.routes(pages))
