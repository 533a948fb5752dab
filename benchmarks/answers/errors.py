"""What can go wrong before a question is asked.

AnswersError
├── QuestionInvalid     a question, its rows or its facts cannot be read
└── NothingToAsk        no shop, half or question is left of what was asked for
"""


class AnswersError(Exception):
    """The root. `problem` says what is wrong and what to do."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return self.problem


class QuestionInvalid(AnswersError):
    """A question, its rows or its facts cannot be read."""


class NothingToAsk(AnswersError):
    """No shop, half or question is left of what was asked for."""
