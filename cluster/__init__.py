"""The composition root: typed config, the graph, the command, start and stop."""
