"""What lies in the database, declared as data: collections, indexes, ids and the schema version."""
