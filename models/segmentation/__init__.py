"""Segmentation: which group of a shop's customers one belongs to, by when, how often and for how much they bought."""
