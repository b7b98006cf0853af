"""The state of the application, `AppState`, and the dependencies that read it.

The readers are coroutines because FastAPI runs plain functions in a thread, which takes longer than
they do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from sqlmodel import Session

from api.auth.oidc import OidcProviders
from api.auth.rate_limits import RateLimiter
from api.auth.visitor_cookie import VisitorCookies
from api.cpu_limiter import CpuLimiter
from api.metrics import Metrics
from api.search_batcher import SearchBatcher
from config.resources import Resources
from config.settings import Settings
from db.engine import open_session
from runtime.catalogue_view import CatalogueView
from runtime.popular_searches import PopularSearches
from runtime.result_cache import ResultCache
from runtime.search_log import SearchLog
from services.feed_metrics import FeedMetrics
from viewers.interactions import TitleFeatureSource
from viewers.tokens import TokenSigner


@dataclass(frozen=True, slots=True, kw_only=True)
class AppState:
    """Everything that routes, pages and middleware use of the process."""

    resources: Resources
    catalogue: CatalogueView
    feature_source: TitleFeatureSource
    metrics: Metrics
    feed_metrics: FeedMetrics
    mood_cache: ResultCache
    search_log: SearchLog
    popular_searches: PopularSearches
    visitor_cookies: VisitorCookies
    tokens: TokenSigner
    cpu_limiter: CpuLimiter
    search_batcher: SearchBatcher
    rate_limiter: RateLimiter
    oidc_providers: OidcProviders

    @property
    def settings(self) -> Settings:
        """The settings of the process."""
        return self.resources.settings


def app_state(app: FastAPI) -> AppState:
    """Return the state that `create_app` gave the application."""
    state: AppState = app.state.app_state
    return state


async def _state(request: Request) -> AppState:
    return app_state(request.app)


async def _settings(request: Request) -> Settings:
    return app_state(request.app).settings


async def _resources(request: Request) -> Resources:
    return app_state(request.app).resources


async def _catalogue(request: Request) -> CatalogueView:
    return app_state(request.app).catalogue


async def _feature_source(request: Request) -> TitleFeatureSource:
    return app_state(request.app).feature_source


async def _metrics(request: Request) -> Metrics:
    return app_state(request.app).metrics


async def _feed_metrics(request: Request) -> FeedMetrics:
    return app_state(request.app).feed_metrics


async def _search_log(request: Request) -> SearchLog:
    return app_state(request.app).search_log


async def _tokens(request: Request) -> TokenSigner:
    return app_state(request.app).tokens


async def _cpu_limiter(request: Request) -> CpuLimiter:
    return app_state(request.app).cpu_limiter


async def _search_batcher(request: Request) -> SearchBatcher:
    return app_state(request.app).search_batcher


async def _oidc_providers(request: Request) -> OidcProviders:
    return app_state(request.app).oidc_providers


def _session(request: Request) -> Iterator[Session]:
    with open_session(app_state(request.app).resources.engine) as session:
        yield session


AppStateDep = Annotated[AppState, Depends(_state)]
SettingsDep = Annotated[Settings, Depends(_settings)]
ResourcesDep = Annotated[Resources, Depends(_resources)]
CatalogueViewDep = Annotated[CatalogueView, Depends(_catalogue)]
FeatureSourceDep = Annotated[TitleFeatureSource, Depends(_feature_source)]
MetricsDep = Annotated[Metrics, Depends(_metrics)]
FeedMetricsDep = Annotated[FeedMetrics, Depends(_feed_metrics)]
SearchLogDep = Annotated[SearchLog, Depends(_search_log)]
TokensDep = Annotated[TokenSigner, Depends(_tokens)]
CpuLimiterDep = Annotated[CpuLimiter, Depends(_cpu_limiter)]
SearchBatcherDep = Annotated[SearchBatcher, Depends(_search_batcher)]
OidcProvidersDep = Annotated[OidcProviders, Depends(_oidc_providers)]
SessionDep = Annotated[Session, Depends(_session, scope="function")]
