"""Why a backup or a restore could not go on."""


class BackupError(Exception):
    """The text says what is wrong and how to mend it."""
