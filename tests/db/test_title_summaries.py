from collections.abc import Callable

from sqlmodel import Session

from catalog.importer import Importer
from catalog.record import PersonPart, Record
from db import title_summaries

MakeRecord = Callable[..., Record]


def test_a_summary_has_people_and_characters(db_session: Session, make_record: MakeRecord) -> None:
    people = [
        PersonPart(name="Rajinikanth", job="actor", character="Chitti"),
        PersonPart(name="Rajinikanth", job="actor", character="Dr. Vaseegaran"),
        PersonPart(name="A. R. Rahman", job="composer"),
    ]
    ids = Importer().store(db_session, [make_record("Enthiran", people=people)]).changed_ids
    listing = title_summaries.read(db_session, ids)[0]
    assert set(listing.people) == {"rajinikanth", "ar rahman"}
    assert set(listing.people_names) == {"Rajinikanth", "A. R. Rahman"}
    assert set(listing.characters) == {"chitti", "dr. vaseegaran"}
