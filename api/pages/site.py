"""All pages, put together."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI

from api.pages import doors, feed, lists, look, taste, titles
from api.pages.titles import Pages


def install(app: FastAPI, pages: Callable[..., Pages | Awaitable[Pages]]) -> None:
    """Add the pages and their static files to an application; `pages` is a dependency of each."""
    look.install(app)
    app.include_router(titles.routes(pages))
    for module in (doors, feed, taste, lists):
        app.include_router(module.router)
