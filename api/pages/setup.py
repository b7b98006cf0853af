"""All pages, put together."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI

from api.pages import feed, layout, login, profiles, title_lists, titles
from api.pages.titles import Pages


def install(app: FastAPI, pages: Callable[..., Pages | Awaitable[Pages]]) -> None:
    """Add the pages and their static files to an application; `pages` is a dependency of each."""
    layout.install(app)
    app.include_router(titles.routes(pages))
    for module in (login, feed, profiles, title_lists):
        app.include_router(module.router)
