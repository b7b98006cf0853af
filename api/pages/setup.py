"""All pages, put together."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI

from api.pages import feed, layout, login, profiles, title_lists, titles
from api.pages.titles import PageDataSource


def install_pages(
    app: FastAPI, page_data: Callable[..., PageDataSource | Awaitable[PageDataSource]]
) -> None:
    """Add the pages and their static files to an application; `pages` is a dependency of each."""
    layout.mount_static_files(app)
    app.include_router(titles.title_routes(page_data))
    for module in (login, feed, profiles, title_lists):
        app.include_router(module.router)
