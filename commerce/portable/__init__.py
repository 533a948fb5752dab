"""Rows in and out of the store: a shop's data as files (`shop_export`, `shop_import`), the whole store as one archive
(`backup`, `restore`). Both read and write the same lines on SQLite and PostgreSQL.
"""
