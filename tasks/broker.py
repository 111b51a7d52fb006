"""Redis, held against what the platform needs of it: nothing evicted, appended to disk."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import redis

from surveys.config import Config, ConfigError

log = logging.getLogger(__name__)
SECONDS = 1.0  # patients do not wait for Redis, and neither does a start
GOOD_POLICY = "noeviction"


@dataclass(frozen=True)
class Broker:
    """What Redis says of itself."""

    version: str
    policy: str
    appends: bool


def ask_broker(url: str) -> Broker | None:
    """Return what Redis says, or None where it does not answer."""
    client = redis.Redis.from_url(url, socket_connect_timeout=SECONDS, socket_timeout=SECONDS)
    try:
        told = client.info()  # CONFIG is forbidden where Redis is rented
    except redis.RedisError:
        return None
    finally:
        client.close()
    return Broker(
        version=str(told.get("redis_version", "")),
        policy=str(told.get("maxmemory_policy", "")),
        appends=bool(told.get("aof_enabled")),
    )


def refuse_evicting(config: Config) -> None:
    """Raise ConfigError in production where Redis would throw wake-ups away; one that is away is no reason."""
    if config.environment != "production":
        return
    broker = ask_broker(config.redis_url)
    if broker is None:
        log.warning("Redis does not answer: mail waits until it does, everything else works")
    elif broker.policy != GOOD_POLICY:
        raise ConfigError(
            f"Redis evicts ({broker.policy}): full, it would drop wake-ups and locks. Set maxmemory-policy noeviction."
        )
