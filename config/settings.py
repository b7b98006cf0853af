"""All settings, read from the environment and `.env`."""

import difflib
import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ENV_PREFIX = "RASIKA_"
ENV_FILE = ".env"

MIN_SECRET_KEY_CHARACTERS = 16  # fewer can be guessed
GOOGLE_ISSUER = "https://accounts.google.com"

Network = IPv4Network | IPv6Network


class OidcProviderSettings(BaseModel):
    """An OpenID Connect provider and our registration with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]  # part of URLs
    label: str | None = None  # on the button
    issuer: str
    client_id: str
    client_secret: SecretStr
    scopes: tuple[str, ...] = ("openid", "email", "profile")

    @property
    def display_name(self) -> str:
        """The name on the sign-in button."""
        return self.label or self.name.capitalize()

    @field_validator("issuer")
    @classmethod
    def _require_https(cls, value: str) -> str:
        parts = urlsplit(value)
        is_local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
        if not parts.hostname or not (parts.scheme == "https" or is_local):
            raise ValueError("must start with https://")
        return value

    @field_validator("scopes")
    @classmethod
    def _include_openid_scope(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return value if "openid" in value else ("openid", *value)


class Settings(BaseSettings):
    """Each field is the environment variable of its name in capitals, after `RASIKA_`."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True, env_ignore_empty=True
    )

    home: Path = Field(Path(".rasika"), description="folder for the data of the embedded servers")
    seed: bool = Field(True, description="load the seed catalogue into an empty one")
    database_url: str | None = Field(
        None, description="PostgreSQL 15 or newer; none: the embedded one"
    )
    redis_url: str | None = Field(None, description="Redis or Valkey; none: the embedded one")
    index: Literal["memory", "pgvector", "qdrant"] = Field(
        "memory", description="index engine; docs/engines.md compares them"
    )
    index_recall: float = Field(
        1.0,
        description="minimum recall of a search; below 1, graphs (pgvector, qdrant) or, from a "
        "million titles on, inverted lists (memory) are used where they reach it",
        gt=0,
        le=1,
    )
    qdrant_url: str | None = Field(None, description="Qdrant server, for the engine `qdrant`")
    qdrant_api_key: SecretStr | None = Field(None, description="API key of the Qdrant server")
    qdrant_shards: int = Field(1, description="shards of a Qdrant collection", ge=1)
    qdrant_replicas: int = Field(1, description="nodes that hold each shard", ge=1)
    embedder: str = Field("bundled", description="`bundled` or `sentence-transformers:NAME`")
    environment: Literal["development", "production"] = Field(
        "development",
        description="`production` requires a secret key and sends cookies over https only",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="signs tokens and gives access to /api/admin; comma-separated keys: the first "
        "signs, all are accepted",
    )
    local_admin: bool = Field(
        False,
        description="requests from this machine may use /api/admin without a key; only for "
        "development without a proxy, and not in production",
    )
    oidc_providers: tuple[OidcProviderSettings, ...] = Field(
        (),
        description="sign-in providers (OpenID Connect): a JSON list of objects with `name`, "
        "`issuer`, `client_id`, `client_secret`, optionally `label` and `scopes`",
    )
    google_client_id: str | None = Field(None, description="client id for sign-in with Google")
    google_client_secret: SecretStr | None = Field(None, description="its client secret")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origins that browsers may call the API from, comma-separated"
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="addresses or networks of proxies whose forwarding headers are trusted"
    )
    tmdb_api_key: SecretStr | None = Field(None, description="API key of The Movie Database")
    tmdb_base_url: str = Field("https://api.themoviedb.org/3", description="address of its API")
    omdb_api_key: SecretStr | None = Field(None, description="API key of the Open Movie Database")
    omdb_base_url: str = Field("https://www.omdbapi.com", description="address of its API")
    jikan_base_url: str = Field(
        "https://api.jikan.moe/v4", description="MyAnimeList, through Jikan"
    )
    youtube_api_key: SecretStr | None = Field(None, description="API key of the YouTube Data API")
    youtube_base_url: str = Field(
        "https://www.googleapis.com/youtube/v3", description="address of its API"
    )
    telegram_bot_token: SecretStr | None = Field(None, description="token of the Telegram bot")
    telegram_chat_id: str | None = Field(None, description="Telegram chat that the bot posts to")

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The secret keys; the first signs."""
        return _split_keys(self.secret_key)

    @property
    def is_production(self) -> bool:
        """Whether the service is reachable by the public."""
        return self.environment == "production"

    @property
    def all_oidc_providers(self) -> tuple[OidcProviderSettings, ...]:
        """The providers, with Google if it is configured."""
        if self.google_client_id is None or self.google_client_secret is None:
            return self.oidc_providers
        google = OidcProviderSettings(
            name="google",
            label="Google",
            issuer=GOOGLE_ISSUER,
            client_id=self.google_client_id,
            client_secret=self.google_client_secret,
        )
        return (*self.oidc_providers, google)

    @field_validator("secret_key")
    @classmethod
    def _require_long_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and any(
            len(key) < MIN_SECRET_KEY_CHARACTERS for key in _split_keys(value) or [""]
        ):
            raise ValueError(f"each key must have at least {MIN_SECRET_KEY_CHARACTERS} characters")
        return value

    @model_validator(mode="after")
    def _require_consistent_settings(self) -> Self:
        if self.is_production and not self.secret_keys:
            raise ValueError("SECRET_KEY: must be set when RASIKA_ENVIRONMENT is production")
        if self.is_production and self.local_admin:
            raise ValueError("LOCAL_ADMIN: must not be set where RASIKA_ENVIRONMENT is production")
        if self.index == "qdrant" and self.qdrant_url is None:
            raise ValueError("QDRANT_URL: must be set when RASIKA_INDEX is qdrant")
        if (self.google_client_id is None) != (self.google_client_secret is None):
            raise ValueError("GOOGLE_CLIENT_SECRET: set it together with RASIKA_GOOGLE_CLIENT_ID")
        names = [each.name for each in self.all_oidc_providers]
        if len(set(names)) < len(names):
            raise ValueError("OIDC_PROVIDERS: names must differ")
        return self

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        return _split_commas(value)

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _parse_networks(cls, value: object) -> object:
        parts = _split_commas(value)
        return tuple(ip_network(str(part), strict=False) for part in parts)

    @field_validator("embedder")
    @classmethod
    def _require_known_embedder(cls, value: str) -> str:
        if value != "bundled" and not value.startswith("sentence-transformers:"):
            raise ValueError("must be `bundled` or `sentence-transformers:NAME`")
        return value

    @field_validator("database_url")
    @classmethod
    def _normalise_database_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        scheme, separator, rest = value.partition("://")
        if not separator or scheme.partition("+")[0] not in ("postgresql", "postgres"):
            raise ValueError("must start with postgresql://")
        url = f"postgresql+psycopg://{rest}"
        try:
            make_url(url)
        except (ArgumentError, ValueError) as error:
            raise ValueError("must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE") from error
        return url

    @field_validator("redis_url")
    @classmethod
    def _require_redis_url(cls, value: str | None) -> str | None:
        if value is not None and value.partition("://")[0] not in ("redis", "rediss", "unix"):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value


class InvalidSettings(ValueError):
    """Invalid values or unknown names; the message has a line for each variable."""


def load_settings() -> Settings:
    """Return the settings.

    Raises `InvalidSettings` for an invalid value and for an unknown `RASIKA_` name.
    """
    unknown = _unknown_variables()
    if unknown:
        raise InvalidSettings("\n".join(unknown))
    try:
        return Settings()
    except ValidationError as error:
        raise InvalidSettings("\n".join(map(_problem_line, error.errors()))) from error
    except SettingsError as error:  # not JSON; its own message quotes the value
        raise InvalidSettings(f"{ENV_PREFIX}OIDC_PROVIDERS: must be a JSON list") from error


def environment_variables() -> dict[str, tuple[str, str]]:
    """Return the default and the description of every variable."""
    return {
        ENV_PREFIX + name.upper(): (_format_default(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    }


def _problem_line(problem: ErrorDetails) -> str:
    """Return a line that names the variable, and never its value."""
    message = problem["msg"].removeprefix("Value error, ")
    location = problem["loc"]
    if not location:
        return ENV_PREFIX + message
    within = "".join(f"{part}: " for part in location[1:])
    return f"{ENV_PREFIX}{str(location[0]).upper()}: {within}{message}"


def _unknown_variables() -> list[str]:
    known = set(environment_variables())
    names = {*os.environ, *dotenv_values(ENV_FILE)}
    return [
        f"{name} is not a setting of Rasika{_suggestion(name, known)}"
        for name in sorted(names)
        if name.startswith(ENV_PREFIX) and name not in known
    ]


def _suggestion(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _split_commas(value: object) -> tuple[object, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _split_keys(value: SecretStr | None) -> tuple[str, ...]:
    text = value.get_secret_value() if value is not None else ""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _format_default(default: object) -> str:
    if default is None or default == ():
        return ""
    return str(int(default) if isinstance(default, bool) else default)
