"""The health check of the store in docker-compose.yml, run against a real one."""

import asyncio
import os
from pathlib import Path

import pytest
import yaml
from redis.asyncio import Redis

from hubbub.embedded import EmbeddedStore

FILE = Path(__file__).parents[2] / "docker-compose.yml"


@pytest.mark.parametrize(("password", "is_healthy"), [("right", True), ("wrong", False), ("", False)])
async def test_the_store_is_healthy_only_for_who_knows_its_password(
    tmp_path: Path, password: str, is_healthy: bool
) -> None:
    kind, command = yaml.safe_load(FILE.read_text())["services"]["store"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    folder = tmp_path / "store"
    client = tmp_path / "valkey-cli"
    client.write_text(f'#!/bin/sh\nexec redis-cli -s "{folder}/store.sock" "$@"\n')
    client.chmod(0o700)
    async with EmbeddedStore(folder) as store:
        async with Redis.from_url(store.url) as operator:
            await operator.config_set("requirepass", "right")
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "REDISCLI_AUTH": password}
        check = await asyncio.create_subprocess_shell(
            command, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(10):
            assert (await check.wait() == 0) is is_healthy
