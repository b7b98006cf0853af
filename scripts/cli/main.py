"""`rasika`: the commands and their options.

Each command imports its module when it runs, so that `rasika --help` starts at once.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer

from config import logging_setup
from vocabulary.kinds import Role

if TYPE_CHECKING:
    from config.settings import Settings

app = typer.Typer(
    name="rasika",
    help="Semantic search and recommendation for cinema.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
user_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(user_app, name="user", help="Create accounts, change roles and passwords.")
taste_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(taste_app, name="taste", help="Recompute what viewers like.")

RecordKind = Literal["titles", "interactions"]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Also write the figures to a file.")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; exit with 0 on success, 1 on failure, 2 on wrong usage."""
    logging_setup.configure_logging()
    try:
        app(arguments)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        from scripts.cli.errors import failure_message

        message = failure_message(error)
        if message is None:
            raise
        _print_error(message)
        sys.exit(1)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Number of server processes.", min=1)] = 1,
    no_seed: Annotated[
        bool, typer.Option("--no-seed", help="Leave an empty catalogue empty.")
    ] = False,
) -> None:
    """Serve the API and the web pages."""
    from scripts.cli.serve import serve

    settings = _load_settings()
    serve(settings, host=host, port=port, workers=workers, seed=settings.seed and not no_seed)


@app.command()
def worker(
    queues: Annotated[list[str] | None, typer.Option(help="Queues to work on, in order.")] = None,
    burst: Annotated[bool, typer.Option(help="Stop when the queues are empty.")] = False,
    with_parent: Annotated[int, typer.Option(hidden=True)] = 0,
) -> None:
    """Run queued jobs, and enqueue scheduled ones."""
    from scripts.cli.worker import run_queue_worker

    run_queue_worker(_load_settings(), queues or [], burst=burst, with_parent=with_parent)


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="JSON Lines (also .gz) or CSV.")],
    kind: Annotated[RecordKind, typer.Option("--format", help="What the lines are.")] = "titles",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN; repeat as needed.")
    ] = None,
) -> None:
    """Import titles or interactions; report and skip bad lines."""
    columns = _parse_mapping(mapping or [])
    if kind == "titles":
        from scripts.cli.titles import import_titles

        import_titles(_load_settings(), files, columns)
    else:
        from scripts.cli.interactions import import_interactions

        import_interactions(_load_settings(), files, columns)


@app.command()
def export(
    kind: Annotated[RecordKind, typer.Argument(help="What to export.")],
    file: Annotated[Path, typer.Argument(help="JSON Lines; gzipped if the name ends in .gz.")],
) -> None:
    """Export titles or interactions in the format that import reads."""
    if kind == "titles":
        from scripts.cli.titles import export_titles

        export_titles(_load_settings(), file)
    else:
        from scripts.cli.interactions import export_interactions

        export_interactions(_load_settings(), file)


@app.command()
def embed(
    all_titles: Annotated[
        bool, typer.Option("--all", help="Check the text of every title for changes.")
    ] = False,
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Titles per transaction.")] = 16,
) -> None:
    """Embed the titles that have no vector of the current model."""
    from scripts.cli.embed import embed

    embed(_load_settings(), all_titles=all_titles, batch=batch)


@app.command()
def reindex(
    engine: Annotated[
        Literal["memory", "pgvector", "qdrant"],
        typer.Option(help="pgvector, qdrant: copy all titles into it, compare, switch over."),
    ] = "memory",
) -> None:
    """Have every serving process rebuild its index from PostgreSQL."""
    from scripts.cli import reindex

    if engine == "memory":
        reindex.reindex(_load_settings())
    else:
        reindex.copy_index(_load_settings(), engine)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="A plot, a mood or a name, in any script.")],
    language: Annotated[list[str] | None, typer.Option(help="ISO 639-1 code; repeatable.")] = None,
    genre: Annotated[list[str] | None, typer.Option(help="Genre; repeatable.")] = None,
    region: Annotated[str, typer.Option(help="Country or state, such as IN-TG.")] = "IN",
    limit: Annotated[int, typer.Option(min=1, max=100, help="Number of titles.")] = 10,
) -> None:
    """Search in the terminal."""
    from catalog.regions import canonical_region
    from scripts.cli.search import search

    place = canonical_region(region)
    if place is None:
        raise typer.BadParameter(f"{region!r} is not a region", param_hint="--region")
    search(
        _load_settings(),
        text,
        language_codes=language or [],
        genre_names=genre or [],
        region=place,
        limit=limit,
    )


@user_app.command("add")
def user_add(
    email: Annotated[str, typer.Argument(help="E-mail address of the account.")],
    admin: Annotated[bool, typer.Option("--admin", help="May do everything.")] = False,
    curator: Annotated[bool, typer.Option("--curator", help="May approve reviews.")] = False,
) -> None:
    """Create an account, or change the role of an existing one; prompts for the password."""
    from scripts.cli.user import add_account

    if admin and curator:
        raise typer.BadParameter("an admin can do all that a curator can", param_hint="--curator")
    role = Role.ADMIN if admin else Role.CURATOR if curator else Role.USER
    add_account(_load_settings(), email, role)


@user_app.command("password")
def user_password(
    email: Annotated[str, typer.Argument(help="E-mail address of the account.")],
) -> None:
    """Set another password, and sign the account out everywhere."""
    from scripts.cli.user import change_password

    change_password(_load_settings(), email)


@taste_app.command("rebuild")
def rebuild_tastes(
    viewer: Annotated[UUID | None, typer.Option(help="Only this viewer.")] = None,
) -> None:
    """Recompute tastes and title states from the interaction log."""
    from scripts.cli.taste import rebuild_tastes

    rebuild_tastes(_load_settings(), viewer)


@app.command()
def doctor() -> None:
    """Check settings, servers, model and catalogue."""
    from scripts.cli.doctor import doctor

    raise typer.Exit(doctor())


@app.command()
def train(
    model: Annotated[str, typer.Argument(help="romanised, thesaurus or word-keys")],
    sources: Annotated[
        list[Path] | None,
        typer.Argument(help="Files of titles; for romanised, first a folder of word pairs."),
    ] = None,
) -> None:
    """Rebuild the language data that the package ships."""
    from scripts.train import romanised, thesaurus
    from search.language.word_keys import write_word_keys

    files = sources or []
    if model == "romanised" and len(files) > 1:
        written = romanised.train(files[0], files[1:])
    elif model == "thesaurus" and files:
        written = thesaurus.train(files)
    elif model == "word-keys":
        written = write_word_keys()
    else:
        raise typer.BadParameter(
            "use `romanised FOLDER FILE…`, `thesaurus FILE…` or `word-keys`", param_hint="MODEL"
        )
    _print_error(f"wrote {written}")


@app.command()
def evaluate(
    what: Annotated[Literal["search", "feed"], typer.Argument(help="What to evaluate.")],
    people: Annotated[int, typer.Option(help="Simulated viewers, for feed.", min=1)] = 10_000,
    seed: Annotated[int, typer.Option(help="Seed of the simulation.", min=0)] = 1,
    json: JsonFile = None,
) -> None:
    """Measure the quality of search or feed beside baselines."""
    if what == "search":
        from scripts.evaluate import search as search_evaluation

        search_evaluation.report(_load_settings(), json)
    else:
        from scripts.evaluate import feed as feed_evaluation

        feed_evaluation.report(_load_settings(), viewer_count=people, seed=seed, file=json)


@app.command()
def bench(
    name: Annotated[
        Literal["index", "embed", "search", "feed", "http"],
        typer.Argument(help="What to measure."),
    ],
    titles: Annotated[list[int] | None, typer.Option(help="Catalogue sizes.", min=1)] = None,
    json: JsonFile = None,
    charts: Annotated[
        Path | None, typer.Option(help="Also draw charts into this folder.", file_okay=False)
    ] = None,
    engines: Annotated[
        str, typer.Option(help="For index, besides NumPy: memory,faiss,pgvector,qdrant.")
    ] = "",
    real: Annotated[
        bool, typer.Option("--real", help="For index: real titles, embedded by the model.")
    ] = False,
) -> None:
    """Measure speed and memory beside a baseline in the same run."""
    from scripts.bench import benchmarks
    from scripts.bench.engines.registry import FAMILIES
    from scripts.bench.measurements import BenchmarkOptions

    families = tuple(filter(None, engines.split(",")))
    if unknown := set(families) - set(FAMILIES):
        names = ", ".join(sorted(unknown))
        raise typer.BadParameter(f"unknown engine {names}", param_hint="--engines")
    options = BenchmarkOptions(engines=families, real_titles=real)
    benchmarks.run_benchmark(
        name, _load_settings(), titles or (), json_file=json, chart_folder=charts, options=options
    )


def _load_settings() -> "Settings":
    from config.settings import InvalidSettings, load_settings

    try:
        return load_settings()
    except InvalidSettings as error:
        _print_error(str(error))
        raise typer.Exit(2) from error


def _parse_mapping(mapping: Sequence[str]) -> dict[str, str]:
    """Return the column of each field.

    >>> _parse_mapping(["title=Name", "synopsis.en=Plot"])
    {'title': 'Name', 'synopsis.en': 'Plot'}
    """
    pairs = {}
    for each in mapping:
        field, equals, column = each.partition("=")
        if not (field and equals and column):
            raise typer.BadParameter(f"{each!r} is not FIELD=COLUMN", param_hint="--map")
        pairs[field] = column
    return pairs


def _print_error(message: str) -> None:
    typer.echo(f"rasika: {message}", err=True)


if __name__ == "__main__":
    main()
