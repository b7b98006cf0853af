from ipaddress import ip_network
from pathlib import Path

import pytest

from config.settings import InvalidSettings, environment_variables, load_settings


def test_nothing_has_to_be_set() -> None:
    settings = load_settings()
    assert (settings.home, settings.embedder, settings.index) == (
        Path(".rasika"),
        "bundled",
        "memory",
    )
    unset = (settings.database_url, settings.redis_url, settings.secret_key)
    assert unset == (None, None, None)


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASIKA_DATABASE_URL", "")
    assert load_settings().database_url is None


def test_the_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("RASIKA_HOME=from-file\nRASIKA_SEED=0\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("RASIKA_HOME", "from-environment")
    settings = load_settings()
    assert (settings.home, settings.seed) == (Path("from-environment"), False)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("RASIKA_DATABSE_URL", "RASIKA_DATABASE_URL"), ("RASIKA_HOMES", "RASIKA_HOME")],
)
def test_an_unknown_variable_is_told_with_what_was_meant(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(InvalidSettings) as wrong:
        load_settings()
    assert str(wrong.value) == f"{name} is not a setting of Rasika; did you mean {meant}?"


def test_an_unknown_variable_in_the_file_is_told_too() -> None:
    Path(".env").write_text("RASIKA_QQQQQQQQ=1\n", encoding="utf-8")
    with pytest.raises(InvalidSettings, match=r"^RASIKA_QQQQQQQQ is not a setting of Rasika$"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("DATABASE_URL", "mysql://localhost/x", "postgresql://"),
        ("DATABASE_URL", "localhost", "postgresql://"),
        ("DATABASE_URL", "postgresql://localhost:port/x", "HOST:PORT"),
        ("REDIS_URL", "http://localhost", "redis://"),
        ("EMBEDDER", "openai", "bundled"),
        ("INDEX", "paper", "memory"),
        ("SEED", "perhaps", "boolean"),
        ("ENVIRONMENT", "staging", "production"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, nonsense", "nonsense"),
    ],
)
def test_a_wrong_value_is_told_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"RASIKA_{name}", value)
    with pytest.raises(InvalidSettings) as wrong:
        load_settings()
    assert str(wrong.value).startswith(f"RASIKA_{name}: ")
    assert reason in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_every_wrong_value_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASIKA_SEED", "perhaps")
    monkeypatch.setenv("RASIKA_INDEX", "paper")
    with pytest.raises(InvalidSettings) as wrong:
        load_settings()
    told = sorted(line.partition(":")[0] for line in str(wrong.value).splitlines())
    assert told == ["RASIKA_INDEX", "RASIKA_SEED"]


def test_a_password_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASIKA_DATABASE_URL", "postgresql://me:s3cret@localhost:port/x")
    with pytest.raises(InvalidSettings) as wrong:
        load_settings()
    assert "s3cret" not in str(wrong.value)
    monkeypatch.delenv("RASIKA_DATABASE_URL")
    monkeypatch.setenv("RASIKA_SECRET_KEY", "s3cret")
    with pytest.raises(InvalidSettings, match="at least 16 characters") as wrong:
        load_settings()
    assert "s3cret" not in str(wrong.value)
    monkeypatch.setenv("RASIKA_SECRET_KEY", "s3cret-and-long-enough")
    assert "s3cret" not in repr(load_settings())
    monkeypatch.setenv("RASIKA_OIDC_PROVIDERS", "s3cret")
    with pytest.raises(InvalidSettings, match=r"^RASIKA_OIDC_PROVIDERS: must be a JSON list$"):
        load_settings()


def test_production_wants_a_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASIKA_ENVIRONMENT", "production")
    with pytest.raises(InvalidSettings, match=r"^RASIKA_SECRET_KEY: must be set"):
        load_settings()
    monkeypatch.setenv("RASIKA_SECRET_KEY", "x" * 16)
    assert load_settings().is_production


def test_the_engine_qdrant_wants_to_know_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASIKA_INDEX", "qdrant")
    with pytest.raises(InvalidSettings, match=r"^RASIKA_QDRANT_URL: must be set"):
        load_settings()
    monkeypatch.setenv("RASIKA_QDRANT_URL", "http://qdrant:6333")
    assert load_settings().index == "qdrant"


def test_of_several_secret_keys_none_may_be_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASIKA_SECRET_KEY", f"{'new' * 6}, {'old' * 6}")
    assert load_settings().secret_keys == ("new" * 6, "old" * 6)
    monkeypatch.setenv("RASIKA_SECRET_KEY", f"{'new' * 6},old")
    with pytest.raises(InvalidSettings, match="at least 16 characters"):
        load_settings()


def test_providers_are_json_and_google_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "RASIKA_OIDC_PROVIDERS",
        '[{"name": "home", "issuer": "https://id.example", "client_id": "", "client_secret": ""}]',
    )
    monkeypatch.setenv("RASIKA_GOOGLE_CLIENT_ID", "c")
    with pytest.raises(InvalidSettings, match="RASIKA_GOOGLE_CLIENT_SECRET"):
        load_settings()
    monkeypatch.setenv("RASIKA_GOOGLE_CLIENT_SECRET", "d")
    named = [
        (each.name, each.display_name, each.issuer) for each in load_settings().all_oidc_providers
    ]
    assert named == [
        ("home", "Home", "https://id.example"),
        ("google", "Google", "https://accounts.google.com"),
    ]


@pytest.mark.parametrize("issuer", ["http://id.example", "id.example", "https://", "ftp://x"])
def test_a_provider_must_be_reached_over_https(
    monkeypatch: pytest.MonkeyPatch, issuer: str
) -> None:
    monkeypatch.setenv(
        "RASIKA_OIDC_PROVIDERS",
        f'[{{"name": "home", "issuer": "{issuer}", "client_id": "a", "client_secret": "s3cret"}}]',
    )
    with pytest.raises(InvalidSettings, match=r"^RASIKA_OIDC_PROVIDERS: 0: issuer: ") as wrong:
        load_settings()
    assert "s3cret" not in str(wrong.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_any_postgresql_address_goes_through_psycopg(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("RASIKA_DATABASE_URL", f"{scheme}://me@localhost/films?sslmode=require")
    assert load_settings().database_url == "postgresql+psycopg://me@localhost/films?sslmode=require"


def test_lists_are_parted_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASIKA_CORS_ORIGINS", "https://a.example, https://b.example,")
    monkeypatch.setenv("RASIKA_TRUSTED_PROXIES", "10.1.2.3/8,::1")
    settings = load_settings()
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))


def test_every_variable_has_a_meaning() -> None:
    told = environment_variables()
    assert told["RASIKA_SEED"][0] == "1"
    assert told["RASIKA_DATABASE_URL"][0] == ""
    assert all(meaning for _, meaning in told.values())
