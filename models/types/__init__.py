"""What stages say to one another: plain values that routing, deployments and the API share. No heavy imports."""

from models.types.behaviour import Basis, Interaction, InteractionKind, Item, Ranked, Segment
from models.types.generation import ChatMessage, Completion, CompletionChunk, GenerationRequest, Sampling
from models.types.retrieval import Found, Likeness, Passage, SearchRequest
from models.types.taxonomy import INTENTS, OUT_OF_SCOPE, Intent, intent
from models.types.understanding import Entity, IntentScore, Sentiment, Understood

__all__ = [
    "INTENTS",
    "OUT_OF_SCOPE",
    "Basis",
    "ChatMessage",
    "Completion",
    "CompletionChunk",
    "Entity",
    "Found",
    "GenerationRequest",
    "Intent",
    "IntentScore",
    "Interaction",
    "InteractionKind",
    "Item",
    "Likeness",
    "Passage",
    "Ranked",
    "Sampling",
    "SearchRequest",
    "Segment",
    "Sentiment",
    "Understood",
    "intent",
]
