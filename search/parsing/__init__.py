"""What a query asks for beside words: people, languages, years, genres, moods, likenesses."""
