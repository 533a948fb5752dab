"""`kefu evaluate answers`: questions over three shops, the facts that answers must state, and a judge of the answers."""
