"""One Serve deployment per file, thin; the HTTP API; handle clients."""
