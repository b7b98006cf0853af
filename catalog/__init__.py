"""The catalogue: records of sources, genres, languages, regions, importing and exporting."""
