from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from rq import Queue, SimpleWorker
from rq.job import Job
from sqlalchemy import Engine, create_engine, text

from api.auth.visitor_cookie import VISITOR_COOKIE_MAX_AGE_S
from catalog.importer import Importer
from catalog.record import Record
from config.settings import Settings
from db import changes, viewer_lifecycle, viewings
from db.changes import ALL_TITLES, Position
from db.engine import open_session
from db.viewings import NewViewing
from embeddings.embedder import EmbedderUnavailable
from viewers import accounts
from viewers.interactions import read_taste, read_title_states
from workers import jobs, queues
from workers.job_context import JobContext, set_context
from workers.job_table import EMBEDDING_QUEUE, JOBS, MAINTENANCE_QUEUE, QUEUE_NAMES
from workers.jobs import run_job

UNREACHABLE_URL = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1"


@pytest.fixture(autouse=True)
def context(own_database: Engine) -> Iterator[JobContext]:
    """The context of a worker over the test's own database."""
    context = JobContext(Settings(), own_database)
    set_context(context)
    yield context
    set_context(None)


@pytest.fixture
def title_ids(own_database: Engine, make_record: Callable[..., Record]) -> list[int]:
    with open_session(own_database) as writing:
        records = [make_record(f"Title {n}", popularity=n + 1) for n in range(18)]
        created = Importer().store(writing, records).created_ids
        writing.commit()
    return created


def run_jobs(valkey: "redis.Redis", *, max_jobs: int | None = None) -> None:
    worker = SimpleWorker(list(QUEUE_NAMES), connection=valkey)
    worker.work(burst=True, max_jobs=max_jobs, logging_level="CRITICAL")


def changed_titles(own: Engine) -> list[int]:
    with own.connect() as connection:
        return list(connection.execute(text("SELECT title_id FROM change")).scalars())


def test_embedding_twice_embeds_once(own_database: Engine, title_ids: list[int]) -> None:
    assert run_job("embed_titles", title_ids) == {"embedded": 18, "unchanged": 0}
    logged = changed_titles(own_database)
    assert run_job("embed_titles", title_ids) == {"embedded": 0, "unchanged": 18}
    assert run_job("embed_missing") == {"embedded": 0}
    assert changed_titles(own_database) == logged


def test_missing_vectors_are_embedded(own_database: Engine, title_ids: list[int]) -> None:
    run_job("embed_titles", title_ids[:15])
    assert run_job("embed_missing") == {"embedded": 3}


def test_refreshing_popularity_twice_changes_it_once(
    own_database: Engine, title_ids: list[int]
) -> None:
    assert run_job("refresh_popularity") == {"changed": 18}
    logged = changed_titles(own_database)
    assert run_job("refresh_popularity") == {"changed": 0}
    assert changed_titles(own_database) == logged


def test_reindex_reloads_every_process(own_database: Engine, title_ids: list[int]) -> None:
    assert run_job("reindex") == {"titles": 18}
    with open_session(own_database) as reading:
        assert ALL_TITLES in changes.since(reading, Position())[0]


def test_old_changes_are_pruned_once(own_database: Engine, title_ids: list[int]) -> None:
    with own_database.begin() as connection:
        connection.execute(text("UPDATE change SET at = now() - interval '30 days'"))
    assert run_job("prune_changes") == {"dropped": 18}
    assert run_job("prune_changes") == {"dropped": 0}


def record_searches(own: Engine, *ages_days: int) -> None:
    """Have each of three visitors search once at each age."""
    write = text(
        "INSERT INTO search_query SELECT gen_random_uuid(), gen_random_uuid(), true, 'eega', "
        "'eega', 'IN-TG', 9, false, false, 1, now() - make_interval(days => :days) "
        "FROM generate_series(1, 3)"
    )
    with own.begin() as connection:
        for days in ages_days:
            connection.execute(write, {"days": days})


def test_old_searches_are_deleted_once(own_database: Engine) -> None:
    record_searches(own_database, 1, jobs.SEARCH_RETENTION_DAYS + 1)
    assert run_job("trim_searches") == {"deleted": 3}
    assert run_job("trim_searches") == {"deleted": 0}


def test_counting_popular_searches_twice_counts_the_same(own_database: Engine) -> None:
    record_searches(own_database, 1, jobs.POPULAR_SEARCH_WINDOW.days + 1)
    for _ in range(2):
        assert run_job("refresh_popular_searches") == {"texts": 2}  # of Telangana, and of India


def test_idle_viewings_are_closed_once_and_update_the_taste(
    own_database: Engine, context: JobContext, title_ids: list[int]
) -> None:
    run_job("embed_titles", title_ids)
    viewer, silent, going = uuid4(), uuid4(), uuid4()
    with open_session(own_database) as writing:
        viewer_lifecycle.lock(writing, viewer)
        for number, title_id in ((silent, title_ids[0]), (going, title_ids[1])):
            viewings.start(writing, viewer, NewViewing(number, title_id, "tv"))
            viewings.update_progress(writing, viewer, number, progress=0.95)
        writing.execute(
            text("UPDATE viewing SET updated_at = now() - interval '7 hours' WHERE id = :id"),
            {"id": silent},
        )
        writing.commit()
    assert run_job("close_viewings") == {"closed": 1}
    assert run_job("close_viewings") == {"closed": 0}
    with open_session(own_database) as reading:
        assert list(read_title_states(reading, viewer)) == [title_ids[0]]
        assert read_taste(reading, viewer, context.model_name).long_term is not None
        seen = viewings.get(reading, viewer, silent)
    assert seen.stopped_at == seen.updated_at


def test_old_visitors_are_deleted_and_accounts_are_not(own_database: Engine) -> None:
    assert timedelta(days=jobs.VISITOR_RETENTION_DAYS).total_seconds() > VISITOR_COOKIE_MAX_AGE_S
    recent, gone = uuid4(), uuid4()
    with open_session(own_database) as writing:
        viewer_lifecycle.lock(writing, recent, gone)
        account = accounts.create(writing, "asha@example.com", password_hash=None)
        writing.execute(
            text("UPDATE viewer SET created_at = now() - interval '2 years' WHERE id <> :recent"),
            {"recent": recent},
        )
        writing.commit()
    assert run_job("trim_visitors") == {"deleted": 1}
    with own_database.connect() as connection:
        left = connection.execute(text("SELECT id FROM viewer")).scalars().all()
    assert set(left) == {recent, account}


def test_searches_written_after_a_visitor_was_deleted_are_deleted(own_database: Engine) -> None:
    record_searches(own_database, 0)
    with own_database.connect() as connection:
        gone = connection.execute(text("SELECT visitor_id FROM search_query LIMIT 1")).scalar_one()
        late = connection.execute(text("SELECT * FROM search_query")).mappings().all()
    with open_session(own_database) as writing:
        viewer_lifecycle.delete(writing, gone)
        writing.execute(
            text("UPDATE search_query SET visitor_id = :gone WHERE id = :id"),
            {"gone": gone, "id": next(row["id"] for row in late if row["visitor_id"] != gone)},
        )
        writing.commit()
    assert run_job("delete_forgotten_searches") == {"swept": 1}
    assert run_job("delete_forgotten_searches") == {"swept": 0}


def test_embedding_fails_without_a_model_and_other_jobs_do_not_need_it(
    own_database: Engine, title_ids: list[int]
) -> None:
    settings = Settings(embedder="sentence-transformers:/no/such/model")
    set_context(JobContext(settings, own_database))
    with pytest.raises(EmbedderUnavailable):
        run_job("embed_titles", title_ids)
    with pytest.raises(EmbedderUnavailable):
        run_job("embed_missing")
    assert run_job("close_viewings") == {"closed": 0}
    assert run_job("refresh_popularity") == {"changed": 18}


def test_every_job_of_the_table_has_a_function() -> None:
    assert jobs.FUNCTIONS.keys() == JOBS.keys()


def test_missing_vectors_are_enqueued_once_at_a_time(
    valkey: "redis.Redis", own_database: Engine
) -> None:
    first = queues.enqueue(valkey, "embed_missing")
    assert queues.enqueue(valkey, "embed_missing").id == first.id
    assert Queue(EMBEDDING_QUEUE, connection=valkey).count == 1
    run_jobs(valkey)
    queues.enqueue(valkey, "embed_missing")
    assert Queue(EMBEDDING_QUEUE, connection=valkey).count == 1


def test_progress_is_visible_after_each_batch(
    own_database: Engine,
    title_ids: list[int],
    valkey: "redis.Redis",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[object] = []
    report = jobs.report_progress

    def observe(done: int, total: int) -> None:
        report(done, total)
        seen.append(Job.fetch(job.id, connection=valkey).meta)

    monkeypatch.setattr(jobs, "report_progress", observe)
    monkeypatch.setattr(jobs, "TITLES_PER_EMBED_TRANSACTION", 16)
    (job,) = queues.enqueue_embedding(valkey, title_ids)
    run_jobs(valkey)
    assert seen == [{"done": 16, "total": 18}, {"done": 18, "total": 18}]
    assert job.get_status() == "finished"


def test_progress_outside_a_job_is_ignored() -> None:
    jobs.report_progress(1, 2)


def test_failed_job_is_retried_at_once(
    context: JobContext, title_ids: list[int], valkey: "redis.Redis"
) -> None:
    job = queues.enqueue(valkey, "refresh_popularity")
    set_context(unreachable_context())
    run_jobs(valkey, max_jobs=1)
    assert job.get_status() == "queued"
    set_context(context)
    run_jobs(valkey)
    assert job.get_status() == "finished"
    assert job.return_value() == {"changed": 18}


def test_second_retry_waits(valkey: "redis.Redis") -> None:
    set_context(unreachable_context())
    job = queues.enqueue(valkey, "refresh_popularity")
    run_jobs(valkey)
    assert job.get_status() == "scheduled"
    assert Queue(MAINTENANCE_QUEUE, connection=valkey).scheduled_job_registry.count == 1


def unreachable_context() -> JobContext:
    return JobContext(Settings(), create_engine(UNREACHABLE_URL))


def test_many_titles_are_split_into_jobs(valkey: "redis.Redis") -> None:
    made = queues.enqueue_embedding(valkey, range(1, 1202))
    assert [len(job.args[1]) for job in made] == [500, 500, 201]
    assert Queue(EMBEDDING_QUEUE, connection=valkey).count == 3
    assert queues.enqueue_embedding(valkey, []) == []
