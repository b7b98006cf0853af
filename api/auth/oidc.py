"""The OpenID Connect providers of the settings."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import httpx
from anyio import CapacityLimiter, to_thread

from config.settings import Settings
from viewers.oidc import HTTP_TIMEOUT_S, OidcClient, OidcProvider, OidcProviderUnknown

MAX_PROVIDER_THREADS = 4  # of their own, so that a slow provider delays no other request
NO_KEEPALIVE = httpx.Limits(max_keepalive_connections=0)  # few calls, hours apart

Result = TypeVar("Result")


class OidcProviders:
    """The configured providers, by name."""

    def __init__(self, by_name: Mapping[str, OidcProvider]) -> None:
        self._by_name = by_name
        self._limiter = CapacityLimiter(MAX_PROVIDER_THREADS)

    def get(self, name: str) -> OidcProvider:
        """Return a provider.

        Raises `OidcProviderUnknown`.
        """
        if name not in self._by_name:
            raise OidcProviderUnknown(name)
        return self._by_name[name]

    async def run(self, call: Callable[[], Result]) -> Result:
        """Return the result of a call to a provider, made on a thread."""
        return await to_thread.run_sync(call, limiter=self._limiter)


def configured_providers(settings: Settings) -> OidcProviders:
    """Return the providers of the settings."""
    if not settings.all_oidc_providers:
        return OidcProviders({})
    http = httpx.Client(timeout=HTTP_TIMEOUT_S, limits=NO_KEEPALIVE)
    return OidcProviders(
        {
            provider.name: OidcProvider(
                OidcClient(
                    name=provider.display_name,
                    issuer=provider.issuer,
                    client_id=provider.client_id,
                    client_secret=provider.client_secret.get_secret_value(),
                    scopes=provider.scopes,
                ),
                http,
            )
            for provider in settings.all_oidc_providers
        }
    )
