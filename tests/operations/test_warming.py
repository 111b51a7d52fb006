"""The chart that a web process draws when it starts: an operator's choice, whatever the environment is called."""

from __future__ import annotations

import pytest

from surveys.config import ConfigError, read_config


@pytest.mark.parametrize("environment_name", ["production", "demo", "test"])
@pytest.mark.parametrize(("value", "warms"), [(None, True), ("", True), ("1", True), ("0", False)])
def test_a_process_warms_up_unless_it_is_told_not_to(
    environment: dict[str, str], environment_name: str, value: str | None, warms: bool
) -> None:
    safe = {"PUBLIC_BASE_URL": "https://outcomes.example.org", "SMS_URL": "", "BACKSTORY_ENV": environment_name}
    others = {name: text for name, text in environment.items() if name != "WARM_CHARTS"}
    asked = {} if value is None else {"WARM_CHARTS": value}
    assert read_config({**others, **safe, **asked}).warm_charts is warms


def test_another_word_is_refused_with_a_sentence(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="WARM_CHARTS is 'yes'; it must be one of 1, 0"):
        read_config({**environment, "WARM_CHARTS": "yes"})
