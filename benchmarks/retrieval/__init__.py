"""How well the search finds the article that answers, how fast, and how soon an edit is found."""
