"""What a title is: the record that sources speak, genres, languages, regions, storing."""
