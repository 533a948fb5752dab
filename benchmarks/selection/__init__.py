"""Whether the right line is chosen from a sheet of facts and articles' sentences, and none where none answers."""
