"""The container files: valid by the Compose Specification, closed where they should be, and in step."""

import re
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubbub.settings import read_settings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
PASSWORD = re.compile(r"\$\{HUBBUB_STORE_PASSWORD:\?[^}]+\}")
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
GATEWAYS = {name: service for name, service in SERVICES.items() if name.startswith("gateway-")}


def interpolated(text: str) -> str:
    """Fill in variables as the engine does where only the password is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", PASSWORD.sub("a" * 64, text))


def is_valid(file: Path) -> bool:
    """Whether a file is valid by the schema of the Compose Specification."""
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(check, capture_output=True, timeout=60, check=False).returncode == 0


def test_the_file_is_valid_by_the_compose_specification() -> None:
    assert is_valid(FILE)


def test_a_misspelt_key_is_not_valid_by_the_compose_specification(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(FILE.read_text().replace("read_only:", "readonly:"))
    assert not is_valid(broken)


def test_two_gateways_share_one_store_behind_one_proxy() -> None:
    assert set(SERVICES) == {"proxy", "gateway-1", "gateway-2", "store"}
    assert len({service["environment"]["HUBBUB_REDIS_URL"] for service in GATEWAYS.values()}) == 1


def test_only_the_proxy_is_published_and_the_store_has_no_way_out() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["proxy"]["networks"] == ["front"]
    assert SERVICES["store"]["networks"] == ["back"]
    assert COMPOSE["networks"]["back"]["internal"] is True


def test_without_a_password_nothing_starts() -> None:
    uses = [line for line in FILE.read_text().splitlines() if "${HUBBUB_STORE_PASSWORD" in line]
    assert len(uses) == 3
    assert all(PASSWORD.search(line) for line in uses)


def test_the_store_syncs_every_write_and_asks_for_the_password() -> None:
    program, *words = SERVICES["store"]["command"]
    options = dict(zip(words[::2], words[1::2], strict=True))
    assert program == "valkey-server"
    assert PASSWORD.fullmatch(options.pop("--requirepass"))
    assert options == {
        "--appendonly": "yes",
        "--appendfsync": "always",
        "--save": "",
        "--maxmemory-policy": "noeviction",
        "--min-string-size-avoid-copy-reply": "0",
    }
    assert SERVICES["store"]["volumes"] == ["log:/data"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_runs_with_as_little_as_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert "/tmp" in service["tmpfs"]
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert service["stop_grace_period"] == "30s"
    assert service["ulimits"]["nofile"] == {"soft": 65536, "hard": 65536}


def test_nobody_is_root() -> None:
    assert SERVICES["store"]["user"] == "valkey"
    assert SERVICES["proxy"]["user"] == "1000:1000"
    last_stage = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\w+)$", last_stage, re.MULTILINE) == ["hubbub"]
    assert not any("user" in service for service in GATEWAYS.values())


def test_every_image_has_a_version() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert all(re.search(r":\d+\.\d+", image) for image in images)


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_gateway_understands_every_variable_it_is_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = GATEWAYS[name]["environment"]
    for variable, value in given.items():
        monkeypatch.setenv(variable, interpolated(value))
    settings = read_settings()
    assert {variable.lower().removeprefix("hubbub_") for variable in given} <= set(
        type(settings).model_fields
    )
    assert settings.is_store_lossless
    assert settings.allowed_origins == ("http://localhost:8080", "http://127.0.0.1:8080")
    (subnet,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    assert settings.trusted_proxies == (ip_network(subnet["subnet"]),)


def test_the_proxy_spreads_over_every_gateway_that_is_ready() -> None:
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text()
    (upstreams,) = re.findall(r"reverse_proxy (.+) \{", caddyfile)
    assert upstreams.split() == [f"{name}:8000" for name in GATEWAYS]
    assert "health_uri /readyz" in caddyfile


def test_services_wait_until_what_they_need_is_healthy() -> None:
    healthy = {"condition": "service_healthy"}
    assert SERVICES["proxy"]["depends_on"] == dict.fromkeys(GATEWAYS, healthy)
    for service in GATEWAYS.values():
        assert service["depends_on"] == {"store": healthy}
        assert "/readyz" in service["healthcheck"]["test"][-1]
