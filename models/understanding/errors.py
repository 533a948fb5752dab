"""What can go wrong in understanding.

ModelError
├── CorpusInvalid    a corpus file is malformed, or two lines contradict each other
├── DataInvalid      labelled data from elsewhere cannot be read, or has rows that are none
├── AdapterDamaged   an adapter's files are missing, altered or do not fit together
├── AdapterMismatch  the adapter was trained on another encoder than the one that is loaded
└── NotCalibrated    the adapter has no thresholds for the runtime that is asked for

Every error hands all its arguments to `Exception.__init__`, so that it crosses a process boundary whole.
"""

from models.errors import ModelError


class CorpusInvalid(ModelError):
    """`where` in the corpus is wrong, for `reason`."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(where, reason)
        self.where = where
        self.reason = reason

    def __str__(self) -> str:
        return f"the corpus is invalid: {self.where}: {self.reason}"


class DataInvalid(ModelError):
    """`where` in the data is wrong, for `reason`."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(where, reason)
        self.where = where
        self.reason = reason

    def __str__(self) -> str:
        return f"the data is invalid: {self.where}: {self.reason}"


class AdapterDamaged(ModelError):
    """The adapter in `folder` cannot be used, for `reason`."""

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(folder, reason)
        self.folder = folder
        self.reason = reason

    def __str__(self) -> str:
        return f"the adapter in {self.folder} is damaged: {self.reason}. Train it again: kefu train understanding"


class AdapterMismatch(ModelError):
    """The adapter was trained for `expected`; `actual` is loaded."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(expected, actual)
        self.expected = expected
        self.actual = actual

    def __str__(self) -> str:
        return (
            f"the adapter was trained on {self.expected}, and the encoder is {self.actual}. "
            "Set understanding.encoder to that one, or train an adapter for this one: kefu train understanding"
        )


class NotCalibrated(ModelError):
    """The adapter has no thresholds for `runtime`; it has those of `known`."""

    def __init__(self, runtime: str, known: tuple[str, ...]) -> None:
        super().__init__(runtime, known)
        self.runtime = runtime
        self.known = known

    def __str__(self) -> str:
        return (
            f"the adapter was not calibrated for runtime {self.runtime}. Set understanding.runtime to "
            f"{' or '.join(self.known)}, or train it again: kefu train understanding"
        )
