"""The application, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api import admin, content, document, errors, health, pages, recommendations, search, shown
from api.abreast import Abreast
from api.cores import Cores
from api.metrics import Metrics, Timed
from wiring.live import Live
from wiring.resources import Resources

SUMMARY = "Semantic search and recommendation for Indian and world cinema, series and anime"


def create_app(resources: Resources, live: Live) -> FastAPI:
    """Return the application over resources that the caller opened and closes."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        live.start()
        yield
        live.stop()

    app = FastAPI(title="Rasika", version="0.1.0", summary=SUMMARY, lifespan=lifespan)
    app.state.resources = resources
    app.state.live = live
    app.state.metrics = Metrics()
    app.state.cores = Cores()
    app.state.abreast = Abreast(live.index)
    for module in (search, content, recommendations, admin, health):
        app.include_router(module.router)
    app.add_middleware(Timed, metrics=app.state.metrics)
    if resources.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(resources.settings.cors_origins),
            allow_methods=["*"],
            allow_headers=["*"],
        )
    pages.install(app, shown.pages)
    errors.install(app)
    document.install(app)
    return app
