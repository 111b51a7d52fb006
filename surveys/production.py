"""What production does not start with: each is refused with its remedy."""

from __future__ import annotations

from urllib.parse import urlsplit

from surveys.access.keys.keyring import MAKE_ONE
from surveys.config import Config, ConfigError
from surveys.secret_strength import weakness


def refuse_unsafe(config: Config) -> None:
    """Raise ConfigError, in production only, for settings that a stranger could use against patients."""
    if config.environment != "production":
        return
    if config.debug:
        raise ConfigError("FLASK_DEBUG is on: its pages show the program and its secrets. Unset it in production.")
    for name, secret in _secrets(config).items():
        if trouble := weakness(secret):
            raise ConfigError(f"{name} {trouble}. Make one with: {MAKE_ONE}")
    if urlsplit(config.public_base_url).scheme != "https":
        raise ConfigError("PUBLIC_BASE_URL must start with https:// in production: links in mail carry a secret.")
    if config.lan:
        raise ConfigError("LAN=1 is for trying out on a local network; unset it in production.")


def _secrets(config: Config) -> dict[str, str]:
    """Return every secret of ours that is set, by the name of its setting; passwords in addresses are not ours."""
    given = {
        "SECRET_KEY": config.secret_key,
        **{f"Key {number} of MASTER_KEYS": key.hex() for number, key in config.keys.keys.items()},
        "BACKUP_KEY": config.backup_key.hex() if config.backup_key else "",
        "METRICS_TOKEN": config.metrics_token,
        "SMS_STOP_TOKEN": config.sms.stop_token if config.sms else "",
    }
    return {name: secret for name, secret in given.items() if secret}
