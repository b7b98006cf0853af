import threading

from search.plots import PlotIndex, PlotMatch, stems


def plot_index(*plots: str) -> PlotIndex:
    built = PlotIndex()
    for title_id, plot in enumerate(plots, start=1):
        built.set_plot(title_id, plot)
    return built


def title_ids(found: list[PlotMatch]) -> list[int]:
    return [match.title_id for match in found]


def plot_terms(text: str) -> list[dict[str, float]]:
    return [{stem: 1.0} for stem in stems(text)]


def test_inflected_words_find_plots() -> None:
    plots = plot_index("A potter carves flutes.", "A singer loses her voice.", "Nothing happens.")
    assert title_ids(plots.match(plot_terms("carving a flute"), limit=10))[0] == 1


def test_rare_words_count_more() -> None:
    plots = plot_index("a man and a dog", "a man and a cat", "a man and a lighthouse", "a dog")
    assert title_ids(plots.match(plot_terms("dog lighthouse"), limit=1)) == [3]


def test_a_synonym_counts_less_than_the_word_and_once() -> None:
    plots = plot_index("a jail", "a prison", "a jail and a prison", "a garden")
    jail = {"jail": 1.0, "prison": 0.5}
    found = {match.title_id: match.weight for match in plots.match([jail], limit=10)}
    assert found[1] == found[3] > found[2] > 0
    assert 4 not in found


def test_a_rarer_synonym_counts_no_more_than_the_word() -> None:
    plots = plot_index(*["a wife"] * 5, "a bride")
    found = {
        match.title_id: match.weight
        for match in plots.match([{"wife": 1.0, "bride": 0.8}], limit=10)
    }
    assert found[6] < found[1]


def test_changed_plots_are_found_by_their_new_words() -> None:
    plots = plot_index("a potter", "a singer")
    plots.set_plot(1, "a dancer")
    assert title_ids(plots.match(plot_terms("potter"), limit=10)) == []
    assert title_ids(plots.match(plot_terms("dancer"), limit=10)) == [1]
    plots.set_plot(1, "")
    assert title_ids(plots.match(plot_terms("dancer"), limit=10)) == []


def test_returns_the_best_up_to_the_limit() -> None:
    plots = plot_index(*["a potter"] * 20, "a potter and a flute")
    assert title_ids(plots.match(plot_terms("potter flute"), limit=3))[0] == 21
    assert len(plots.match(plot_terms("potter flute"), limit=3)) == 3


def test_an_empty_query_or_index_finds_nothing() -> None:
    assert plot_index("a potter").match([], limit=10) == []
    assert PlotIndex().match(plot_terms("potter"), limit=10) == []


def test_reads_and_writes_may_be_concurrent() -> None:
    plots = plot_index(*["a potter"] * 50)
    failures: list[Exception] = []

    def read() -> None:
        try:
            for _ in range(200):
                assert len(plots.match(plot_terms("potter"), limit=100)) >= 49
        except Exception as error:  # told to the test below
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for round_ in range(200):
        plots.set_plot(1, f"a potter {round_}")
    for reader in readers:
        reader.join()
    assert failures == []
