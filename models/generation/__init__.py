"""Text generation: how packaged weights become a folder that the engine serves."""
