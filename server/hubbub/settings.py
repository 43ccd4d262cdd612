"""What an operator may choose, from options and `HUBBUB_…` variables.

Knows the names, defaults and shapes of the settings, says every fault in one sentence, and carries
settings to worker processes. Refuses to know what the settings do, and touches no file or network.
"""

import os
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX: Final = "HUBBUB_"
SECRET_BYTES: Final = 32
"""Least length of the key of signed tokens: what HS256 asks for (RFC 7518, 3.2)."""
WORKERS: Final = 64
"""Most gateway processes of one server: beyond the cores of a machine more of them only cost memory."""
DRAIN_SECONDS: Final = 600.0
"""Longest drain: process supervisors lose patience long before."""

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


Network = IPv4Network | IPv6Network


def _split(value: object) -> object:
    """Turn "a, b" into ("a", "b"); leave everything else as it is."""
    if isinstance(value, str):
        return tuple(part for part in (part.strip() for part in value.split(",")) if part)
    return value


def _networks(value: object) -> object:
    """Turn "10.0.0.0/8, ::1" into networks; the fault names the part that is none."""
    parts = _split(value)
    if not isinstance(parts, tuple | list):
        return parts
    networks = []
    for part in parts:
        try:
            networks.append(ip_network(part))
        except ValueError:
            raise ValueError(f"must list networks such as 10.0.0.0/8 or ::1, {part!r} is none") from None
    return tuple(networks)


def default_data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Give the folder of the private store by the XDG base directory rules.

    A relative `XDG_DATA_HOME` is ignored, as those rules ask.
    """
    base = Path(environ.get("XDG_DATA_HOME", ""))
    return (base if base.is_absolute() else Path("~/.local/share").expanduser()) / "hubbub"


class Settings(BaseSettings):
    """The settings of one server, complete and checked.

    Made by `read_settings`, or by `Settings()` in a worker process whose environment holds
    `as_environment()` of its parent. Empty variables count as absent.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=0, le=65_535)
    data_dir: Path = Field(default_factory=default_data_dir)
    redis_url: str | None = Field(default=None, repr=False)
    store_lossless: bool | None = None
    secret: SecretStr | None = None
    jwks_url: str | None = None
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = ()
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = ()
    metrics_from: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = ()
    public_feeds: bool = False
    guests: bool = True
    rate_limits: bool = True
    allow_private_webhooks: bool = False
    workers: int = Field(default=1, ge=1, le=WORKERS)
    log_format: Literal["auto", "console", "json"] = "auto"
    demo: bool = False
    bots: bool = True
    drain_seconds: float = Field(default=10.0, ge=0, le=DRAIN_SECONDS)

    @property
    def is_store_lossless(self) -> bool:
        """Whether a restart of the store may be trusted to lose nothing it has acknowledged."""
        return self.redis_url is None if self.store_lossless is None else self.store_lossless

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        length = SECRET_BYTES if secret is None else len(secret.get_secret_value().encode())
        if length < SECRET_BYTES:
            raise ValueError(f"must be at least {SECRET_BYTES} bytes long, this one has {length}")
        return secret

    @field_validator("redis_url")
    @classmethod
    def _store_address(cls, url: str | None) -> str | None:
        if url is not None and not (url.startswith(("redis://", "rediss://", "unix://")) and _has_port(url)):
            raise ValueError("must be a redis://, rediss:// or unix:// address")
        return url

    @field_validator("jwks_url")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if url is not None and not (url.startswith(("http://", "https://")) and urlsplit(url).hostname):
            raise ValueError(f"must be an http:// or https:// address, not {url!r}")
        return url

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_origin(text) for text in origins)

    def as_environment(self) -> dict[str, str]:
        """Give the variables from which a worker process reads these very settings.

        Every setting is there, an absent one as "", so that what the parent was told by options
        wins over what its own environment holds. Contains the secret: for child processes only.
        """
        return {f"{PREFIX}{name}".upper(): _text(getattr(self, name)) for name in type(self).model_fields}


def _has_port(url: str) -> bool:
    """Whether the port of an address, if it has one, can be one."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _origin(text: str) -> str:
    """Check one origin; give it in the form browsers send (lower case, no default port)."""
    fault = ValueError(f"must list origins such as https://chat.example.org, {text!r} is none")
    try:
        parts = urlsplit(text.lower())
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise fault from None
    if scheme not in DEFAULT_PORTS or not host or set("*@,") & set(text):
        raise fault
    site = f"{scheme}://[{host}]" if ":" in host else f"{scheme}://{host}"
    if text.lower() not in (site, f"{site}:{port}"):
        raise fault
    return site if port in (None, DEFAULT_PORTS[scheme]) else f"{site}:{port}"


def _text(value: object) -> str:
    """Write one setting the way it is read back from a variable."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case SecretStr():
            return value.get_secret_value()
        case tuple():
            return ",".join(str(part) for part in value)
        case _:
            return str(value)


class SettingsRefused(Exception):
    """Settings that cannot be used; `problems` has one sentence per fault, for people."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_settings(**options: object) -> Settings:
    """Read the settings from options and, for those not given, from the environment.

    An option that is `None` counts as not given. Raises `SettingsRefused`; its sentences name the
    option and never quote the secret or the address of the store.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = [_sentence(fault["loc"], fault["msg"]) for fault in error.errors(include_input=False)]
        raise SettingsRefused(tuple(problems)) from None


def _sentence(place: tuple[int | str, ...], reason: str) -> str:
    name = str(place[0]).lower().removeprefix(PREFIX.lower())
    option, variable = f"--{name.replace('_', '-')}", f"{PREFIX}{name}".upper()
    reason = reason.removeprefix("Value error, ").removeprefix("Input ")
    return f"{option} ({variable}) {reason[:1].lower()}{reason[1:]}"
