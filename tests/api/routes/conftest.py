from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from config.resources import Resources
from runtime.catalogue_view import CatalogueView
from tests.running_app import running_app
from tests.viewer_clients import ViewerFactory, viewer_factory


@pytest.fixture(scope="module")
def app_and_url(
    seeded_resources: Resources, catalogue_view: CatalogueView
) -> Iterator[tuple[FastAPI, httpx.URL]]:
    app = create_app(seeded_resources, catalogue_view)
    with running_app(app) as client:
        yield app, client.base_url


@pytest.fixture
def viewers(app_and_url: tuple[FastAPI, httpx.URL]) -> Iterator[ViewerFactory]:
    """Whoever comes to the service."""
    with viewer_factory(*app_and_url) as found:
        yield found
