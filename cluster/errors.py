"""What stops a command with a reason instead of a traceback."""


class UpError(Exception):
    """The cluster can't be started, joined or changed; the text says why and what to do."""
