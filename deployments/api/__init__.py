"""The HTTP API: an ordinary FastAPI factory that knows no ray."""
