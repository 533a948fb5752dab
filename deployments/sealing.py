"""What a conversation that is not finished holds of a person (a new address, an invoice's title) lies encrypted in the store.

Once an action is committed or dropped the topic is gone from the state. With another token secret what was begun is
forgotten, and the customer says it again.
"""

import base64
from collections.abc import Mapping
from typing import Any, Final

import orjson
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from deployments.log import logger
from routing.dialogue.state import DialogueState

_PURPOSE: Final = b"kefu dialogue state 2"
_TOPICS: Final = "topics"
_SEALED: Final = "sealed"


class StateSeal:
    """Made from the gateways' token secret, so that each opens what another closed."""

    def __init__(self, secret: bytes) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret)
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def closed(self, state: DialogueState) -> dict[str, Any]:
        """The state as it is stored."""
        written = state.write()
        topics = written.pop(_TOPICS)
        if topics:
            written[_SEALED] = self._fernet.encrypt(orjson.dumps(topics)).decode()
        return written

    def opened(self, stored: Mapping[str, object]) -> DialogueState:
        """The state as it was. Raises ValueError as `DialogueState.read`."""
        plain = dict(stored)
        sealed = plain.pop(_SEALED, None)
        if sealed is not None:
            try:
                plain[_TOPICS] = orjson.loads(self._fernet.decrypt(str(sealed).encode()))
            except InvalidToken:
                logger.warning(
                    "a conversation was begun under another token secret; its topics are forgotten"
                )
        return DialogueState.read(plain)
