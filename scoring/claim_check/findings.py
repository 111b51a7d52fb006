"""What the check can find: each with its sentence, what to ask the author, and who asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scoring.claim_check.sentences import SENTENCES

IMPOSSIBLE, ABSENT, NOTE = "impossible", "absent", "note"
SEVERITIES = (IMPOSSIBLE, ABSENT, NOTE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to ask about. ``values`` stand in its sentence."""

    code: str
    severity: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What is the case, in English."""
        return SENTENCES[self.code].sentence % self.values

    @property
    def question(self) -> str:
        """What to ask the author, in English."""
        return SENTENCES[self.code].question % self.values

    @property
    def source(self) -> str:
        """Who asks for it."""
        return SENTENCES[self.code].source
