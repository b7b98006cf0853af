"""The engine `qdrant`, which needs the extra of that name; see `index.qdrant.engine`."""
