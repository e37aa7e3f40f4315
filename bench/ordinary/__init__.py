"""The ordinary way: Strawberry types, SQLAlchemy's ORM and DataLoaders, as a good developer would write it.

Eager where it pays (the region joined, only the columns in use), batched everywhere else (one statement per nested
list whatever the number of parents, by window function or lateral join), JSON by orjson, parsed documents cached.
It answers the documents of the benchmark and no others.
"""
