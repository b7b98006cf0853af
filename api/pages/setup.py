"""Adds all pages and their static files to the application."""

from fastapi import FastAPI

from api.pages import (
    feed,
    homepage,
    interactions,
    login,
    onboarding,
    posters,
    profiles,
    search,
    static_files,
    title_lists,
    titles,
)


def install_pages(app: FastAPI) -> None:
    """Add the pages."""
    static_files.mount_static_files(app)
    for module in (
        homepage,
        search,
        titles,
        posters,
        feed,
        interactions,
        title_lists,
        onboarding,
        profiles,
        login,
    ):
        app.include_router(module.router)
