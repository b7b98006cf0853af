"""Generated posters."""

from xml.etree import ElementTree

from api.pages.posters import MAX_TITLE_SIZE, MIN_TITLE_SIZE, PosterData, draw_poster, title_size


def test_posters_are_well_formed() -> None:
    for genre in ("horror", "comedy", "fantasy", "romance", "war", "history", ""):
        for title_id in range(6):
            poster = PosterData("Lost <b>Reel</b> & Co \x00", "ఈగ\ud800", 1931, "te", [genre])
            root = ElementTree.fromstring(draw_poster(title_id, poster))
            assert root.attrib["aria-label"] == "ఈగ, 1931 · Telugu", (genre, title_id)


def test_a_poster_is_always_the_same() -> None:
    poster = PosterData("Eega", "ఈగ", 2012, "te", ["fantasy"])
    assert draw_poster(7, poster) == draw_poster(7, poster) != draw_poster(8, poster)


def test_longer_titles_are_smaller() -> None:
    sizes = [title_size("word " * count) for count in (1, 5, 10, 20, 60)]
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (MAX_TITLE_SIZE, MIN_TITLE_SIZE)
