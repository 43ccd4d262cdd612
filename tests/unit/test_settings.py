"""The settings: where they come from, what they refuse, and how a worker process gets them."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from hubbub.settings import Settings, SettingsRefused, default_data_dir, read_settings

KEY = "k" * 32


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"HUBBUB_{name.upper()}", raising=False)


def problem_of(**options: object) -> str:
    """Give the one sentence with which these options are refused."""
    with pytest.raises(SettingsRefused) as refused:
        read_settings(**options)
    (problem,) = refused.value.problems
    return problem


def test_defaults_listen_on_loopback_only() -> None:
    settings = read_settings()
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)


def test_an_option_wins_over_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBBUB_PORT", "8123")
    assert read_settings(port=None).port == 8123
    assert read_settings(port=9000).port == 9000


def test_lists_are_written_as_plain_comma_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBBUB_ALLOWED_ORIGINS", "https://chat.example.org, http://localhost:5173,")
    monkeypatch.setenv("HUBBUB_TRUSTED_PROXIES", "10.0.0.0/8,::1")
    settings = read_settings()
    assert settings.allowed_origins == ("https://chat.example.org", "http://localhost:5173")
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET", "PORT", "REDIS_URL", "ALLOWED_ORIGINS"):
        monkeypatch.setenv(f"HUBBUB_{name}", "")
    assert read_settings() == read_settings(port=8000, secret=None, redis_url=None, allowed_origins="")


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://Chat.Example.org", "https://chat.example.org"),
        ("https://chat.example.org:443", "https://chat.example.org"),
        ("http://chat.example.org:8080", "http://chat.example.org:8080"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_origins_are_kept_as_browsers_send_them(written: str, origin: str) -> None:
    assert read_settings(allowed_origins=written).allowed_origins == (origin,)


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "chat.example.org",
        "https://",
        "https://chat.example.org/",
        "https://chat.example.org/room",
        "https://chat.example.org:",
        "https://chat.example.org:port",
        "https://*.example.org",
        "https://user@chat.example.org",
        "ws://chat.example.org",
        "https://chat.example.org?",
    ],
)
def test_what_is_no_origin_is_refused_by_name(origin: str) -> None:
    assert problem_of(allowed_origins=origin) == (
        "--allowed-origins (HUBBUB_ALLOWED_ORIGINS) must list origins such as https://chat.example.org, "
        f"{origin!r} is none"
    )


@pytest.mark.parametrize("network", ["proxy.example.org", "10.0.0.1/8", "10.0.0.0/33", "*"])
def test_what_is_no_network_is_refused_by_name(network: str) -> None:
    assert problem_of(trusted_proxies=f"127.0.0.1,{network}").endswith(f"or ::1, {network!r} is none")


@pytest.mark.parametrize("port", [-1, 65_536, "http"])
def test_an_impossible_port_is_refused(port: object) -> None:
    assert problem_of(port=port).startswith("--port (HUBBUB_PORT) should be")


def test_a_short_secret_is_refused_without_being_quoted() -> None:
    problem = problem_of(secret="hunter2")
    assert problem == "--secret (HUBBUB_SECRET) must be at least 32 bytes long, this one has 7"


def test_a_secret_is_measured_in_bytes() -> None:
    assert read_settings(secret="é" * 16).secret is not None


@pytest.mark.parametrize("url", ["http://:hunter2@store", "localhost:6379", "redis://:hunter2@store:port"])
def test_a_bad_store_address_is_refused_without_being_quoted(url: str) -> None:
    assert problem_of(redis_url=url) == (
        "--redis-url (HUBBUB_REDIS_URL) must be a redis://, rediss:// or unix:// address"
    )


def test_every_fault_gets_a_sentence_of_its_own() -> None:
    with pytest.raises(SettingsRefused) as refused:
        read_settings(port=-1, workers=0, log_format="xml", jwks_url="keys.json")
    assert [problem.split()[0] for problem in refused.value.problems] == [
        "--port",
        "--jwks-url",
        "--workers",
        "--log-format",
    ]


def test_a_misspelt_option_is_refused() -> None:
    assert problem_of(prot=8000).startswith("--prot (HUBBUB_PROT)")


def test_neither_secret_nor_store_address_is_shown() -> None:
    settings = read_settings(secret=KEY, redis_url="redis://:hunter2@store")
    assert KEY not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_only_the_private_store_is_trusted_to_lose_nothing_unless_declared() -> None:
    assert read_settings().is_store_lossless
    assert not read_settings(redis_url="redis://store").is_store_lossless
    assert read_settings(redis_url="redis://store", store_lossless=True).is_store_lossless
    assert not read_settings(store_lossless=False).is_store_lossless


def test_a_worker_reads_the_settings_of_its_parent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HUBBUB_ALLOWED_ORIGINS", "https://other.example.org")
    settings = read_settings(
        port=0,
        data_dir=tmp_path,
        secret=KEY,
        allowed_origins=(),
        trusted_proxies="10.0.0.0/8,::1",
        guests=False,
        drain_seconds=2.5,
    )
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_the_data_folder_is_absolute_and_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/amina")
    assert default_data_dir({}) == Path("/home/amina/.local/share/hubbub")
    assert default_data_dir({"XDG_DATA_HOME": "relative"}) == Path("/home/amina/.local/share/hubbub")
    assert default_data_dir({"XDG_DATA_HOME": "/srv"}) == Path("/srv/hubbub")
    assert read_settings(data_dir="~/place").data_dir == Path("/home/amina/place")
