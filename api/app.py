"""The application, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api import errors, openapi
from api.auth.rate_limits import RateLimiter
from api.auth.visitor_cookie import SEARCH_ID_HEADER, ResponseCookiesMiddleware, VisitorCookies
from api.cpu_limiter import CpuLimiter
from api.metrics import Metrics, TimingMiddleware
from api.middleware.body_limit import BodyLimitMiddleware
from api.middleware.csrf import CsrfMiddleware
from api.pages import data, setup
from api.routes import (
    accounts,
    admin_jobs,
    admin_searches,
    data_export,
    feed,
    health,
    interactions,
    oidc,
    onboarding,
    profiles,
    reviews,
    search,
    search_history,
    suggestions,
    title_lists,
    titles,
    viewings,
)
from api.search_batcher import SearchBatcher
from config.resources import Resources
from config.signing_keys import signing_keys
from runtime.catalogue_view import CatalogueView
from runtime.popular_searches import PopularSearches
from runtime.result_cache import ResultCache
from runtime.search_log import SearchLog
from search.language import query_expansion
from services.feed_metrics import FeedMetrics
from viewers.tokens import TokenSigner

SUMMARY = "Semantic search and recommendation for Indian and world cinema, series and anime"


def create_app(resources: Resources, catalogue: CatalogueView) -> FastAPI:
    """Return the application over resources that the caller opened and closes."""
    metrics = Metrics()
    search_log = SearchLog(resources.engine, metrics.searches_dropped.inc)
    popular = PopularSearches(resources.engine)
    threads = (catalogue, search_log, popular)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.stop()

    app = FastAPI(title="Rasika", version="0.1.0", summary=SUMMARY, lifespan=lifespan)
    app.state.resources = resources
    app.state.live = catalogue
    app.state.metrics = metrics
    app.state.feeds = FeedMetrics(metrics.registry, catalogue)
    app.state.moods = ResultCache()  # where they lie
    app.state.search_log = search_log
    app.state.popular = popular
    app.state.visitors = VisitorCookies(resources.settings)
    app.state.tokens = TokenSigner(partial(signing_keys, resources.settings))
    query_expansion.bundled_expander()  # seconds, which nobody's first search shall take
    app.state.cores = CpuLimiter()
    app.state.abreast = SearchBatcher(catalogue.index)
    app.state.throttle = RateLimiter(
        resources.redis,
        secret=lambda: signing_keys(resources.settings)[0],
        on_fallback=metrics.degraded.labels("throttle").inc,
    )
    for module in (
        search,
        suggestions,
        search_history,
        titles,
        feed,
        admin_jobs,
        admin_searches,
        health,
    ):
        app.include_router(module.router)
    app.state.providers = oidc.configured_providers(resources.settings)
    app.include_router(accounts.router)
    app.include_router(oidc.router)
    for room in (interactions, title_lists, profiles, onboarding, viewings, reviews, data_export):
        app.include_router(room.router)
    app.include_router(viewings.admin_router)
    app.include_router(reviews.admin_router)
    app.add_middleware(ResponseCookiesMiddleware, visitors=app.state.visitors)
    app.add_middleware(CsrfMiddleware, allowed=resources.settings.cors_origins)
    app.add_middleware(BodyLimitMiddleware)
    app.add_middleware(TimingMiddleware, metrics=metrics)
    if resources.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(resources.settings.cors_origins),
            allow_credentials="*" not in resources.settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=[SEARCH_ID_HEADER],
        )
    setup.install_pages(app, data.page_data)
    errors.install_exception_handlers(app)
    openapi.install_openapi(app)
    return app
