import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.settings import Settings
from config.signing_keys import KEY_BYTES, KEY_FILE, signing_keys


def test_the_secret_keys_sign_where_there_are_some(tmp_path: Path) -> None:
    keys = SecretStr("correct horse battery, another horse's battery")
    settings = Settings(home=tmp_path / "home", secret_key=keys)
    assert signing_keys(settings) == (b"correct horse battery", b"another horse's battery")
    assert not (tmp_path / "home").exists()


def test_otherwise_a_key_is_made_once_that_others_cannot_read(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    keys = signing_keys(settings)
    assert [len(key) for key in keys] == [KEY_BYTES]
    assert signing_keys(settings) == keys
    assert [path.name for path in (tmp_path / "home").iterdir()] == [KEY_FILE]
    assert (tmp_path / "home" / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_processes_that_start_together_share_a_key(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    keys: list[tuple[bytes, ...]] = []
    threads = [
        threading.Thread(target=lambda: keys.append(signing_keys(settings))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


@pytest.mark.parametrize("spoil", ["no folder", "no key"])
def test_where_no_key_can_be_kept_one_serves_the_process(tmp_path: Path, spoil: str) -> None:
    home = tmp_path / "home"
    if spoil == "no folder":
        home.write_text("a file")
    else:
        home.mkdir()
        (home / KEY_FILE).write_bytes(b"")
    assert [len(key) for key in signing_keys(Settings(home=home))] == [KEY_BYTES]
