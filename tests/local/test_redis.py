"""The embedded Redis."""

from pathlib import Path

from redis import Redis

from local.redis import RedisServer


def test_it_evicts_nothing_and_writes_a_log_of_commands(redis_server: RedisServer) -> None:
    with Redis.from_url(redis_server.url()) as client:
        settings = client.config_get()
    assert settings.items() >= {"maxmemory-policy": "noeviction", "appendonly": "yes", "bind": "127.0.0.1"}.items()


def test_what_was_stored_is_there_after_a_stop(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis", tmp_path / "secrets")
    server.start()
    with Redis.from_url(server.url()) as client:
        client.set("kept", "yes")
    server.stop()
    assert not server.answers()
    server.start()
    with Redis.from_url(server.url()) as client:
        assert client.get("kept") == b"yes"
    server.stop()
