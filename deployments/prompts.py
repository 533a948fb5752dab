"""What a chat model is given: never more of a person than its answer needs."""

from dataclasses import replace

from commerce.domain.masking import mask_known, mask_personal_data
from models.types import ChatMessage, GenerationRequest


def masked_messages(messages: tuple[ChatMessage, ...], known: tuple[str, ...]) -> tuple[ChatMessage, ...]:
    """The customer's words without personal data. The shop's own keep what is the shop's, such as its telephone."""
    return tuple(
        replace(m, content=(mask_known if m.role == "system" else mask_personal_data)(m.content, known))
        for m in messages
    )


def masked_request(request: GenerationRequest) -> GenerationRequest:
    """A raw engine's: nothing tells whose words which are, so all are masked."""
    return replace(
        request, messages=tuple(replace(m, content=mask_personal_data(m.content)) for m in request.messages)
    )
