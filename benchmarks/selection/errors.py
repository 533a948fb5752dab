"""What can go wrong before a line is chosen.

SelectionError
├── ItemInvalid         an item or its sheet cannot be read
└── IndexOutside        the selector named a line that the sheet does not have
"""


class SelectionError(Exception):
    """The root. `problem` says what is wrong."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return self.problem


class ItemInvalid(SelectionError):
    """An item or its sheet cannot be read."""


class IndexOutside(SelectionError):
    """The selector named a line that the sheet does not have."""
