"""What can go wrong in serving. Foreign errors are translated into these at one edge, `deployments.clients`.

ServingError
├── RequestInvalid           the client's fault: what it sent can't be used
│   ├── BodyTooLarge
│   ├── JsonInvalid
│   └── ModelUnknown         no model of that id for this key
├── Unauthorised             no key, or one that does not fit
├── Forbidden                the key may not do this
├── NotReady                 this replica has not loaded its shop yet
└── StageError               a stage did not answer
    ├── StageOverloaded      its queues are full
    ├── StageTimeout         its share of the deadline ran out
    ├── StageUnavailable     its replica died, or none is running
    ├── StageUntrained       its shop has no trained model yet
    ├── StageRefused         it can't take this request, and says why
    └── StageFailed          it answered with an error

Every class hands all its arguments to `super().__init__`, so that it survives pickling between processes. The text of a
`RequestInvalid` is written for the client; the text of a `StageError` is for the log.
"""


class ServingError(Exception):
    """The root."""


class RequestInvalid(ServingError):
    """`field` is where, `problem` what is wrong and what to do."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"


class BodyTooLarge(RequestInvalid):
    """The body is over the limit."""


class JsonInvalid(RequestInvalid):
    """The body is not the JSON that it should be."""


class ModelUnknown(RequestInvalid):
    """No model of that id."""


class Unauthorised(ServingError):
    """`problem` says which header to send."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return self.problem


class Forbidden(Unauthorised):
    """`problem` says which key is needed."""


class NotReady(ServingError):
    """`problem` says what is still loading."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class StageError(ServingError):
    """`stage` did not do its part; `problem` is for the log."""

    reason = "failed"

    def __init__(self, stage: str, problem: str) -> None:
        super().__init__(stage, problem)
        self.stage = stage
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.stage}: {self.problem}"


class StageOverloaded(StageError):
    reason = "overloaded"


class StageTimeout(StageError):
    reason = "deadline"


class StageUnavailable(StageError):
    reason = "unavailable"


class StageUntrained(StageError):
    reason = "untrained"


class StageRefused(StageError):
    """The request itself is at fault; `problem` is written for the client."""

    reason = "refused"

    def __str__(self) -> str:
        return self.problem


class StageFailed(StageError):
    reason = "failed"
