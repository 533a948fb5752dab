"""Workloads, load driver, peers, data sets and quality reports."""
