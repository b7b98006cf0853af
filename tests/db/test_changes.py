from sqlalchemy import Engine, text
from sqlmodel import Session

from db import changes
from db.changes import EVERYTHING, Position, present, prune, record, since
from db.engine import session


def log(engine: Engine, *ids: int) -> None:
    with session(engine) as writing:
        record(writing, ids)
        writing.commit()


def test_each_title_is_told_once_in_the_order_of_its_change(own: Engine) -> None:
    log(own, 3, 1, 3)
    log(own, 2, 1)
    with session(own) as reading:
        ids, position = since(reading, Position())
        assert ids == [1, 3, 2]
        assert since(reading, position) == ([], position)


def test_nothing_is_logged_for_nothing(database: Session) -> None:
    record(database, [])
    assert since(database, Position())[0] == []


def test_a_slower_transaction_that_commits_later_is_not_missed(own: Engine) -> None:
    with session(own) as slow, session(own) as reading:
        record(slow, [1])  # takes its numbers first
        log(own, 2)  # and is overtaken
        early, position = since(reading, Position())
        reading.rollback()
        slow.commit()
        late, _ = since(reading, position)
    assert early == []  # what overtook waits for the slower one
    assert late == [1, 2]


def test_a_transaction_that_gives_up_holds_nothing_back_and_is_not_told(own: Engine) -> None:
    with session(own) as slow:
        record(slow, [1])
        log(own, 2)
        slow.rollback()
    with session(own) as reading:
        assert since(reading, Position())[0] == [2]


def test_a_reader_at_present_misses_nothing_that_is_under_way(own: Engine) -> None:
    log(own, 1)
    with session(own) as slow, session(own) as reading:
        record(slow, [2])
        position = present(reading)
        reading.rollback()
        log(own, 3)
        slow.commit()
        ids, _ = since(reading, position)
    assert ids == [2, 3]


def test_a_long_log_is_read_in_pieces(own: Engine) -> None:
    log(own, *range(1, 8))
    log(own, 8)
    seen: list[int] = []
    position = Position()
    with session(own) as reading:
        while True:
            ids, position = since(reading, position, limit=3)
            if not ids:
                break
            assert len(ids) <= 3
            seen += ids
    assert seen == list(range(1, 9))


def test_positions_go_on(own: Engine) -> None:
    positions = []
    with session(own) as reading:
        for number in (1, 2, 3):
            log(own, number)
            positions.append(since(reading, Position())[1])
            reading.rollback()
        assert Position() < positions[0] < positions[1] < positions[2] <= present(reading)


def test_everything_is_no_title() -> None:
    assert EVERYTHING < 1


def test_old_lines_are_dropped_and_new_ones_stay(database: Session) -> None:
    record(database, [1, 2])
    database.execute(text("UPDATE change SET at = now() - interval '8 days' WHERE title_id = 1"))
    assert changes.prune(database, days=7) == 1
    assert prune(database, days=7) == 0
    assert database.execute(text("SELECT title_id FROM change")).scalars().all() == [2]
