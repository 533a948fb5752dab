"""Understanding over HTTP beside LitServe, BentoML and FastAPI: the same weights, texts, cores and client, in one run.

    python3.11 -m venv PEERS
    echo SITE_PACKAGES > PEERS/lib/python3.11/site-packages/kefu.pth
    PEERS/bin/pip install litserve==0.2.19 bentoml==1.4.40
    python -m benchmarks.understanding_peers --models-dir .kefu/models --peers-python PEERS/bin/python --out docs/results

SITE_PACKAGES is the site-packages folder of the project's own environment, so that torch, transformers, OpenVINO, FastAPI
and uvicorn are one and the same for all; the project's locks know nothing of the peers. pip warns that the project's other
packages want another OpenTelemetry: the peers do not load them.

A round measures each server alone: started, asked until it answers, warmed, climbed, ended. A climb is a closed loop of 1, 4,
8 … 64 keep-alive connections from one process; it ends after two rungs in a row over the latency bound. The second and the
third of four rounds go backwards, and a server's figure is the median of its rounds'. The engine's limit is measured just
before Kefu. It takes 20 minutes, in which nothing else may run on the machine: PyTorch's threads wait for each other, and
stand still for whatever else takes a core.
"""
