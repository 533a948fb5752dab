"""Text encoders: how packaged weights become a Hugging Face folder, and the engine that embeds texts."""
