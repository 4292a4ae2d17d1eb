"""Who is who.

Put here: which tables identity reads and makes. Keep out: when two records are one customer (`pipelines/identity`).
"""
