"""Everything that can be set, from the environment and `.env`."""

import difflib
import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "RASIKA_"
ENV_FILE = ".env"

Network = IPv4Network | IPv6Network


class Settings(BaseSettings):
    """Typed settings; each is the environment variable of its name in capitals after `RASIKA_`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True, env_ignore_empty=True
    )

    home: Path = Field(Path(".rasika"), description="where the embedded servers keep their data")
    seed: bool = Field(True, description="fill an empty catalogue with the seed catalogue")
    database_url: str | None = Field(None, description="PostgreSQL >= 15; none: the embedded one")
    redis_url: str | None = Field(None, description="Redis or Valkey; none: the embedded one")
    index: Literal["memory"] = Field("memory", description="the index engine")
    qdrant_url: str | None = Field(None, description="a Qdrant server, for the engine `qdrant`")
    qdrant_api_key: SecretStr | None = Field(None, description="its key")
    embedder: str = Field("bundled", description="`bundled` or `sentence-transformers:NAME`")
    secret_key: SecretStr | None = Field(
        None, description="signs tokens and opens /api/admin; none: admin from this machine only"
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origins that may call from a browser, parted by commas"
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="addresses or networks whose forwarding headers are believed"
    )
    tmdb_api_key: SecretStr | None = Field(None, description="The Movie Database")
    tmdb_base_url: str = Field("https://api.themoviedb.org/3", description="its address")
    omdb_api_key: SecretStr | None = Field(None, description="the Open Movie Database")
    omdb_base_url: str = Field("https://www.omdbapi.com", description="its address")
    jikan_base_url: str = Field("https://api.jikan.moe/v4", description="MyAnimeList through Jikan")
    youtube_api_key: SecretStr | None = Field(None, description="YouTube Data API")
    youtube_base_url: str = Field(
        "https://www.googleapis.com/youtube/v3", description="its address"
    )
    telegram_bot_token: SecretStr | None = Field(None, description="the bot that posts")
    telegram_chat_id: str | None = Field(None, description="where it posts")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _origins(cls, value: object) -> object:
        return _parted(value)

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        parts = _parted(value)
        return tuple(ip_network(str(part), strict=False) for part in parts)

    @field_validator("embedder")
    @classmethod
    def _known_embedder(cls, value: str) -> str:
        if value != "bundled" and not value.startswith("sentence-transformers:"):
            raise ValueError("must be `bundled` or `sentence-transformers:NAME`")
        return value

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: str | None) -> str | None:
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
    def _redis(cls, value: str | None) -> str | None:
        if value is not None and value.partition("://")[0] not in ("redis", "rediss", "unix"):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value


class WrongSettings(ValueError):
    """The environment holds what cannot be; the message has a line for each variable."""


def load() -> Settings:
    """Return the settings.

    Raises `WrongSettings` for a value that cannot be and for an unknown `RASIKA_` name.
    """
    unknown = _unknown()
    if unknown:
        raise WrongSettings("\n".join(unknown))
    try:
        return Settings()
    except ValidationError as error:
        raise WrongSettings(
            "\n".join(
                f"{PREFIX}{str(problem['loc'][0]).upper()}: "
                f"{problem['msg'].removeprefix('Value error, ')}"
                for problem in error.errors()
            )
        ) from error


def variables() -> dict[str, tuple[str, str]]:
    """Return every variable's default and meaning."""
    return {
        PREFIX + name.upper(): (_shown(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    }


def _unknown() -> list[str]:
    known = set(variables())
    given = {*os.environ, *dotenv_values(ENV_FILE)}
    return [
        f"{name} is no setting of Rasika{_meant(name, known)}"
        for name in sorted(given)
        if name.startswith(PREFIX) and name not in known
    ]


def _meant(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _parted(value: object) -> tuple[object, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _shown(default: object) -> str:
    if default is None or default == ():
        return ""
    return str(int(default) if isinstance(default, bool) else default)
