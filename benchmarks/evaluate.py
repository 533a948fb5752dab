"""`kefu evaluate`: each command stands beside what it measures."""

import sys

from benchmarks.retrieval.command import retrieval
from benchmarks.understanding.command import app

app.command()(retrieval)

if __name__ == "__main__":
    sys.exit(app())
