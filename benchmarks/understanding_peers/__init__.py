"""The understanding model served by Kefu, LitServe, BentoML and plain FastAPI, side by side; see __main__.py."""
