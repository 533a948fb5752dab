"""The graph of one Kefu application. The binds are the diagram:

    client ─HTTP─▶ Gateway ──▶ Understanding      intent, sentiment, entities: one BERT pass for all that waits
                      │──────▶ commerce (in process: orders, products, policy)
                      │──────▶ Retrieval          hybrid search over the shop's articles
                      │──────▶ Segmentation       the customer's own events → their segment
                      │──────▶ Recommendation     goods in stock, ranked for this customer
                      └──────▶ Generation small, large      vLLM; only for intents whose measured quality allows it

Topology stands here, quantities in YAML: the rendered configuration overrides each deployment's scale and hands it its
identity (`user_config`), so that `args`, which hold only the names of the chat models, change with the topology alone.
"""

from typing import Any

from ray import serve
from ray.serve import Application

from cluster.config import resolve_secret
from deployments.gateway import Gateway
from deployments.generation import Generation
from deployments.recommendation import Recommendation
from deployments.retrieval import Retrieval
from deployments.segmentation import Segmentation
from deployments.understanding import Understanding


def build(args: dict[str, Any]) -> Application:
    """The application with the chat models of `args["generations"]`."""
    understanding = serve.deployment(Understanding, name="Understanding").bind(resolve=resolve_secret)
    retrieval = serve.deployment(Retrieval, name="Retrieval").bind(resolve=resolve_secret)
    segmentation = serve.deployment(Segmentation, name="Segmentation").bind(resolve=resolve_secret)
    recommendation = serve.deployment(Recommendation, name="Recommendation").bind(resolve=resolve_secret)
    generation = {
        name: serve.deployment(Generation, name=f"Generation-{name}").bind(name=name, resolve=resolve_secret)
        for name in args["generations"]
    }
    ingress = serve.deployment(serve.ingress()(Gateway), name="Gateway")
    return ingress.bind(
        resolve=resolve_secret,
        understanding=understanding,
        retrieval=retrieval,
        segmentation=segmentation,
        recommendation=recommendation,
        **generation,
    )
