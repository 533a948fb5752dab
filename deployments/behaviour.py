"""The shop's events and products as the trained models read them: `commerce` and `models` do not know each other."""

from commerce.domain.catalogue import Product
from commerce.domain.tenants import BehaviourEvent
from models.types import Interaction, Item


def interaction(event: BehaviourEvent) -> Interaction:
    """One event of the store."""
    return Interaction(
        event.customer_id,
        event.product_id,
        event.category,
        event.kind.value,
        event.quantity,
        event.amount_minor,
        event.order_id,
        event.at,
    )


def item(product: Product) -> Item:
    """One product of the catalogue, with its words in both languages."""
    texts = (product.name, product.brand, product.description)
    return Item(
        product.product_id,
        product.category,
        product.product_type,
        product.brand.en,
        " ".join(word for text in texts for word in (text.zh, text.en)),
        min((variant.price_minor for variant in product.variants), default=0),
    )
