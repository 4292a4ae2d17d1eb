"""What can go wrong in a way that the reader can mend, and the exit code each has.

Put here: one class per reason to stop. Keep out: anything that raises them.
A message says what happened, where, and what to do. It never holds a personal value.
"""


class RegularsError(Exception):
    """A mistake or a state of the world that the reader can mend; shown without a stack trace."""

    exit_code = 70


class UsageWrong(RegularsError):
    """An argument of the command makes no sense, or names what does not exist."""

    exit_code = 2


class ContractBroken(RegularsError):
    """A table breaks a critical rule; the last good generation stays."""

    exit_code = 3


class FindingStops(RegularsError):
    """Something is so odd that the run does not publish; the last good generation stays."""

    exit_code = 3


class InputRefused(RegularsError):
    """A required input is missing, late, incomplete or has shrunk."""

    exit_code = 4


class TooManyBadRows(RegularsError):
    """More rows of one source would be quarantined than its budget allows."""

    exit_code = 65


class StorageFailed(RegularsError):
    """A disk is full, a file cannot be read or written, or a stored file is damaged."""

    exit_code = 74


class MemoryExhausted(RegularsError):
    """A step needs more memory than it may take."""

    exit_code = 74


class Busy(RegularsError):
    """Another run holds the lock, or has published since this run began."""

    exit_code = 75


class SettingsWrong(RegularsError):
    """The settings file holds a mistake."""

    exit_code = 78


class RunStopped(RegularsError):
    """Somebody, or the system, stopped the run before it was done."""

    exit_code = 130
