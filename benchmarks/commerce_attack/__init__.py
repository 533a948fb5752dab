"""Random operations on two shops from several processes at once, and an audit of everything that they left behind."""
