"""`kefu evaluate`: each command stands beside what it measures."""

import sys

from benchmarks.answers.command import answers
from benchmarks.retrieval.command import retrieval
from benchmarks.understanding.command import app

__all__ = ["app"]

for command in (retrieval, answers):
    app.command()(command)

if __name__ == "__main__":
    sys.exit(app())
