"""ASGI middleware: body limit, timing, cross-site requests, response cookies."""
