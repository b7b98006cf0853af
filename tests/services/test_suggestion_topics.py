from search.suggestions.suggestion import SuggestionKind, Topic
from services.suggestion_topics import query_topics, region_topics
from vocabulary.name_folding import fold


def test_popular_queries_come_first() -> None:
    texts = [
        topic.text for topic in query_topics(["ta", "hi"], ["sad tamil films", "Tamil thrillers"])
    ]
    assert texts[:3] == ["sad tamil films", "Tamil thrillers", "Hindi thrillers"]
    assert len(texts) == len({fold(text) for text in texts})
    suggestions = region_topics("IN", ("sad tamil films",)).suggest("sad t")
    assert suggestions[0].subject == Topic(
        SuggestionKind.QUERY, "sad tamil films", "sad tamil films", ("sad tamil films",)
    )
