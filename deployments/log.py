"""The log of our own code in a replica. Personal data is masked in it, whatever an error's text or a path holds."""

import logging
from typing import Final

from commerce.domain.masking import mask_personal_data

# Masking takes time by the character.
_MOST_CHARACTERS: Final = 16 * 1024


class MaskPersonalData(logging.Filter):
    """Rewrites a record's text, its traceback and stack included, before any handler has it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a record."""
        text = _message(record)
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        if record.stack_info:
            text += "\n" + record.stack_info
        record.msg, record.args = mask_personal_data(_cut(text)), None
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # noqa: BLE001 an argument's own text may fail in any way, and a log line ends no request
        return f"{record.msg!s} (its arguments do not fit: {type(error).__name__})"


def _cut(text: str) -> str:
    """Of a long text the beginning and the end, where the error stands."""
    left_out = len(text) - _MOST_CHARACTERS
    if left_out <= 0:
        return text
    half = _MOST_CHARACTERS // 2
    return f"{text[:half]}\n… {left_out} characters left out …\n{text[-half:]}"


# Serve takes what its own logger and that one's children say into the replica's log file, as JSON, and puts everything else
# that a replica writes at the level INFO, which is left out: a logger of another name would be heard by nobody.
logger: Final = logging.getLogger("ray.serve.kefu")
logger.addFilter(MaskPersonalData())
