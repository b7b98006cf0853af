"""A service over the seed catalogue, for tests that ask it over HTTP."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI


@contextmanager
def running_app(app: FastAPI) -> Iterator[httpx.Client]:
    """Serve an application on a free port of this machine, as `rasika serve` does."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_config=None, access_log=False, proxy_headers=False, ws="none", lifespan="off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with httpx.Client(base_url=address, timeout=30) as client:
            yield client
        server.should_exit = True
        thread.join(timeout=10)


def list_items(client: httpx.Client, path: str, **params: object) -> list[dict[str, object]]:
    """Return the items of a list, or fail with what was answered."""
    response = client.get(path, params=params)  # type: ignore[arg-type]  # httpx writes any value as a string
    assert response.status_code == 200, response.text
    items: list[dict[str, object]] = response.json()["items"]
    return items


def list_titles(client: httpx.Client, path: str, **params: object) -> list[object]:
    """Return the names of the titles of a list."""
    return [each["title"] for each in list_items(client, path, **params)]
