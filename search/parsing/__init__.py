"""What a query asks for besides its meaning: people, languages, genres, periods, moods."""
