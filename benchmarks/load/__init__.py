"""The load driver: what to send, when, what came back, and what it says of the server."""
