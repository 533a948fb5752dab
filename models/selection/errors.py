"""What can go wrong in selection.

ModelError
├── SelectionCorpusInvalid  a corpus file is malformed
├── SelectorDamaged         the artifact's files are missing, altered or do not fit together
├── SelectorMismatch        it was trained on another embedder than the one that is loaded
└── SelectionInvalid        what was asked can't be answered: no question, no lines, an unknown language

Every error hands all its arguments to `Exception.__init__`, so that it crosses a process boundary whole.
"""

from models.errors import ModelError


class SelectionCorpusInvalid(ModelError):
    """`where` in the corpus is wrong, for `reason`."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(where, reason)
        self.where = where
        self.reason = reason

    def __str__(self) -> str:
        return f"the corpus of the selector is invalid: {self.where}: {self.reason}"


class SelectorDamaged(ModelError):
    """The artifact in `folder` cannot be used, for `reason`."""

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(folder, reason)
        self.folder = folder
        self.reason = reason

    def __str__(self) -> str:
        return f"the selector in {self.folder} is damaged: {self.reason}. Train it again: python -m models.selection.train"


class SelectorMismatch(ModelError):
    """The selector was trained on `expected`; `actual` is loaded."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(expected, actual)
        self.expected = expected
        self.actual = actual

    def __str__(self) -> str:
        return f"the selector was trained on {self.expected}, and the embedder is {self.actual}"


class SelectionInvalid(ModelError):
    """What was asked can't be answered, for `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"nothing can be selected: {self.reason}"
