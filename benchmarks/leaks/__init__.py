"""Invented persons, told to a running cluster in every way that customers tell, and looked for in all that it keeps."""
