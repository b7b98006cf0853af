"""`rasika`: every command, and how its failures read."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import redis
import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from catalog.import_reader import UnreadableFile
from config import index_engines, logging_setup
from config.settings import InvalidSettings, Settings, load_settings
from embedded.home_folder import EmbeddedServicesError
from embeddings.embedder import EmbedderUnavailable
from index.query import IndexUnavailable
from runtime.index_sync import CopyMismatch
from scripts import bench as benchmarks
from scripts.bench.engines.registry import FAMILIES
from scripts.bench.measurements import BenchmarkOptions
from scripts.cli import doctor as doctor_command
from scripts.cli import interactions, taste
from scripts.cli import serve as serve_command
from scripts.cli import titles as titles_command
from scripts.cli import user as user_command
from scripts.evaluate import feed as feed_evaluation
from scripts.evaluate import search as search_evaluation
from scripts.train import romanised, thesaurus
from search.language.word_keys import write_word_keys
from vocabulary.kinds import Role

app = typer.Typer(
    name="rasika",
    help="Semantic search and recommendation for cinema.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

user_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(user_app, name="user", help="Accounts, for who runs the service.")
taste_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(taste_app, name="taste", help="What viewers lean to.")

EXPECTED_ERRORS = (
    EmbeddedServicesError,
    EmbedderUnavailable,
    IndexUnavailable,
    CopyMismatch,
    UnreadableFile,
    titles_command.CommandFailed,
    serve_command.PortUnavailable,
    user_command.AccountCommandFailed,
    benchmarks.BenchmarkFailed,
    romanised.WordPairsMissing,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; exit 0 on success, 1 when something failed, 2 for wrong usage."""
    logging_setup.configure_logging()
    try:
        app(arguments)
    except EXPECTED_ERRORS as error:
        _exit_with_error(str(error))
    except DBAPIError as error:
        _exit_with_error(f"PostgreSQL: {str(error.orig).strip().partition(chr(10))[0]}")
    except redis.RedisError as error:
        _exit_with_error(f"Redis: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes that answer.", min=1)] = 1,
    no_seed: Annotated[
        bool, typer.Option("--no-seed", help="Leave an empty catalogue so.")
    ] = False,
) -> None:
    """Serve the API and the pages."""
    settings = _load_settings()
    serve_command.serve(
        settings, host=host, port=port, workers=workers, seed=settings.seed and not no_seed
    )


@app.command()
def worker(
    queues: Annotated[list[str] | None, typer.Option(help="Queues to work on, in order.")] = None,
    burst: Annotated[bool, typer.Option(help="Stop when nothing is left.")] = False,
    with_parent: Annotated[int, typer.Option(hidden=True)] = 0,
) -> None:
    """Work on queued jobs, and enqueue what is scheduled."""
    serve_command.run_queue_worker(
        _load_settings(), queues or [], burst=burst, with_parent=with_parent
    )


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="JSON Lines (also .gz) or CSV.")],
    format_: Annotated[str, typer.Option("--format", help="titles or interactions")] = "titles",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="field=column, as often as needed")
    ] = None,
) -> None:
    """Import titles, or what viewers did; bad lines are reported and skipped."""
    if format_ == "titles":
        titles_command.import_titles(_load_settings(), files, _parse_mapping(mapping or []))
    elif format_ == "interactions":
        interactions.import_interactions(_load_settings(), files, _parse_mapping(mapping or []))
    else:
        raise typer.BadParameter("there are titles and interactions", param_hint="--format")


@app.command()
def export(
    what: Annotated[str, typer.Argument(help="titles or interactions")],
    file: Annotated[Path, typer.Argument(help="JSON Lines to write, gzipped when it ends so.")],
) -> None:
    """Export titles, or what viewers did, in the form that import takes."""
    if what == "titles":
        titles_command.export_titles(_load_settings(), file)
    elif what == "interactions":
        interactions.export_interactions(_load_settings(), file)
    else:
        raise typer.BadParameter("there are titles and interactions", param_hint="WHAT")


@app.command()
def embed(
    all_: Annotated[bool, typer.Option("--all", help="Read every title's text again.")] = False,
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Titles per transaction.")] = 16,
) -> None:
    """Embed what has no vector of the current model."""
    titles_command.embed(_load_settings(), everything=all_, batch=batch)


@app.command()
def reindex(
    engine: Annotated[
        str | None,
        typer.Option(help="Copy into pgvector or qdrant, compare, and swap the copy in."),
    ] = None,
) -> None:
    """Have every serving process rebuild its index from PostgreSQL and swap it in."""
    if engine in index_engines.SHARED_ENGINE_NAMES:
        titles_command.copy_index(_load_settings(), engine)
    elif engine in (None, "memory"):
        titles_command.reindex(_load_settings())
    else:
        raise typer.BadParameter("there are memory, pgvector and qdrant", param_hint="--engine")


@taste_app.command("rebuild")
def rebuild_tastes(
    viewer: Annotated[UUID | None, typer.Option(help="Of this one alone.")] = None,
) -> None:
    """Work out tastes anew from what viewers did."""
    taste.rebuild_tastes(_load_settings(), viewer)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="A plot, a mood or a name, in any script.")],
    language: Annotated[list[str] | None, typer.Option(help="ISO 639-1, any of.")] = None,
    genre: Annotated[list[str] | None, typer.Option(help="Any of.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 10,
) -> None:
    """Search on the terminal."""
    titles_command.search(_load_settings(), text, language or [], genre or [], limit)


@user_app.command("add")
def user_add(
    email: Annotated[str, typer.Argument(help="Of the account.")],
    admin: Annotated[bool, typer.Option("--admin", help="May do everything.")] = False,
    curator: Annotated[bool, typer.Option("--curator", help="May look after reviews.")] = False,
) -> None:
    """Make an account, or give one that is there a role; its password is asked for."""
    if admin and curator:
        raise typer.BadParameter("an admin may do all that a curator may", param_hint="--curator")
    role = Role.ADMIN if admin else Role.CURATOR if curator else Role.USER
    user_command.add_account(_load_settings(), email, role)


@user_app.command("password")
def user_password(email: Annotated[str, typer.Argument(help="Of the account.")]) -> None:
    """Give an account another password, and sign it out everywhere."""
    user_command.change_password(_load_settings(), email)


@app.command()
def doctor() -> None:
    """Tell what is configured, reachable, at which version, and what is missing."""
    raise typer.Exit(doctor_command.doctor())


@app.command()
def train(
    model: Annotated[str, typer.Argument(help="romanised, thesaurus or word-keys")],
    sources: Annotated[
        list[Path] | None,
        typer.Argument(help="Title files; for romanised, the folder of word pairs first."),
    ] = None,
) -> None:
    """Rebuild the language data that the package carries."""
    files = sources or []
    if model == "romanised" and len(files) > 1:
        _print_error(f"wrote {romanised.train(files[0], files[1:])}")
    elif model == "thesaurus" and files:
        _print_error(f"wrote {thesaurus.train(files)}")
    elif model == "word-keys":
        _print_error(f"wrote {write_word_keys()}")
    else:
        raise typer.BadParameter(
            "use `romanised FOLDER FILE…`, `thesaurus FILE…` or `word-keys`", param_hint="MODEL"
        )


@app.command()
def evaluate(
    what: Annotated[str, typer.Argument(help="search or feed")],
    people: Annotated[
        int, typer.Option(help="Simulated ones, for feed.", min=1)
    ] = feed_evaluation.DEFAULT_VIEWERS,
    seed: Annotated[
        int, typer.Option(help="Of the simulation.", min=0)
    ] = feed_evaluation.DEFAULT_SEED,
    json: Annotated[Path | None, typer.Option(help="Also write the figures here.")] = None,
) -> None:
    """Tell how good what people get is, beside baselines."""
    if what == "search":
        search_evaluation.report(_load_settings(), json)
    elif what == "feed":
        feed_evaluation.report(_load_settings(), people=people, seed=seed, file=json)
    else:
        raise typer.BadParameter("there are search and feed", param_hint="WHAT")


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="index, embed, search, feed or http")],
    titles: Annotated[list[int] | None, typer.Option(help="Sizes of catalogue.", min=1)] = None,
    json: Annotated[Path | None, typer.Option(help="Also write the figures here.")] = None,
    charts: Annotated[
        Path | None, typer.Option(help="Also draw them, into this folder.", file_okay=False)
    ] = None,
    engines: Annotated[
        str, typer.Option(help="For `index`, beside NumPy: memory,faiss,pgvector,qdrant.")
    ] = "",
    real: Annotated[
        bool, typer.Option("--real", help="For `index`: real titles, embedded by the model.")
    ] = False,
) -> None:
    """Measure, beside a baseline in the same run."""
    if name not in benchmarks.BENCHMARKS:
        known = ", ".join(benchmarks.BENCHMARKS)
        raise typer.BadParameter(f"there are {known}", param_hint="NAME")
    families = tuple(filter(None, engines.split(",")))
    if unknown := set(families) - set(FAMILIES):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))} is none", param_hint="--engines")
    effort = BenchmarkOptions(engines=families, real_titles=real)
    benchmarks.run_benchmark(
        name, _load_settings(), titles or (), file=json, charts=charts, effort=effort
    )


def _load_settings() -> Settings:
    try:
        return load_settings()
    except InvalidSettings as error:
        _print_error(str(error))
        raise typer.Exit(2) from error


def _parse_mapping(mapping: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for each in mapping:
        field, equals, column = each.partition("=")
        if not (field and equals and column):
            raise typer.BadParameter(f"{each!r} is not field=column", param_hint="--map")
        pairs[field] = column
    return pairs


def _exit_with_error(message: str) -> None:
    _print_error(message)
    sys.exit(1)


def _print_error(message: str) -> None:
    Console(stderr=True, soft_wrap=True).print(f"rasika: {message}", highlight=False, markup=False)


if __name__ == "__main__":
    main()
