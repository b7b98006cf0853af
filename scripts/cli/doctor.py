"""`rasika doctor`: settings, servers and their versions, model, catalogue, and what is missing."""

import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import redis
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from config.embedders import create_embedder
from config.resources import Resources, open_resources
from config.settings import ENV_PREFIX, InvalidSettings, Settings, load_settings
from db import migrate, titles, vectors
from db.engine import open_session
from embedded.home_folder import EmbeddedServicesError
from embedded.status import read_status
from embeddings.embedder import Embedder, EmbedderUnavailable
from index import scan_kernel
from index.query import IndexUnavailable
from runtime.index_sync import create_index_sync
from runtime.served_index import APPROXIMATE_MIN_TITLES
from scripts.cli.console import out
from vocabulary.kinds import Space

EXTRAS = {
    "sentence-transformers": ("sentence_transformers", "sentence-transformers"),
    "qdrant": ("qdrant_client", "qdrant-client"),
    "bench": ("faiss", "faiss-cpu"),
}
"""Extra of `pyproject.toml` to the module and the distribution it installs."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `ok` is none for something absent that is not needed."""

    ok: bool | None
    topic: str
    detail: str


def doctor() -> int:
    """Print the findings; return the exit code, 1 if something needs fixing."""
    findings = list(_findings())
    for finding in findings:
        mark = {True: "[green]ok[/]", False: "[red]!![/]", None: "[dim]--[/]"}[finding.ok]
        out.print(f"{mark}  {finding.topic:<12} ", end="")
        out.print(finding.detail, markup=False)
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
    if settings.local_admin:
        detail = "RASIKA_LOCAL_ADMIN: requests from this machine, a proxy's too, are administrators"
        yield Finding(None, "administration", detail)
    yield from _home_findings(settings)
    try:
        with open_resources(settings, with_embedder=False) as resources:
            yield from _server_findings(resources)
    except (EmbeddedServicesError, DBAPIError) as error:
        yield Finding(False, "servers", _one_line(error))
    yield from _extra_findings()


def _settings_summary(settings: Settings) -> str:
    names = sorted(ENV_PREFIX + name.upper() for name in settings.model_fields_set)
    return f"set: {', '.join(names)}" if names else "nothing set, all defaults"


def _secret_key_finding(settings: Settings) -> Finding:
    count = len(settings.secret_keys)
    if not count:
        detail = "RASIKA_SECRET_KEY is not set: a generated key is stored in the home folder"
        return Finding(None, "secret key", f"{settings.environment}; {detail}")
    detail = "one secret key" if count == 1 else f"{count} secret keys, the first one signs"
    return Finding(True, "secret key", f"{settings.environment}; {detail}")


def _home_findings(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is not None and settings.redis_url is not None:
        return
    free = shutil.disk_usage(_existing_parent(settings)).free / 1e9
    yield Finding(free > 1, "home", f"{settings.home.resolve()}, {free:.1f} GB free")
    status = read_status(settings.home)
    if status.supervisor_pid:
        detail = f"in use by others (PostgreSQL {status.postgres_pid}, Valkey {status.valkey_pid})"
        yield Finding(True, "embedded", detail)
    for failure in status.failures:
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
        backend = getattr(embedder, "backend", None)
        detail = f"{embedder.model}, {embedder.dim} dimensions"
        yield Finding(True, "embedder", f"{detail}, {backend}" if backend else detail)
    except EmbedderUnavailable as error:
        yield Finding(False, "embedder", f"{_one_line(error)}; searches match names only")
    yield _catalogue_finding(resources, embedder)
    yield _index_finding(resources)


def _index_finding(resources: Resources) -> Finding:
    name, min_recall = resources.settings.index, resources.settings.index_recall
    try:
        index_sync = create_index_sync(resources)
        if index_sync is None:
            threshold = f"from {APPROXIMATE_MIN_TITLES:,} titles on a recall of {min_recall:.0%}"
            accuracy = "exact" if min_recall == 1 else threshold
            return Finding(True, "index", f"{name}, {accuracy}, {scan_kernel.kernel_description()}")
        with open_session(resources.engine) as reading:
            built = index_sync.position(reading) is not None
        accuracy = "exact" if min_recall == 1 else f"recall of {min_recall:.0%} or more"
        if not built:
            hint = "`rasika serve` or `rasika reindex --engine` fills it"
            return Finding(None, "index", f"{name}, {accuracy}; empty: {hint}")
        return Finding(True, "index", f"{name}, {accuracy}, {len(index_sync.index):,} titles")
    except (DBAPIError, IndexUnavailable) as error:
        return Finding(False, "index", _one_line(error))


def _catalogue_finding(resources: Resources, embedder: Embedder | None) -> Finding:
    with open_session(resources.engine) as reading:
        count = titles.count(reading)
        embedded = vectors.count(reading, Space.CONTENT, embedder.model) if embedder else 0
    if not count:
        hint = "`rasika serve` loads the seed, `rasika import` your own"
        return Finding(None, "catalogue", f"0 titles; {hint}")
    if embedder is None:
        return Finding(None, "catalogue", f"{count:,} titles")
    detail = f"{count:,} titles, {embedded:,} embedded"
    if embedded < count:
        return Finding(None, "catalogue", f"{detail}; `rasika embed` or a worker embeds the rest")
    return Finding(True, "catalogue", detail)


def _connection_finding(topic: str, describe: Callable[[], str]) -> Finding:
    try:
        return Finding(True, topic, describe())
    except (DBAPIError, redis.RedisError) as error:
        return Finding(False, topic, _one_line(error))


def _one_line(error: Exception) -> str:
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
