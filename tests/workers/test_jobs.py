from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from rq import Queue, SimpleWorker
from rq.job import Job
from sqlalchemy import Engine, text

from api.auth.visitor_cookie import VISITOR_COOKIE_MAX_AGE_S
from catalog.importer import Importer
from catalog.record import Record
from config import settings as settings_module
from config.embedders import load_embedder
from db import changes, viewer_lifecycle, viewings
from db.changes import ALL_TITLES, Position
from db.engine import open_session
from db.viewings import NewViewing
from embedded.lease import Lease
from embeddings.embedder import EmbedderUnavailable
from services import seeding
from viewers import accounts
from viewers.interactions import read_taste, read_title_states
from workers import jobs, queues

UNREACHABLE_URL = "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"


@pytest.fixture(autouse=True)
def _settings(
    own_database_url: str, servers: Lease, monkeypatch: pytest.MonkeyPatch, valkey: "redis.Redis"
) -> None:
    """Jobs are told of the servers as a process is."""
    monkeypatch.setenv("RASIKA_DATABASE_URL", own_database_url)
    monkeypatch.setenv("RASIKA_REDIS_URL", servers.redis_url)


@pytest.fixture
def title_ids(own_database: Engine, make_record: Callable[..., Record]) -> list[int]:
    with open_session(own_database) as writing:
        said = [make_record(f"Title {n}", popularity=n + 1) for n in range(18)]
        created = Importer().store(writing, said).created_ids
        writing.commit()
    return created


def run_jobs(valkey: "redis.Redis", *, most: int | None = None) -> None:
    worker = SimpleWorker(list(queues.QUEUE_NAMES), connection=valkey)
    worker.work(burst=True, max_jobs=most, logging_level="CRITICAL")


def changed_titles(own: Engine) -> list[int]:
    with own.connect() as connection:
        return list(connection.execute(text("SELECT title_id FROM change")).scalars())


def test_embedding_twice_embeds_once(own_database: Engine, title_ids: list[int]) -> None:
    assert jobs.embed_titles(title_ids) == {"embedded": 18, "unchanged": 0}
    logged = changed_titles(own_database)
    assert jobs.embed_titles(title_ids) == {"embedded": 0, "unchanged": 18}
    assert jobs.embed_missing() == {"embedded": 0}
    assert changed_titles(own_database) == logged


def test_what_is_missing_is_embedded(own_database: Engine, title_ids: list[int]) -> None:
    jobs.embed_titles(title_ids[:15])
    assert jobs.embed_missing() == {"embedded": 3}


def test_refreshing_popularity_twice_changes_it_once(
    own_database: Engine, title_ids: list[int]
) -> None:
    assert jobs.refresh_popularity() == {"changed": 18}
    logged = changed_titles(own_database)
    assert jobs.refresh_popularity() == {"changed": 0}
    assert changed_titles(own_database) == logged


def test_reindexing_asks_every_follower(own_database: Engine, title_ids: list[int]) -> None:
    assert jobs.reindex() == {"titles": 18}
    with open_session(own_database) as reading:
        assert ALL_TITLES in changes.since(reading, Position())[0]


def test_old_changes_are_pruned_once(own_database: Engine, title_ids: list[int]) -> None:
    with own_database.begin() as connection:
        connection.execute(text("UPDATE change SET at = now() - interval '30 days'"))
    assert jobs.prune_changes() == {"dropped": 18}
    assert jobs.prune_changes() == {"dropped": 0}


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
    assert jobs.trim_searches() == {"deleted": 3}
    assert jobs.trim_searches() == {"deleted": 0}


def test_counting_popular_searches_twice_counts_the_same(own_database: Engine) -> None:
    record_searches(own_database, 1, jobs.POPULAR_SEARCH_WINDOW.days + 1)
    for _ in range(2):
        assert jobs.refresh_popular_searches() == {"texts": 2}  # of Telangana, and of India


def test_viewings_that_fell_silent_are_closed_once_and_heard(
    own_database: Engine, title_ids: list[int]
) -> None:
    jobs.embed_titles(title_ids)
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
    assert jobs.close_viewings() == {"closed": 1}
    assert jobs.close_viewings() == {"closed": 0}
    with open_session(own_database) as reading:
        assert list(read_title_states(reading, viewer)) == [title_ids[0]]
        assert read_taste(reading, viewer, current_model()).long_term is not None
        seen = viewings.get(reading, viewer, silent)
    assert seen.stopped_at == seen.updated_at


def current_model() -> str | None:
    embedder = load_embedder(settings_module.load_settings())
    return embedder.model if embedder else None


def test_visitors_who_cannot_come_back_are_deleted_accounts_are_not(own_database: Engine) -> None:
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
    assert jobs.trim_visitors() == {"deleted": 1}
    with own_database.connect() as connection:
        left = connection.execute(text("SELECT id FROM viewer")).scalars().all()
    assert set(left) == {recent, account}


def test_what_came_late_of_who_was_forgotten_is_swept(own_database: Engine) -> None:
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
    assert jobs.delete_forgotten_searches() == {"swept": 1}
    assert jobs.delete_forgotten_searches() == {"swept": 0}


def test_without_a_model_embedding_fails_rather_than_passes(
    own_database: Engine, title_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RASIKA_EMBEDDER", "sentence-transformers:/no/such/model")
    with pytest.raises(EmbedderUnavailable):
        jobs.embed_titles(title_ids)
    with pytest.raises(EmbedderUnavailable):
        jobs.embed_missing()
    with pytest.raises(EmbedderUnavailable):
        jobs.close_viewings()


def test_progress_is_visible_batch_by_batch(
    own_database: Engine,
    title_ids: list[int],
    valkey: "redis.Redis",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[object] = []
    tell = jobs.report_progress

    def watched(done: int, total: int) -> None:
        tell(done, total)
        seen.append(Job.fetch(job.id, connection=valkey).meta)

    monkeypatch.setattr(jobs, "progress", watched)
    monkeypatch.setattr(seeding, "EMBED_BATCH", 16)
    (job,) = queues.embed_titles(valkey, title_ids)
    run_jobs(valkey)
    assert seen == [{"done": 16, "total": 18}, {"done": 18, "total": 18}]
    assert job.get_status() == "finished"


def test_outside_a_worker_progress_is_nobodys() -> None:
    jobs.report_progress(1, 2)


def test_a_job_that_fails_is_tried_again(
    own_database: Engine,
    title_ids: list[int],
    valkey: "redis.Redis",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = queues.refresh_popularity(valkey)
    with monkeypatch.context() as away:
        away.setenv("RASIKA_DATABASE_URL", UNREACHABLE_URL)
        run_jobs(valkey, most=1)
    assert job.get_status() == "queued"  # at once the first time
    run_jobs(valkey)
    assert job.get_status() == "finished"
    assert job.return_value() == {"changed": 18}


def test_a_job_that_fails_again_waits_before_its_next_try(
    own_database: Engine, valkey: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RASIKA_DATABASE_URL", UNREACHABLE_URL)
    job = queues.refresh_popularity(valkey)
    run_jobs(valkey)
    assert job.get_status() == "scheduled"
    assert Queue(queues.MAINTENANCE_QUEUE, connection=valkey).scheduled_job_registry.count == 1


def test_many_titles_are_parted_into_jobs(valkey: "redis.Redis") -> None:
    made = queues.embed_titles(valkey, range(1, 1202))
    assert [len(job.args[0]) for job in made] == [500, 500, 201]
    assert Queue(queues.EMBEDDING_QUEUE, connection=valkey).count == 3
    assert queues.embed_titles(valkey, []) == []
