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

from db import migrate, titles, vectors
from db.engine import session
from db.kinds import Space
from index.codes import kernel
from wiring.embedded.home import EmbeddedServicesError
from wiring.embedded.status import status
from wiring.resources import Resources, load_embedder, opened
from wiring.settings import Settings, WrongSettings, load

EXTRAS = {
    "sentence_transformers": "sentence-transformers",
    "qdrant_client": "qdrant",
    "faiss": "faiss",
}

console = Console(soft_wrap=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `ok` is none where nothing is wrong and nothing is there."""

    ok: bool | None
    what: str
    detail: str


def doctor() -> int:
    """Print the findings and return the exit code: 1 when something needs mending."""
    findings = list(_findings())
    for finding in findings:
        mark = {True: "[green]ok[/]", False: "[red]!![/]", None: "[dim]--[/]"}[finding.ok]
        console.print(f"{mark}  {finding.what:<12} ", end="")
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
        settings = load()
    except WrongSettings as error:
        yield Finding(False, "settings", str(error).replace("\n", "; "))
        return
    yield Finding(True, "settings", _told(settings))
    yield from _home(settings)
    try:
        with opened(settings, embedder=False) as resources:
            yield from _servers(resources)
    except (EmbeddedServicesError, DBAPIError) as error:
        yield Finding(False, "servers", str(getattr(error, "orig", None) or error).strip())
    yield from _extras()


def _told(settings: Settings) -> str:
    given = sorted(settings.model_fields_set)
    return f"set: {', '.join(given)}" if given else "nothing set: the embedded default"


def _home(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is not None and settings.redis_url is not None:
        return
    free = shutil.disk_usage(_existing(settings)).free / 1e9
    yield Finding(free > 1, "home", f"{settings.home.resolve()}, {free:.1f} GB free")
    now = status(settings.home)
    if now.supervisor_pid:
        detail = f"running for others (PostgreSQL {now.postgres_pid}, Valkey {now.valkey_pid})"
        yield Finding(True, "embedded", detail)
    for failure in now.failures:
        yield Finding(False, "embedded", failure)


def _existing(settings: Settings) -> str:
    folder = settings.home.resolve()
    while not folder.exists():
        folder = folder.parent
    return str(folder)


def _servers(resources: Resources) -> Iterator[Finding]:
    yield _asked("postgres", lambda: _postgres(resources))
    yield _asked("valkey", lambda: _valkey(resources))
    embedder = load_embedder(resources.settings)
    if embedder is None:
        yield Finding(False, "embedder", f"{resources.settings.embedder} could not be loaded")
    else:
        yield Finding(True, "embedder", f"{embedder.model}, {embedder.dim} dimensions")
    with session(resources.engine) as reading:
        count = titles.count(reading)
        have = vectors.count(reading, Space.CONTENT, embedder.model) if embedder else 0
    detail = f"{count:,} titles, {have:,} embedded"
    yield Finding(True if count else None, "catalogue", detail + _advice(count, have))
    yield Finding(True, "index", f"{resources.settings.index}, exact, {kernel()}")


def _advice(count: int, have: int) -> str:
    if not count:
        return "; `rasika serve` fills it with the seed, `rasika import` with yours"
    return "; `rasika embed` does the rest" if have < count else ""


def _asked(what: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(True, what, ask())
    except (DBAPIError, redis.RedisError) as error:
        return Finding(False, what, str(getattr(error, "orig", None) or error).strip())


def _postgres(resources: Resources) -> str:
    with resources.engine.connect() as connection:
        version = connection.execute(text("SHOW server_version")).scalar_one()
        query = text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        pgvector = connection.execute(query).scalar_one()
        revision = migrate.current(connection)
    where = "embedded" if resources.settings.database_url is None else "external"
    return f"{version} ({where}), pgvector {pgvector}, schema {revision}"


def _valkey(resources: Resources) -> str:
    info = resources.redis.info("server")
    version = info.get("valkey_version") or info.get("redis_version")
    where = "embedded" if resources.settings.redis_url is None else "external"
    return f"{version} ({where})"


def _extras() -> Iterator[Finding]:
    for module, extra in EXTRAS.items():
        if importlib.util.find_spec(module) is None:
            yield Finding(None, "extra", f"{extra} is not installed: pip install 'rasika[{extra}]'")
        else:
            yield Finding(True, "extra", extra)
