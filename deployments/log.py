"""The log of our own code in a replica."""

import logging
from typing import Final

# Serve takes what its own logger and that one's children say into the replica's log file, as JSON, and puts everything else
# that a replica writes at the level INFO, which is left out: a logger of another name would be heard by nobody.
logger: Final = logging.getLogger("ray.serve.kefu")
