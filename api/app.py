"""The FastAPI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api import errors, openapi
from api.auth.oidc import configured_providers
from api.auth.rate_limits import RateLimiter
from api.auth.visitor_cookie import VisitorCookies
from api.cpu_limiter import CpuLimiter
from api.metrics import Metrics
from api.middleware.body_limit import BodyLimitMiddleware
from api.middleware.csrf import CsrfMiddleware
from api.middleware.response_cookies import SEARCH_ID_HEADER, ResponseCookiesMiddleware
from api.middleware.timing import TimingMiddleware
from api.pages.setup import install_pages
from api.routes import (
    accounts,
    admin_jobs,
    admin_reviews,
    admin_searches,
    admin_viewings,
    data_export,
    feed,
    health,
    homepage,
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
    trending,
    viewings,
)
from api.search_batcher import SearchBatcher
from api.state import AppState
from config.resources import Resources
from config.settings import Settings
from config.signing_keys import signing_keys
from runtime.catalogue_view import CatalogueView
from runtime.popular_searches import PopularSearches
from runtime.result_cache import ResultCache
from runtime.search_log import SearchLog
from runtime.title_features import ServedTitleFeatures
from search.language import query_expansion
from services.feed_metrics import FeedMetrics
from viewers.tokens import TokenSigner

SUMMARY = "Semantic search and recommendation for Indian and world cinema, series and anime"
# The order is that of the OpenAPI document.
ROUTERS = (
    *(search, suggestions, search_history, titles, trending, homepage, feed),
    *(admin_jobs, admin_searches, health, accounts, oidc, interactions, title_lists),
    *(profiles, onboarding, viewings, reviews, data_export, admin_viewings, admin_reviews),
)


def create_app(resources: Resources, catalogue: CatalogueView) -> FastAPI:
    """Return the application; the caller opens and closes the resources."""
    query_expansion.bundled_expander()  # now, so that the first search need not wait for it
    state = _build_state(resources, catalogue)
    threads = (catalogue, state.search_log, state.popular_searches)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.stop()

    app = FastAPI(title="Rasika", version="0.1.0", summary=SUMMARY, lifespan=lifespan)
    app.state.app_state = state
    for module in ROUTERS:
        app.include_router(module.router)
    _add_middleware(app, resources.settings, state.metrics)
    install_pages(app)
    errors.install_exception_handlers(app)
    openapi.install_openapi(app)
    return app


def _build_state(resources: Resources, catalogue: CatalogueView) -> AppState:
    settings, metrics = resources.settings, Metrics()
    return AppState(
        resources=resources,
        catalogue=catalogue,
        feature_source=ServedTitleFeatures(catalogue),
        metrics=metrics,
        feed_metrics=FeedMetrics(metrics.registry, catalogue),
        mood_cache=ResultCache(),
        search_log=SearchLog(resources.engine, metrics.searches_dropped.inc),
        popular_searches=PopularSearches(resources.engine),
        visitor_cookies=VisitorCookies(settings),
        tokens=TokenSigner(partial(signing_keys, settings)),
        cpu_limiter=CpuLimiter(),
        search_batcher=SearchBatcher(catalogue.index),
        rate_limiter=RateLimiter(
            resources.redis,
            secret=lambda: signing_keys(settings)[0],
            on_fallback=metrics.degraded.labels("throttle").inc,
        ),
        oidc_providers=configured_providers(settings),
    )


def _add_middleware(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Add middleware; the last one runs first."""
    origins = settings.cors_origins
    app.add_middleware(ResponseCookiesMiddleware)
    app.add_middleware(
        CsrfMiddleware, allowed_origins=origins, respond_to_error=errors.handle_registered_error
    )
    app.add_middleware(BodyLimitMiddleware)
    app.add_middleware(TimingMiddleware, metrics=metrics)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_credentials="*" not in origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=[SEARCH_ID_HEADER],
        )
