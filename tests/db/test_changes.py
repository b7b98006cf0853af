import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from db import changes
from db.changes import ALL_TITLES, Position, current_position, has_pending, prune, record, since
from db.engine import open_session


def log_changes(engine: Engine, *ids: int) -> None:
    with open_session(engine) as writing:
        record(writing, ids)
        writing.commit()


@pytest.fixture
def start_position(own_database: Engine) -> Position:
    """Where a reader of the empty catalogue stands."""
    with open_session(own_database) as reading:
        return current_position(reading)


def test_each_changed_title_is_returned_once_in_order(
    own_database: Engine, start_position: Position
) -> None:
    log_changes(own_database, 3, 1, 3)
    log_changes(own_database, 2, 1)
    with open_session(own_database) as reading:
        ids, position = since(reading, start_position)
        assert ids == [1, 3, 2]
        assert since(reading, position) == ([], position)


def test_recording_no_titles_logs_nothing(db_session: Session) -> None:
    before = current_position(db_session)
    record(db_session, [])
    assert since(db_session, before) == ([], before)


def test_a_slower_transaction_that_commits_later_is_not_missed(
    own_database: Engine, start_position: Position
) -> None:
    with open_session(own_database) as slow, open_session(own_database) as reading:
        record(slow, [1])  # takes its numbers first
        log_changes(own_database, 2)  # and is overtaken
        early, position = since(reading, start_position)
        assert has_pending(reading, position)
        reading.rollback()
        slow.commit()
        late, position = since(reading, position)
        assert not has_pending(reading, position)
    assert early == []  # what overtook waits for the slower one
    assert late == [1, 2]


def test_concurrent_writers_lose_and_repeat_no_change(
    own_database: Engine, start_position: Position
) -> None:
    def write(writer: int) -> None:
        chance = random.Random(writer)
        for number in range(25):
            with open_session(own_database) as writing:
                record(writing, [1000 * writer + number])
                time.sleep(chance.choice([0, 0, 0.001, 0.02]))
                writing.rollback() if number % 5 == 4 else writing.commit()

    seen, position = [], start_position
    with ThreadPoolExecutor(8) as writers, open_session(own_database) as reading:
        written = [writers.submit(write, writer) for writer in range(1, 9)]
        ended = False
        while not ended:
            ended = all(each.done() for each in written) and not has_pending(reading, position)
            ids, position = since(reading, position, limit=7)
            ended = ended and not ids
            seen += ids
            reading.rollback()
        assert all(each.result() is None for each in written)
    kept = [1000 * writer + number for writer in range(1, 9) for number in range(25)]
    assert sorted(seen) == [each for each in kept if each % 5 != 4]


def test_a_rolled_back_transaction_is_not_returned_and_blocks_nothing(
    own_database: Engine, start_position: Position
) -> None:
    with open_session(own_database) as slow:
        record(slow, [1])
        log_changes(own_database, 2)
        slow.rollback()
    with open_session(own_database) as reading:
        assert since(reading, start_position)[0] == [2]


def test_a_reader_at_the_current_position_sees_running_transactions_later(
    own_database: Engine,
) -> None:
    log_changes(own_database, 1)
    with open_session(own_database) as slow, open_session(own_database) as reading:
        record(slow, [2])
        position = current_position(reading)
        reading.rollback()
        log_changes(own_database, 3)
        slow.commit()
        ids, _ = since(reading, position)
    assert ids == [2, 3]


def test_a_long_log_is_read_in_batches(own_database: Engine, start_position: Position) -> None:
    log_changes(own_database, *range(1, 8))
    log_changes(own_database, 8)
    seen: list[int] = []
    position = start_position
    with open_session(own_database) as reading:
        while True:
            ids, position = since(reading, position, limit=3)
            if not ids:
                break
            assert len(ids) <= 3
            seen += ids
    assert seen == list(range(1, 9))


def test_positions_increase(own_database: Engine, start_position: Position) -> None:
    positions = []
    with open_session(own_database) as reading:
        for number in (1, 2, 3):
            log_changes(own_database, number)
            positions.append(since(reading, start_position)[1])
            reading.rollback()
        assert (
            start_position < positions[0] < positions[1] < positions[2] <= current_position(reading)
        )


def test_all_titles_is_not_the_id_of_a_title() -> None:
    assert ALL_TITLES < 1


def test_pruning_deletes_old_lines_only(db_session: Session) -> None:
    record(db_session, [1, 2])
    db_session.execute(text("UPDATE change SET at = now() - interval '8 days' WHERE title_id = 1"))
    assert changes.prune(db_session, days=7) == 1
    assert prune(db_session, days=7) == 0
    assert db_session.execute(text("SELECT title_id FROM change")).scalars().all() == [0, 2]


def test_a_reader_at_the_last_line_continues_however_old_it_is(
    own_database: Engine,
) -> None:
    log_changes(own_database, 1)
    with open_session(own_database) as reading:
        position = current_position(reading)
        reading.execute(text("UPDATE change SET at = at - interval '8 days'"))
        position = current_position(reading)
        prune(reading, days=7)
        assert since(reading, position) == ([], position)
        reading.commit()
    log_changes(own_database, 2)
    with open_session(own_database) as reading:
        assert since(reading, position)[0] == [2]


def test_a_reader_whose_line_was_pruned_reloads_everything(
    own_database: Engine,
) -> None:
    log_changes(own_database, 1)
    with open_session(own_database) as reading:
        reading.execute(text("UPDATE change SET at = at - interval '8 days'"))
        position = current_position(reading)
        reading.commit()
        log_changes(own_database, 2)
        prune(reading, days=7)
        assert since(reading, position) == ([ALL_TITLES], position)


def test_a_restored_backup_makes_readers_reload_everything(
    own_database: Engine,
) -> None:
    log_changes(own_database, 1)
    with open_session(own_database) as reading:
        restored = [tuple(row) for row in reading.execute(text("SELECT * FROM change"))]
        log_changes(own_database, 2)
        lost = current_position(reading)
        reading.execute(text("DELETE FROM change"))
        for row in restored:
            values = dict(zip(("position", "transaction", "title_id", "at"), row, strict=True))
            reading.execute(
                text("INSERT INTO change VALUES (:position, :transaction, :title_id, :at)"), values
            )
        assert since(reading, lost)[0] == [ALL_TITLES]
        reading.commit()
        while lost >= current_position(reading):
            log_changes(own_database, 3)
        assert since(reading, lost)[0] == [ALL_TITLES]


def test_the_same_numbers_in_another_history_are_not_the_same_position(
    own_database: Engine,
) -> None:
    log_changes(own_database, 1)
    with open_session(own_database) as reading:
        before = current_position(reading)
        reading.execute(text("UPDATE change SET at = at + interval '1 microsecond'"))
        after = current_position(reading)
        assert (after.transaction, after.position) == (before.transaction, before.position)
        assert since(reading, before)[0] == [ALL_TITLES]
        elsewhere = replace(after, seal="1" + after.seal)  # another cluster
        assert since(reading, elsewhere)[0] == [ALL_TITLES]


def test_lines_with_ids_of_another_cluster_are_not_pending(
    own_database: Engine,
) -> None:
    with open_session(own_database) as reading:
        reading.execute(text("UPDATE change SET transaction = transaction + 1000000"))
        reading.commit()
        position = current_position(reading)
        assert not has_pending(reading, position)
    log_changes(own_database, 1)
    with open_session(own_database) as reading:
        assert since(reading, position)[0] == [1]
