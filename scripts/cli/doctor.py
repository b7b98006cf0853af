"""`rasika doctor`: what is configured, reachable, at which version, and what is missing."""

import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import redis
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from config.resources import Resources, create_embedder, open_resources
from config.settings import ENV_PREFIX, InvalidSettings, Settings, load_settings
from db import migrate, titles, vectors
from db.engine import open_session
from embedded.home_folder import EmbeddedServicesError
from embedded.status import read_status
from embeddings.embedder import Embedder, EmbedderUnavailable
from index import scan_kernel
from index.query import IndexUnavailable
from runtime.catalogue_view import APPROXIMATE_MIN_TITLES
from vocabulary.kinds import Space

EXTRAS = {
    "fast": ("openvino", "openvino"),
    "sentence-transformers": ("sentence_transformers", "sentence-transformers"),
    "qdrant": ("qdrant_client", "qdrant-client"),
    "bench": ("faiss", "faiss-cpu"),
}
"""What an extra of `pyproject.toml` brings: its module and its distribution."""

console = Console(soft_wrap=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `ok` is none where nothing is wrong and nothing is there."""

    ok: bool | None
    topic: str
    detail: str


def doctor() -> int:
    """Print the findings and return the exit code: 1 when something needs mending."""
    findings = list(_findings())
    for finding in findings:
        mark = {True: "[green]ok[/]", False: "[red]!![/]", None: "[dim]--[/]"}[finding.ok]
        console.print(f"{mark}  {finding.topic:<12} ", end="")
        console.print(finding.detail, markup=False)
    return 1 if any(finding.ok is False for finding in findings) else 0


def _findings() -> Iterator[Finding]:
    yield Finding(
        sys.version_info >= (3, 11),
        "python",
        f"{platform.python_version()} on {platform.system()} {platform.machine()}; "
        f"rasika {importlib.metadata.version('rasika')}",
    )
    try:
        settings = load_settings()
    except InvalidSettings as error:
        yield Finding(False, "settings", str(error).replace("\n", "; "))
        return
    yield Finding(True, "settings", _settings_summary(settings))
    yield _secret_key_finding(settings)
    yield from _home_findings(settings)
    try:
        with open_resources(settings, with_embedder=False) as resources:
            yield from _server_findings(resources)
    except (EmbeddedServicesError, DBAPIError) as error:
        yield Finding(False, "servers", _one_line(error))
    yield from _extra_findings()


def _settings_summary(settings: Settings) -> str:
    given = sorted(ENV_PREFIX + name.upper() for name in settings.model_fields_set)
    return f"set: {', '.join(given)}" if given else "nothing set: the embedded default"


def _secret_key_finding(settings: Settings) -> Finding:
    count = len(settings.secret_keys)
    if not count:
        told = "no RASIKA_SECRET_KEY: one is kept at home, and admin is for this machine only"
        return Finding(None, "secret key", f"{settings.environment}; {told}")
    told = "one secret key" if count == 1 else f"{count} secret keys, the first of which signs"
    return Finding(True, "secret key", f"{settings.environment}; {told}")


def _home_findings(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is not None and settings.redis_url is not None:
        return
    free = shutil.disk_usage(_existing_parent(settings)).free / 1e9
    yield Finding(free > 1, "home", f"{settings.home.resolve()}, {free:.1f} GB free")
    now = read_status(settings.home)
    if now.supervisor_pid:
        detail = f"running for others (PostgreSQL {now.postgres_pid}, Valkey {now.valkey_pid})"
        yield Finding(True, "embedded", detail)
    for failure in now.failures:
        yield Finding(False, "embedded", failure)


def _existing_parent(settings: Settings) -> str:
    folder = settings.home.resolve()
    while not folder.exists():
        folder = folder.parent
    return str(folder)


def _server_findings(resources: Resources) -> Iterator[Finding]:
    yield _connection_finding("postgres", lambda: _describe_postgres(resources))
    yield _connection_finding("valkey", lambda: _describe_valkey(resources))
    embedder: Embedder | None = None
    try:
        embedder = create_embedder(resources.settings.embedder)
        runs = getattr(embedder, "backend", None)
        told = f"{embedder.model}, {embedder.dim} dimensions"
        yield Finding(True, "embedder", f"{told}, {runs}" if runs else told)
    except EmbedderUnavailable as error:
        yield Finding(False, "embedder", f"{_one_line(error)}; searches go by names alone")
    yield _catalogue_finding(resources, embedder)
    yield _index_finding(resources)


def _index_finding(resources: Resources) -> Finding:
    name, least = resources.settings.index, resources.settings.index_recall
    try:
        shared = resources.build_index_sync()
        if shared is None:
            told = (
                "exact"
                if least == 1
                else f"from {APPROXIMATE_MIN_TITLES:,} titles on {least:.0%} at least"
            )
            return Finding(True, "index", f"{name}, {told}, {scan_kernel.kernel_description()}")
        with open_session(resources.engine) as reading:
            built = shared.position(reading) is not None
        told = f"{name}, {'exact' if least == 1 else f'finds {least:.0%} at least'}"
        if not built:
            told += "; nothing there yet: `rasika serve` copies it in, or `rasika reindex --engine`"
            return Finding(None, "index", told)
        return Finding(True, "index", f"{told}, {len(shared.index):,} titles")
    except (DBAPIError, IndexUnavailable) as error:
        return Finding(False, "index", _one_line(error))


def _catalogue_finding(resources: Resources, embedder: Embedder | None) -> Finding:
    with open_session(resources.engine) as reading:
        count = titles.count(reading)
        have = vectors.count(reading, Space.CONTENT, embedder.model) if embedder else 0
    told = f"{count:,} titles"
    if not count:
        told += "; `rasika serve` fills it with the seed, `rasika import` with yours"
    elif embedder:
        told += f", {have:,} embedded"
        told += "; `rasika embed` or a worker does the rest" if have < count else ""
    return Finding(True if embedder and 0 < count <= have else None, "catalogue", told)


def _connection_finding(topic: str, describe: Callable[[], str]) -> Finding:
    try:
        return Finding(True, topic, describe())
    except (DBAPIError, redis.RedisError) as error:
        return Finding(False, topic, _one_line(error))


def _one_line(error: Exception) -> str:
    """Return an error in one line."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def _describe_postgres(resources: Resources) -> str:
    with resources.engine.connect() as connection:
        version = connection.execute(text("SHOW server_version")).scalar_one()
        query = text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        pgvector = connection.execute(query).scalar_one()
        revision = migrate.current_revision(connection)
    where = "embedded" if resources.settings.database_url is None else "external"
    return f"{version} ({where}), pgvector {pgvector}, schema {revision}"


def _describe_valkey(resources: Resources) -> str:
    info = resources.redis.info("server")
    version = info.get("valkey_version") or info.get("redis_version")
    where = "embedded" if resources.settings.redis_url is None else "external"
    return f"{version} ({where})"


def _extra_findings() -> Iterator[Finding]:
    for extra, (module, distribution) in EXTRAS.items():
        if importlib.util.find_spec(module) is None:
            yield Finding(None, "extra", f"{extra} is not installed: pip install 'rasika[{extra}]'")
        else:
            yield Finding(True, "extra", f"{extra} {importlib.metadata.version(distribution)}")
